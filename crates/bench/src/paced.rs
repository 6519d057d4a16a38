//! Streams whose deltas arrive one at a time, as in a server: many paced streams from a loopback
//! server in this process. The consumers are separate processes that run one after the other.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    process::{Command, Stdio},
};

use clap::ValueEnum;
use serde_json::json;

use crate::{
    Failure, Options,
    table::{median, print},
};

mod clock;
mod reader;
mod server;

pub(crate) use clock::now;
pub(crate) use reader::{Consumer, DATABASE, run as child};
pub(crate) use server::start as serve_in_background;

/// What is measured: the load.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// How many streams at once; each takes a file descriptor in both processes.
    #[arg(long, default_value_t = 1000)]
    pub(crate) streams: usize,
    /// How many deltas a second each stream has.
    #[arg(long, default_value_t = 50)]
    pub(crate) rate: u32,
    /// How many deltas each stream has.
    #[arg(long, default_value_t = 200)]
    pub(crate) deltas: u32,
    /// How many threads the consumer's runtime has.
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
}

/// The results of one consumer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) micros_per_delta: f64,
    pub(crate) p50_micros: f64,
    pub(crate) p99_micros: f64,
    resident_mib: f64,
}

pub(crate) fn run(options: &Options, load: Load, only: Option<Consumer>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let consumers: Vec<_> = Consumer::value_variants()
        .iter()
        .filter(|consumer| **consumer != Consumer::Shared)
        .filter(|consumer| only.is_none_or(|only| only == **consumer))
        .copied()
        .collect();
    let mut measured: BTreeMap<Consumer, Vec<Measured>> = BTreeMap::new();
    for _ in 0..options.runs.max(1) {
        for consumer in &consumers {
            let (address, _) = runtime.block_on(server::start(load))?;
            let cost = measure(*consumer, load, &format!("http://{address}/v1"), None)?;
            measured.entry(*consumer).or_default().push(cost);
        }
    }
    report(options, load, &measured)
}

/// Serves one consumer that is started by hand.
pub(crate) fn serve(load: Load) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (address, serving) = server::start(load).await?;
        print(false, &json!(null), &format!("http://{address}/v1\n"))?;
        Ok(serving.await?)
    })
}

/// Measures one consumer, which has a database for [`Consumer::Shared`].
pub(crate) fn measure(
    consumer: Consumer,
    load: Load,
    base_url: &str,
    database: Option<&str>,
) -> Result<Measured, Failure> {
    let numbers = [load.streams, load.deltas as usize, load.threads];
    let database = database.map(|url| (DATABASE, url));
    let output = Command::new(std::env::current_exe()?)
        .envs(database)
        .args(["paced-consumer", consumer.name(), base_url])
        .args(numbers.map(|number| number.to_string()))
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("the consumer {} failed", consumer.name()).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let &[micros_per_delta, p50_micros, p99_micros, resident_mib] = numbers.as_slice() else {
        return Err(format!("the consumer measured `{text}`").into());
    };
    Ok(Measured {
        micros_per_delta,
        p50_micros,
        p99_micros,
        resident_mib,
    })
}

fn report(
    options: &Options,
    load: Load,
    measured: &BTreeMap<Consumer, Vec<Measured>>,
) -> Result<(), Failure> {
    let middle = |consumer: Consumer, of: fn(&Measured) -> f64| {
        let all = measured.get(&consumer).map(Vec::as_slice);
        median(all.unwrap_or_default().iter().map(of).collect())
    };
    let mut text = format!(
        "{} streams, {} deltas a second each, {} thread(s), median of {} runs\n\n\
         \x20 CPU a delta   p50 ms   p99 ms      MiB\n",
        load.streams, load.rate, load.threads, options.runs
    );
    let mut rows = Vec::new();
    for consumer in measured.keys() {
        let cost = middle(*consumer, |run| run.micros_per_delta);
        let p50 = middle(*consumer, |run| run.p50_micros);
        let p99 = middle(*consumer, |run| run.p99_micros);
        let resident = middle(*consumer, |run| run.resident_mib);
        writeln!(
            text,
            "  {cost:8.2} us {:8.2} {:8.2} {resident:8.1}  {}",
            p50 / 1000.0,
            p99 / 1000.0,
            consumer.describe()
        )?;
        rows.push(json!({
            "consumer": consumer.name(), "microseconds_per_delta": cost,
            "p50_microseconds": p50, "p99_microseconds": p99, "resident_mib": resident,
        }));
    }
    let ratio =
        |consumer, of: fn(&Measured) -> f64| middle(consumer, of) / middle(Consumer::HandTyped, of);
    let sink = ratio(Consumer::Sink, |run| run.micros_per_delta);
    let subscriber = ratio(Consumer::Subscriber, |run| run.micros_per_delta);
    let memory = ratio(Consumer::Subscriber, |run| run.resident_mib);
    let per_delta = |consumer| middle(consumer, |run| run.micros_per_delta);
    let stored = per_delta(Consumer::Stored) / per_delta(Consumer::Sink);
    writeln!(
        text,
        "\n  sink with a store / sink: {stored:.2} (target: at most 1.3)\n\
         \x20 sink / hand-written typed loop: {sink:.2} (target: at most 1.15)\n\
         \x20 subscriber / hand-written typed loop: {subscriber:.2} (target: at most 1.35)\n\
         \x20 memory, subscriber / hand-written typed loop: {memory:.2} (target: at most 1.5)"
    )?;
    let value = json!({
        "streams": load.streams, "deltas_per_second": load.rate, "threads": load.threads,
        "rows": rows, "sink_over_hand_typed": sink, "subscriber_over_hand_typed": subscriber,
        "memory_over_hand_typed": memory, "stored_over_sink": stored,
    });
    print(options.json, &value, &text)
}
