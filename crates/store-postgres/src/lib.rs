//! Durable sessions in Postgres, shared by several machines.
//!
//! [`PostgresStore`] is a [`SessionStore`](geppetto_store::SessionStore) in a schema of a database.
//! Any number of processes share it: each session has one owner at a time, and is taken over when the
//! owner is gone. Postgres 15 or later.
//!
//! ```no_run
//! use geppetto_store::{Claim, SessionStore};
//! use geppetto_store_postgres::PostgresStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), geppetto_store::Error> {
//! let url = "postgres://app:secret@db.internal:5432/app?sslmode=verify-full";
//! let store = PostgresStore::connect(url).await?;
//! let claim = Claim::new("machine-1")
//!     .at_address("http://10.0.0.7:8080")
//!     .expiring_after(std::time::Duration::from_secs(30));
//! let opened = store.open("chat-1", &claim).await?;
//! println!("{} turns, owned until released or expired", opened.info.turns);
//! store.release(&opened.lease).await?;
//! store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! Programs use it through a host, as any other store.
//!
//! # Durability
//!
//! A batch is committed before it is acknowledged, with the `synchronous_commit` of the database, or
//! `on` if that is `off`. Both levels of [`Durability`](geppetto_store::Durability) are the same here.
//! With synchronous replicas, an acknowledged batch survives the loss of the primary; with
//! asynchronous ones, a failover may lose the last batches, as of any program on that database.
//!
//! All batches that wait when a transaction begins become part of it, so that many sessions share a
//! sync of the disk. A transaction is sent at once, `commit` included: a process that stalls in the
//! middle of it holds no lock. After a lost connection, the store connects again and asks whether the
//! writes were applied, before it applies them.
//!
//! # Several machines
//!
//! A lease has an epoch, which each write compares in its transaction. An owner that was stalled or cut
//! off, and whose session was taken over, can write nothing any more. Leases expire by the database's
//! clock; the clocks of the machines do not matter. What a tool does outside of the database is not
//! part of any transaction: see the guide "Several machines".
//!
//! Readers of a session that another process runs are woken by `NOTIFY`, at most 20 times a second per
//! process. Without it, as behind a pooler, they read once a second.
//!
//! # Connections
//!
//! At most [`readers`](PostgresOptions::readers) + [`writers`](PostgresOptions::writers) + 1, which are
//! made when they are needed. No statement has a name, and no setting outlives its transaction, so
//! that poolers such as PgBouncer work in the mode `transaction`.
//!
//! # Schema
//!
//! Everything is in one schema, whose names are always qualified: `search_path` does not matter. The
//! user needs the right to create it (`grant create on database`), or owns it. Migrations run in one
//! transaction with a lock; a schema that a newer version has migrated is refused. The view `sessions`
//! shows sessions to people. Texts are stored as bytes, because Postgres refuses zero characters in
//! `text` and `jsonb`.
//!
//! Blocks are stored once. Deleting a session deletes what no other one shares, in small steps.
//!
//! # Secrets
//!
//! The password of a URL is in no error, trace or `Debug` output. A store writes what it is given:
//! restrict who may read the schema.

mod call;
mod connector;
mod encode;
mod fault;
mod hints;
mod options;
mod pool;
mod read;
mod result;
mod schema;
mod start;
mod store;
mod time;
mod tls;
mod url;
mod worker;
mod writer;

pub use options::PostgresOptions;
pub use store::PostgresStore;
