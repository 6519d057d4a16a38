//! Measures appends: `cargo run --release -p geppetto-store-postgres --example measure -- URL [SESSIONS]`.
//!
//! Each session appends batches with one event of 1 KiB, one after the other; prints appends per second,
//! and the latency of an append.

#![allow(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program for people"
)]

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_events::{Event, EventKind, EventRow, kind::Log};
use geppetto_store::{Batch, Claim, SessionStore};
use geppetto_store_postgres::PostgresStore;
use tokio::{task::JoinSet, time::Instant};

/// Time of the measurement.
const TIME: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give the URL of a database")?;
    let sessions: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let schema = format!("measure {}", std::process::id());
    let store = PostgresStore::options()
        .schema(schema)
        .connect(&url)
        .await?;
    let mut tasks = JoinSet::new();
    let end = Instant::now() + TIME;
    for n in 0..sessions {
        tasks.spawn(append(store.clone(), format!("session {n}"), end));
    }
    let mut latencies = Vec::new();
    while let Some(measured) = tasks.join_next().await {
        latencies.extend(measured??);
    }
    latencies.sort_unstable();
    let at = |part: f64| {
        let place = (latencies.len() as f64 * part) as usize;
        latencies.get(place).copied().unwrap_or_default()
    };
    println!(
        "{sessions} sessions: {:.0} appends/s, p50 {:?}, p99 {:?}",
        latencies.len() as f64 / TIME.as_secs_f64(),
        at(0.5),
        at(0.99)
    );
    Ok(())
}

async fn append(
    store: PostgresStore,
    id: String,
    end: Instant,
) -> Result<Vec<Duration>, geppetto_store::Error> {
    let opened = store.open(&id, &Claim::new("measure")).await?;
    let mut latencies = Vec::new();
    let mut number = 0;
    while Instant::now() < end {
        number += 1;
        let mut event = Event::new(EventKind::Log(Log::new("info", "x".repeat(1024))));
        event.seq = number;
        let batch = Batch::new(number, SystemTime::now()).events([EventRow::single(event)]);
        let start = Instant::now();
        store.append(&opened.lease, Arc::new(batch)).await?;
        latencies.push(start.elapsed());
    }
    Ok(latencies)
}
