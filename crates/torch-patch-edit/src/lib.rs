//! Anchored source edits as a pure function from bytes to bytes.
