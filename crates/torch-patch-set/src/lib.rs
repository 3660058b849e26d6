//! Patch files: format, validation and the built-in catalogue.
