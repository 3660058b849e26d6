//! The integration tests of the `torch-patch` command.
