//! The time until another host has the session of one that was killed, or that handed it over.

use std::{
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use geppetto_cluster::Postgres;
use geppetto_enginebuilder::Builder;
use geppetto_host::{ErrorKind, Host};
use geppetto_store_postgres::PostgresStore;
use geppetto_testing::{Script, ScriptedEngine};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep},
};

use super::{Measured, database};
use crate::{Failure, table::print};

/// Time between two attempts to open a session.
const AGAIN: Duration = Duration::from_millis(5);

pub(super) async fn run(
    postgres: &Postgres,
    lease: Duration,
    kills: usize,
) -> Result<Measured, Failure> {
    let url = database(postgres, "takeover")?;
    let store = PostgresStore::connect(&url).await?;
    let engine = ScriptedEngine::always(Script::new().text("Here I am."));
    let host = Host::builder(store.clone(), Builder::new(engine))
        .lease(lease)
        .build();
    let mut text =
        format!("A lease of {lease:?}, {kills} times each; ms until the session is open\n\n");
    let mut values = serde_json::Map::new();
    for (signal, name) in [("KILL", "killed"), ("TERM", "handed over")] {
        let mut times = Vec::new();
        for n in 0..kills {
            let session = format!("{name} {n}");
            times.push(one(&host, &url, &session, lease, signal).await?);
        }
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let place = times.len().saturating_sub(1) * percent / 100;
            times.get(place).copied().unwrap_or(f64::NAN)
        };
        let row = [0, 10, 50, 90, 100].map(at);
        text.push_str(&format!(
            "  {name:12} least {:7.0}, p10 {:7.0}, p50 {:7.0}, p90 {:7.0}, most {:7.0}\n",
            row[0], row[1], row[2], row[3], row[4]
        ));
        values.insert(name.to_owned(), json!(row));
    }
    text.push('\n');
    Ok((values.into(), text))
}

/// Ends a host, and returns the milliseconds until `host` has opened its session.
async fn one(
    host: &Host,
    url: &str,
    session: &str,
    lease: Duration,
    signal: &str,
) -> Result<f64, Failure> {
    let lease_ms = lease.as_millis().to_string();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["postgres-host", url, session, &lease_ms])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().ok_or("the host has no stdout")?;
    let mut lines = BufReader::new(stdout).lines();
    lines.next_line().await?.ok_or("the host did not begin")?;
    // At any time between two renewals.
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos();
    sleep(lease.mul_f64(1.0 + f64::from(now % 1_000) / 1_000.0)).await;
    let pid = child.id().ok_or("the host has ended")?.to_string();
    let start = Instant::now();
    geppetto_cluster::run(std::process::Command::new("kill").args([&format!("-{signal}"), &pid]))?;
    let session = host.session(session);
    loop {
        match session.open_existing().await {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Held => sleep(AGAIN).await,
            Err(error) => return Err(error.into()),
        }
    }
    let time = start.elapsed().as_secs_f64() * 1e3;
    session.idle().await;
    child.wait().await?;
    Ok(time)
}

/// The host: its run goes on until it is killed, or hands over.
pub(crate) fn host(url: &str, session: &str, lease: u64) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = PostgresStore::connect(url).await?;
        let engine = ScriptedEngine::always(Script::new().text("I am ").hang());
        let host = Host::builder(store.clone(), Builder::new(engine))
            .lease(Duration::from_millis(lease))
            .build();
        let mut terminated = signal(SignalKind::terminate())?;
        let _run = host
            .session(session)
            .prompt("Who is there?")
            .submit()
            .await?;
        print(false, &json!(null), "running\n")?;
        terminated.recv().await;
        host.hand_over(Duration::ZERO).await;
        store.close().await;
        Ok(())
    })
}
