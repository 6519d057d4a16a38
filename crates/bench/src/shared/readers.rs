//! Readers on another host than the owner: they read what the owner has stored.

use std::time::Duration;

use geppetto_cluster::Postgres;
use geppetto_enginebuilder::Builder;
use geppetto_host::{Events, Host};
use geppetto_providers_openai::ChatEngine;
use geppetto_store_postgres::PostgresStore;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use super::{Measured, database, server_time};
use crate::{
    Failure, cpu,
    paced::{Load, now, serve_in_background},
};

/// Number of readers of each session.
const READERS: [usize; 4] = [0, 1, 10, 50];

/// What the sessions stream.
const LOAD: Load = Load {
    streams: 10,
    rate: 50,
    deltas: 300,
    threads: 1,
};

pub(super) async fn run(postgres: &Postgres) -> Result<Measured, Failure> {
    let mut text = format!(
        "{} sessions of {} deltas, {} a second each, read at another host; CPU of this process is that \
         of both hosts and of the provider\n\n",
        LOAD.streams, LOAD.deltas, LOAD.rate
    );
    let mut rows = Vec::new();
    for readers in READERS {
        let url = database(postgres, &format!("readers_{readers}"))?;
        let (row, line) = measure(postgres, &url, readers).await?;
        rows.push(row);
        text.push_str(&line);
    }
    text.push('\n');
    Ok((Value::Array(rows), text))
}

async fn measure(postgres: &Postgres, url: &str, readers: usize) -> Result<Measured, Failure> {
    let (provider, _serving) = serve_in_background(LOAD).await?;
    let base_url = format!("http://{provider}/v1");
    let (own, other) = (host(url, &base_url).await?, host(url, &base_url).await?);
    let (cpu, server) = (cpu::process_time()?, server_time(postgres)?);
    let start = Instant::now();
    let (mut runs, mut tasks) = (Vec::new(), JoinSet::new());
    for n in 0..LOAD.streams {
        let id = format!("session {n}");
        runs.push(own.session(id.as_str()).prompt("write").submit().await?);
        for _ in 0..readers {
            tasks.spawn(read(other.session(id.as_str()).events(0)));
        }
    }
    for run in runs {
        run.wait().await?;
    }
    let mut delays = Vec::new();
    while let Some(read) = tasks.join_next().await {
        delays.extend(read??);
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu = (cpu::process_time()? - cpu).as_secs_f64();
    let server = (server_time(postgres)? - server).as_secs_f64();
    delays.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let place = delays.len().saturating_sub(1) * percent / 100;
        delays.get(place).copied().unwrap_or(f64::NAN)
    };
    let rate = f64::from(u32::try_from(delays.len())?) / seconds;
    let (p50, p99) = (at(50), at(99));
    let line = format!(
        "  {readers:3} readers a session: {rate:8.0} deltas a second read, after p50 {p50:6.1} ms, p99 \
         {p99:6.1} ms; {cpu:6.2} s of CPU, {server:6.2} s in the server, in {seconds:.1} s\n"
    );
    let row = json!({
        "readers": readers, "deltas_a_second": rate, "p50_ms": p50, "p99_ms": p99, "cpu_s": cpu,
        "server_s": server, "seconds": seconds,
    });
    Ok((row, line))
}

async fn host(url: &str, base_url: &str) -> Result<Host, Failure> {
    let store = PostgresStore::connect(url).await?;
    let engine = ChatEngine::builder("gpt-4o-mini")
        .base_url(base_url)
        .build()?;
    Ok(Host::builder(store, Builder::new(engine))
        .lease(Duration::from_secs(30))
        .build())
}

/// Reads a session to the end of its run. Returns the delay of each delta in milliseconds.
async fn read(mut events: Events) -> Result<Vec<f64>, geppetto_host::Error> {
    let mut delays = Vec::new();
    while let Some(event) = events.next().await? {
        if event.is_terminal() {
            break;
        }
        let now = now();
        let sent = event
            .text_delta()
            .unwrap_or_default()
            .split_ascii_whitespace();
        delays.extend(sent.filter_map(|sent| {
            let nanos = now.saturating_sub(sent.parse().ok()?);
            Some(Duration::from_nanos(nanos).as_secs_f64() * 1e3)
        }));
    }
    Ok(delays)
}
