//! Records per second, and the delay of an acknowledgement.

use std::{fmt::Write as _, sync::Arc, time::Duration, time::SystemTime};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use super::{Folder, Measured};
use crate::{Failure, cpu};

const SESSIONS: [usize; 3] = [1, 10, 1000];
const SECONDS: Duration = Duration::from_secs(4);

pub(super) async fn run(folder: &Folder) -> Result<Measured, Failure> {
    let mut rows = Vec::new();
    let mut text =
        "Synced batches of a turn with one block of 1 KiB, acknowledged each\n\n".to_owned();
    for sessions in SESSIONS {
        let store = SqliteStore::open(folder.file(&format!("append-{sessions}.db"))).await?;
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
        let (rate, p50, p99) = (f64::from(count) / seconds, at(50)?, at(99)?);
        writeln!(
            text,
            "  {sessions:5} sessions: {rate:8.0} records a second, p50 {p50:7.3} ms, \
             p99 {p99:7.3} ms, {cpu:5.1} us of CPU a record"
        )?;
        rows.push(json!({
            "sessions": sessions, "records_a_second": rate, "p50_ms": p50, "p99_ms": p99,
            "cpu_us": cpu,
        }));
        store.close().await;
    }
    text.push('\n');
    Ok((Value::Array(rows), text))
}

async fn write(
    store: SqliteStore,
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
