//! The integration tests of the `torch-patch` command: that each flag is hooked up, what is printed, and what the
//! repository promises about itself. What the commands do is tested in the crates.

mod architecture;
mod catalogue;
mod cli;
mod help;
mod json;
mod readme;
