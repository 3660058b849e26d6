//! Shared test support: a fixed world to run the command in, fake packages, the corpus cache.
//!
//! A panic is how a test fails, so these functions panic where others return an error.
//!
//! ```
//! use torch_patch_testing::{Package, World};
//!
//! let world = World::new();
//! world.install(&Package::torch("2.5.1"));
//! assert!(world.read("torch/distributed/distributed_c10d.py").contains("PrefixStore"));
//! ```

mod corpus;
mod package;
mod picture;
mod server;
mod wheel;
mod world;

pub use corpus::{Release, corpus};
pub use package::Package;
pub use picture::{Picture, picture};
pub use server::{Asked, Fault, Server};
pub use world::World;
