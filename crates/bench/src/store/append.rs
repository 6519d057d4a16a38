//! Records per second, and the delay of an acknowledgement.

use std::{sync::Arc, time::Duration, time::SystemTime};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use super::{Folder, Measured};
use crate::{Failure, cpu};

/// Number of sessions.
pub(crate) const SESSIONS: [usize; 3] = [1, 10, 1000];

/// What is measured.
pub(crate) const ABOUT: &str =
    "Synced batches of a turn with one block of 1 KiB, acknowledged each";

const SECONDS: Duration = Duration::from_secs(4);

pub(super) async fn run(folder: &Folder) -> Result<Measured, Failure> {
    let mut rows = Vec::new();
    let mut text = format!("{ABOUT}\n\n");
    for sessions in SESSIONS {
        let store = SqliteStore::open(folder.file(&format!("append-{sessions}.db"))).await?;
        let measured = measure(&store, sessions).await?;
        text.push_str(&measured.line());
        text.push('\n');
        rows.push(measured.value());
        store.close().await;
    }
    text.push('\n');
    Ok((Value::Array(rows), text))
}

/// Appends of a number of sessions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Appends {
    sessions: usize,
    pub(crate) count: u32,
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_us: f64,
}

impl Appends {
    pub(crate) fn line(&self) -> String {
        format!(
            "  {:5} sessions: {:8.0} records a second, p50 {:7.3} ms, p99 {:7.3} ms, {:5.1} us of CPU \
             a record",
            self.sessions, self.rate, self.p50_ms, self.p99_ms, self.cpu_us
        )
    }

    pub(crate) fn value(&self) -> Value {
        json!({
            "sessions": self.sessions, "records_a_second": self.rate, "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms, "cpu_us": self.cpu_us,
        })
    }
}

/// Measures appends of a number of sessions at a time, each waiting for its acknowledgement.
pub(crate) async fn measure<S>(store: &S, sessions: usize) -> Result<Appends, Failure>
where
    S: SessionStore + Clone + 'static,
{
    let cpu = cpu::process_time()?;
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for n in 0..sessions {
        tasks.spawn(write(store.clone(), n, start + SECONDS));
    }
    let mut delays = Vec::new();
    while let Some(done) = tasks.join_next().await {
        delays.extend(done?.map_err(|error| error.to_string())?);
    }
    let seconds = start.elapsed().as_secs_f64();
    let count = u32::try_from(delays.len())?;
    let cpu = (cpu::process_time()? - cpu).as_secs_f64() * 1e6 / f64::from(count);
    delays.sort_unstable();
    let at = |percent: usize| -> Result<f64, Failure> {
        let place = delays.len().saturating_sub(1) * percent / 100;
        let delay = delays.get(place).ok_or("nothing was measured")?;
        Ok(delay.as_secs_f64() * 1e3)
    };
    Ok(Appends {
        sessions,
        count,
        rate: f64::from(count) / seconds,
        p50_ms: at(50)?,
        p99_ms: at(99)?,
        cpu_us: cpu,
    })
}

async fn write(
    store: impl SessionStore,
    n: usize,
    end: Instant,
) -> Result<Vec<Duration>, geppetto_store::Error> {
    let lease = store
        .open(&format!("session {n}"), &Claim::new("bench"))
        .await?
        .lease;
    let mut delays = Vec::new();
    let mut latest: Option<Turn> = None;
    for number in 1.. {
        let start = Instant::now();
        if start >= end {
            break;
        }
        let mut turn = latest.clone().unwrap_or_default();
        turn.id = format!("turn {number}");
        turn.push(Block::user(format!(
            "{n:08} {number:08} {}",
            "x".repeat(920)
        )));
        let row = TurnRow::new(number - 1, latest.as_ref(), &turn);
        let batch = Batch::new(number, SystemTime::now()).turn(row).synced();
        let start = Instant::now();
        store.append(&lease, Arc::new(batch)).await?;
        delays.push(start.elapsed());
        latest = Some(turn);
    }
    Ok(delays)
}
