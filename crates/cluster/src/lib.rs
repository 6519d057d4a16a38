//! The parts of the cluster harness that other harnesses use: a private Postgres, and names of places.
//!
//! ```no_run
//! let postgres = geppetto_cluster::Postgres::start(&["fsync = off"])?;
//! postgres.sql("create database one")?;
//! println!("{}", postgres.url_of("one"));
//! # Ok::<(), anyhow::Error>(())
//! ```

mod place;
mod postgres;

pub use place::place;
pub use postgres::{Postgres, run};
