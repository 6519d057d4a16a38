//! The cost of the store per delta, beside that of SQLite, and what one server carries.

use geppetto_cluster::Postgres;
use serde_json::{Value, json};
use tokio::{runtime::Runtime, time::Instant};

use super::{Measured, database, server_time};
use crate::{
    Failure,
    paced::{Consumer, Load, measure, serve_in_background},
};

/// Number of sessions.
const SESSIONS: [usize; 3] = [50, 100, 200];

pub(super) fn run(runtime: &Runtime, postgres: &Postgres) -> Result<Measured, Failure> {
    let mut text =
        "Sessions with 50 deltas a second each; CPU of the process with the sessions per \
                    delta: with one sink, with SQLite, with Postgres, and of the server\n\n"
            .to_owned();
    let mut rows = Vec::new();
    for sessions in SESSIONS {
        let load = Load {
            streams: sessions,
            rate: 50,
            deltas: 250,
            threads: 1,
        };
        let of = |consumer: Consumer, url: Option<&str>| {
            let (address, _) = runtime.block_on(serve_in_background(load))?;
            measure(consumer, load, &format!("http://{address}/v1"), url)
        };
        let (sink, sqlite) = (of(Consumer::Sink, None)?, of(Consumer::Stored, None)?);
        let url = database(postgres, &format!("load_{sessions}"))?;
        let (before, start) = (server_time(postgres)?, Instant::now());
        let shared = of(Consumer::Shared, Some(&url))?;
        let seconds = start.elapsed().as_secs_f64();
        let server = (server_time(postgres)? - before).as_secs_f64();
        let deltas = f64::from(u32::try_from(sessions)?) * f64::from(load.deltas);
        let server_us = server * 1e6 / deltas;
        let cores = server / seconds;
        text.push_str(&format!(
            "  {sessions:4} sessions: {:6.1} us, SQLite {:6.1} us, Postgres {:6.1} us, server {server_us:6.1} us \
             ({cores:.2} cores), p99 to the sink {:6.1} ms\n",
            sink.micros_per_delta, sqlite.micros_per_delta, shared.micros_per_delta,
            shared.p99_micros / 1e3
        ));
        rows.push(json!({
            "sessions": sessions, "sink_us": sink.micros_per_delta,
            "sqlite_us": sqlite.micros_per_delta, "postgres_us": shared.micros_per_delta,
            "server_us": server_us, "server_cores": cores, "p99_us": shared.p99_micros,
        }));
    }
    text.push('\n');
    Ok((Value::Array(rows), text))
}
