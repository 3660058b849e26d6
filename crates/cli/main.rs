//! The `torch-patch` command.

fn main() {}
