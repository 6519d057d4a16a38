//! Profiles: named settings, in registries, which can inherit from each other.

mod reading;
mod registry;
mod resolve;
mod writing;

#[cfg(test)]
mod tests;

pub use registry::{Profile, ProfileRef, Registry};
pub(crate) use resolve::Stack;
pub use resolve::{ActiveProfile, MAX_STACK_DEPTH, Profiles};
