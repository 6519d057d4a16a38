//! The part of the cluster harness that other harnesses use: a private Postgres.
//!
//! ```no_run
//! let postgres = geppetto_cluster::Postgres::start(&["fsync = off"])?;
//! postgres.sql("create database one")?;
//! println!("{}", postgres.url_of("one"));
//! # Ok::<(), anyhow::Error>(())
//! ```

mod postgres;

pub use postgres::{Postgres, run};
