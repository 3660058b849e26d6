//! The integration tests of the `torch-patch` command: that each flag is hooked up, what is printed, and what the
//! repository promises about itself. What the commands do is tested in the crates.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod architecture;
mod catalogue;
mod cli;
mod help;
mod json;
#[cfg(unix)] // sessions have the paths of Unix, and its shell
mod sessions;
