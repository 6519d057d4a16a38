//! Opening a file of 2 GB.

use std::{path::Path, process::Command, sync::Arc, time::SystemTime};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Folder, Measured, size};
use crate::{
    Failure, cpu,
    table::{median, print},
};

const SESSIONS: u64 = 2000;
const BATCHES: u64 = 400;

pub(super) async fn run(folder: &Folder, runs: u32) -> Result<Measured, Failure> {
    let file = folder.file("open.db");
    fill(&file).await?;
    let (mut cold, mut warm, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        // Drops the file from the page cache.
        let of = format!("if={}", file.display());
        let _ = Command::new("dd")
            .args([&of, "iflag=nocache", "count=0", "status=none"])
            .status();
        for costs in [&mut cold, &mut warm] {
            let (millis, mib) = measure(&file)?;
            costs.push(millis);
            memory.push(mib);
        }
    }
    let (cold, warm, memory) = (median(cold), median(warm), median(memory));
    let bytes = size(&file)?;
    let text = format!(
        "Opening a file of {bytes} bytes, and the first read of a turn, in a new process\n\n  cold: \
         {cold:.1} ms, warm: {warm:.1} ms (target: at most 50), {memory:.1} MiB resident at most \
         (target: 32)\n\n"
    );
    let value = json!({
        "bytes": bytes, "cold_ms": cold, "warm_ms": warm, "peak_resident_mib": memory,
    });
    Ok((value, text))
}

async fn fill(file: &Path) -> Result<(), Failure> {
    let store = SqliteStore::open(file).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..SESSIONS {
        let store = store.clone();
        tasks.spawn(async move {
            let id = format!("session {n}");
            let lease = store.open(&id, &Claim::new("bench")).await?.lease;
            let mut latest: Option<Turn> = None;
            for number in 1..=BATCHES {
                let mut turn = latest.clone().unwrap_or_default();
                turn.id = format!("turn {number}");
                turn.push(Block::user(format!("{n} {number} {}", "text ".repeat(450))));
                let row = TurnRow::new(number - 1, latest.as_ref(), &turn);
                let batch = Batch::new(number, SystemTime::now()).turn(row);
                store.append(&lease, Arc::new(batch)).await?;
                latest = Some(turn);
            }
            store.release(&lease).await
        });
        if tasks.len() > 100 {
            wait(tasks.join_next().await)?;
        }
    }
    while let Some(done) = tasks.join_next().await {
        wait(Some(done))?;
    }
    store.close().await;
    Ok(())
}

type Done = Result<Result<(), geppetto_store::Error>, tokio::task::JoinError>;

fn wait(done: Option<Done>) -> Result<(), Failure> {
    match done {
        Some(done) => Ok(done?.map_err(|error| error.to_string())?),
        None => Ok(()),
    }
}

/// Returns the milliseconds and the MiB of another process.
fn measure(file: &Path) -> Result<(f64, f64), Failure> {
    let child = Command::new(std::env::current_exe()?)
        .arg("store-open")
        .arg(file)
        .output()?;
    let text = String::from_utf8(child.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(millis), Some(mib)) => Ok((millis?, mib?)),
        _ => Err(format!("the other process said {text:?}").into()),
    }
}

/// Opens a file and reads the first turn of a session. Prints the milliseconds, and the peak resident
/// memory in MiB.
pub(crate) fn child(file: &Path) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let millis = runtime.block_on(async {
        let start = Instant::now();
        let store = SqliteStore::open(file).await?;
        store.turn(&format!("session {}", SESSIONS / 2), 0).await?;
        Ok::<_, geppetto_store::Error>(start.elapsed().as_secs_f64() * 1e3)
    });
    let millis = millis.map_err(|error| error.to_string())?;
    let kib = u32::try_from(cpu::peak_resident_bytes()? / 1024)?;
    let mib = f64::from(kib) / 1024.0;
    print(false, &Value::Null, &format!("{millis} {mib}\n"))
}
