//! What was moved over the network, and what is kept of it.

use serde::{Deserialize, Serialize};

/// What was moved over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrafficReport {
    /// The number of requests.
    pub requests: u64,
    /// The bytes that were received.
    pub bytes: u64,
}

/// The cache of what was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CacheReport {
    /// Its directory.
    pub directory: String,
    /// The number of files in it; of `cache clean`, that were removed.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}
