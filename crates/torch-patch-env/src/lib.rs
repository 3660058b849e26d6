//! Finds Python environments and the distributions installed in them.
