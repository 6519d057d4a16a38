//! The checks that every store must pass, for the tests of stores.
//!
//! A store's test implements [`Factory`] and runs all checks:
//!
//! ```
//! use geppetto_store::{MemoryStore, async_trait, conformance};
//!
//! struct Memory;
//!
//! #[async_trait]
//! impl conformance::Factory for Memory {
//!     type Store = MemoryStore;
//!
//!     async fn fresh(&self) -> MemoryStore {
//!         MemoryStore::new()
//!     }
//!
//!     async fn reopen(&self, store: MemoryStore) -> MemoryStore {
//!         store.reopened()
//!     }
//!
//!     fn fail_next_sync(&self, store: &MemoryStore) -> bool {
//!         store.fail_next_sync();
//!         true
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # async fn all() -> Result<(), conformance::Violation> {
//! for check in conformance::checks() {
//!     # if check.name().starts_with("ten_thousand") { continue; }
//!     check.run(&Memory).await?;
//! }
//! # Ok(())
//! # }
//! # all().await.unwrap();
//! # }
//! ```
//!
//! A [`Violation`] states the contract and what the store did. The checks use the public contract
//! only, need no particular runtime, and measure no time.

use std::{fmt, future::Future, pin::Pin};

use async_trait::async_trait;

use crate::SessionStore;

mod costs;
mod effects;
mod events;
mod help;
mod leases;
mod listing;
mod model;
mod requests;
mod sharing;
mod turns;
mod wrapped;
mod writes;

pub use wrapped::{Wrapped, Wraps};

/// Creates the stores under test.
#[async_trait]
pub trait Factory: Send + Sync {
    /// The store.
    type Store: SessionStore + 'static;

    /// Creates an empty store with storage of its own.
    async fn fresh(&self) -> Self::Store;

    /// Opens the storage of a store again, as after the end of its process: leases are not
    /// released.
    async fn reopen(&self, store: Self::Store) -> Self::Store;

    /// Makes the next sync of the store fail. Returns `false` if that is not possible, in which case
    /// the check for it passes without a result. `false` by default.
    fn fail_next_sync(&self, _store: &Self::Store) -> bool {
        false
    }
}

/// One rule of the contract, and the code that checks it.
pub struct Check<F: Factory> {
    name: &'static str,
    contract: &'static str,
    run: for<'a> fn(&'a F) -> Running<'a>,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

impl<F: Factory> Check<F> {
    /// Returns the name, in `snake_case`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the rule.
    #[must_use]
    pub fn contract(&self) -> &'static str {
        self.contract
    }

    /// Runs the check on stores of the factory.
    ///
    /// # Errors
    ///
    /// If the store violates the rule.
    pub async fn run(&self, factory: &F) -> Result<(), Violation> {
        let checked = (self.run)(factory).await;
        checked.map_err(|found| Violation {
            check: self.name,
            contract: self.contract,
            found,
        })
    }
}

impl<F: Factory> fmt::Debug for Check<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A rule that a store violates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Name of the check.
    pub check: &'static str,
    /// The rule.
    pub contract: &'static str,
    /// What the store did.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "check `{}` failed: {}; contract: {}",
            self.check, self.found, self.contract
        )
    }
}

impl std::error::Error for Violation {}

/// Runs all checks and returns the violations.
pub async fn run_all<F: Factory>(factory: &F) -> Vec<Violation> {
    let mut violations = Vec::new();
    for check in checks() {
        violations.extend(check.run(factory).await.err());
    }
    violations
}

/// Returns all checks.
#[must_use]
pub fn checks<F: Factory>() -> Vec<Check<F>> {
    let groups = [
        writes::checks(),
        leases::checks(),
        turns::checks(),
        events::checks(),
        effects::checks(),
        listing::checks(),
        requests::checks(),
        sharing::checks(),
        model::checks(),
        costs::checks(),
    ];
    groups.into_iter().flatten().collect()
}

/// Lists functions as checks, with the rule of each.
macro_rules! list {
    ($($name:ident: $contract:literal,)*) => {
        pub(super) fn checks<F: super::Factory>() -> Vec<super::Check<F>> {
            vec![$(super::Check {
                name: stringify!($name),
                contract: $contract,
                run: |factory| Box::pin($name(factory)),
            },)*]
        }
    };
}

use list;
