//! The cost of the Postgres store, and of several hosts on it.

use std::{fs, process::Command, time::Duration};

use clap::ValueEnum;
use geppetto_cluster::Postgres;
use geppetto_store_postgres::PostgresStore;
use serde_json::{Map, Value, json};

use crate::{
    Failure,
    store::append::{self, SESSIONS},
    table::print,
};

mod load;
mod readers;
mod takeover;

pub(crate) use takeover::host;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Records per second under a lease, and the delay of an acknowledgement.
    Append,
    /// Time until another host has the session of one that was killed, or that handed it over.
    Takeover,
    /// Deltas per second to readers on another host, and their delay.
    Readers,
    /// CPU time per delta beside that of SQLite, and of the server, for more and more sessions.
    Load,
}

/// JSON and text of a measurement.
type Measured = (Value, String);

pub(crate) fn run(json: bool, only: Option<Part>, lease: u64, kills: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let postgres = Postgres::start(&["shared_buffers = 256MB", "max_wal_size = 4GB"])?;
    let (mut values, mut text) = (Map::new(), String::new());
    for part in Part::value_variants() {
        if only.is_some_and(|only| only != *part) {
            continue;
        }
        let (name, (value, lines)) = match part {
            Part::Append => ("append", runtime.block_on(appends(&postgres))?),
            Part::Takeover => {
                let lease = Duration::from_millis(lease);
                (
                    "takeover",
                    runtime.block_on(takeover::run(&postgres, lease, kills))?,
                )
            }
            Part::Readers => ("readers", runtime.block_on(readers::run(&postgres))?),
            Part::Load => ("load", load::run(&runtime, &postgres)?),
        };
        values.insert(name.to_owned(), value);
        text.push_str(&lines);
    }
    print(json, &Value::Object(values), &text)
}

async fn appends(postgres: &Postgres) -> Result<Measured, Failure> {
    let mut rows = Vec::new();
    let mut text = format!("{}\n\n", append::ABOUT);
    for sessions in SESSIONS {
        let store =
            PostgresStore::connect(&database(postgres, &format!("append_{sessions}"))?).await?;
        let before = server_time(postgres)?;
        let measured = append::measure(&store, sessions).await?;
        let server =
            (server_time(postgres)? - before).as_secs_f64() * 1e6 / f64::from(measured.count);
        text.push_str(&format!(
            "{}, {server:5.1} us in the server\n",
            measured.line()
        ));
        rows.push(json!({"records": measured.value(), "server_us": server}));
        store.close().await;
    }
    text.push('\n');
    Ok((Value::Array(rows), text))
}

/// Creates a database, and returns its URL.
fn database(postgres: &Postgres, name: &str) -> Result<String, Failure> {
    postgres.sql(&format!("create database {name}"))?;
    Ok(postgres.url_of(name))
}

/// Returns the CPU time of all processes of the server, also of those that have ended.
fn server_time(postgres: &Postgres) -> Result<Duration, Failure> {
    let first = postgres.pid()?.to_string();
    let mut ps = Command::new("ps");
    let children = geppetto_cluster::run(ps.args(["-o", "pid=", "--ppid", &first]))?;
    let mut ticks = ticks(&first, 4)?;
    for pid in children.split_whitespace() {
        // It may have ended.
        ticks += self::ticks(pid, 2).unwrap_or(0);
    }
    // Linux counts in hundredths of a second for programs.
    Ok(Duration::from_millis(ticks * 10))
}

/// Returns the sum of the first numbers of user time, system time, and both of ended children.
fn ticks(pid: &str, numbers: usize) -> Result<u64, Failure> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = text
        .rsplit_once(')')
        .ok_or("the state of a process is unreadable")?;
    let fields = fields.split_whitespace().skip(11).take(numbers);
    let ticks: Result<Vec<u64>, _> = fields.map(str::parse).collect();
    Ok(ticks?.into_iter().sum())
}
