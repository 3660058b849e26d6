//! Systems with signals, without Explorer, and with the language in variables.

mod child;

pub(crate) use child::Child;

/// The language of the interface, where no variable tells it.
pub(crate) fn interface_language() -> Option<String> {
    None
}

/// Whether Explorer has started the program.
pub(crate) fn is_started_by_explorer() -> bool {
    false
}
