//! The directory of a wheel, read in parts.
