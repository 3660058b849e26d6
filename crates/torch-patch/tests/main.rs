//! The library against environments on disk: each test makes one, does something, and looks at it.

mod adopt;
mod apply;
mod drift;
mod requirements;
mod revert;
mod setting;
mod several;
mod status;
mod superseded;
