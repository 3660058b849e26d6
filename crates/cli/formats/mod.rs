//! The forms in which `check` tells its cells: a table for a terminal, Markdown, `JUnit`, a web page.
//!
//! Architecture invariant: each is a function of the cells and of what the patch files say, without
//! a clock, a file or the network, so equal cells give equal bytes. Whatever comes from a release
//! or a patch file is escaped for the form that it is put into.

pub(crate) mod advice;
mod grid;
pub(crate) mod html;
pub(crate) mod junit;
pub(crate) mod markdown;
mod page_data;
mod run;
pub(crate) mod table;

#[cfg(test)]
mod sample;
