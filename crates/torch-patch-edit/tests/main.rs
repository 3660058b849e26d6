//! The engine from outside: tables of cases, properties, and files that are large or hostile.

mod anchors;
mod building;
mod by_hand;
mod composing;
mod conflicts;
mod derive;
mod derive_properties;
mod encodings;
mod generators;
mod hostile;
mod invalid;
mod outcome;
mod properties;
mod unified;
mod verbs;
