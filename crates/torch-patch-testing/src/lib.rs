//! Shared test support: fixed worlds, fake environments and the corpus cache.
