//! Other systems have no Explorer.

/// Whether Explorer has started the program.
pub(crate) fn is_started_by_explorer() -> bool {
    false
}
