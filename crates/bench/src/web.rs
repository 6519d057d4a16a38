//! Windows of the web chat: many sessions that answer at once, from the bytes of a provider to
//! server-sent events. The server is a separate process; the provider and the windows are in this
//! one.

use std::{
    fmt::Write as _,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{
    Failure, Options,
    paced::{self, Load},
    table::{median, print},
};

mod client;
mod server;

pub(crate) use server::run as child;

/// What is measured.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct WebLoad {
    /// How many sessions answer at once.
    #[arg(long, default_value_t = 1000)]
    sessions: usize,
    /// How many windows show each of them.
    #[arg(long, default_value_t = 1)]
    windows: usize,
    /// How many of the windows of each session read nothing.
    #[arg(long, default_value_t = 0)]
    stalled: usize,
    /// How many deltas a second each answer has. With 0, it comes as fast as the server reads it, and
    /// delays mean nothing.
    #[arg(long, default_value_t = 20)]
    rate: u32,
    /// How many deltas each answer has.
    #[arg(long, default_value_t = 200)]
    deltas: u32,
    /// How many threads the server has.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// The windows are pages of the AI SDK, one per session.
    #[arg(long)]
    ai_sdk: bool,
}

/// The results of one run.
#[derive(Debug, Clone, Copy)]
struct Measured {
    micros_per_delta: f64,
    p50_millis: f64,
    p99_millis: f64,
    resident_mib: f64,
}

pub(crate) fn run(options: &Options, load: WebLoad) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let mut measured = Vec::new();
    for _ in 0..options.runs.max(1) {
        measured.push(runtime.block_on(measure(load))?);
    }
    report(options, load, &measured)
}

/// The server process; killed when it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    async fn start(provider: &str, load: WebLoad) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["web-server", provider, &load.threads.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let stdout = tokio::process::ChildStdout::from_std(stdout)?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address).await?;
        if address.is_empty() {
            return Err("the server did not start".into());
        }
        let address = address.trim().to_owned();
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn measure(load: WebLoad) -> Result<Measured, Failure> {
    let streams = Load {
        streams: load.sessions,
        rate: load.rate,
        deltas: load.deltas,
        threads: load.threads,
    };
    let (provider, serving) = paced::serve_in_background(streams).await?;
    let server = Server::start(&format!("http://{provider}/v1"), load).await?;
    let address = server.address.as_str();
    let arrived = Arc::new(AtomicUsize::new(0));
    let mut windows = tokio::task::JoinSet::new();
    let mut stalled = Vec::new();
    let mut sessions = Vec::new();
    if load.ai_sdk {
        for number in 0..load.sessions {
            let window = client::page(address, &format!("chat-{number}")).await?;
            windows.spawn(client::read(window, load.deltas, Arc::clone(&arrived)));
        }
    }
    let of_chat = if load.ai_sdk { 0 } else { load.sessions };
    for _ in 0..of_chat {
        let session = client::session(address).await?;
        for number in 0..load.windows {
            let window = client::window(address, &session).await?;
            if number < load.stalled {
                stalled.push(window);
            } else {
                windows.spawn(client::read(window, load.deltas, Arc::clone(&arrived)));
            }
        }
        sessions.push(session);
    }
    for session in &sessions {
        client::send(address, session).await?;
    }
    let reading = match load.ai_sdk {
        true => 1,
        false => load.windows.saturating_sub(load.stalled),
    };
    let all = load.sessions * reading * load.deltas as usize;
    let first = usage_at(&arrived, all / 10, address).await?;
    let last = usage_at(&arrived, all - all / 10, address).await?;
    let mut delays = Vec::with_capacity(all);
    while let Some(window) = windows.join_next().await {
        delays.extend(window??);
    }
    serving.await?;
    delays.sort_by(f64::total_cmp);
    let late = delays.get(delays.len() * 99 / 100).copied();
    let whole = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let deltas = whole(last.arrived.saturating_sub(first.arrived));
    Ok(Measured {
        micros_per_delta: (last.cpu_micros - first.cpu_micros) / deltas,
        p50_millis: median(delays) / 1e6,
        p99_millis: late.unwrap_or(f64::NAN) / 1e6,
        resident_mib: last.resident_mib,
    })
}

/// What the server has used when a number of deltas have arrived.
struct Usage {
    arrived: usize,
    cpu_micros: f64,
    resident_mib: f64,
}

async fn usage_at(arrived: &AtomicUsize, count: usize, address: &str) -> Result<Usage, Failure> {
    while arrived.load(Ordering::Relaxed) < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (cpu_micros, resident_mib) = client::usage(address).await?;
    Ok(Usage {
        arrived: arrived.load(Ordering::Relaxed),
        cpu_micros,
        resident_mib,
    })
}

fn report(options: &Options, load: WebLoad, measured: &[Measured]) -> Result<(), Failure> {
    let middle = |of: fn(&Measured) -> f64| median(measured.iter().map(of).collect());
    let cost = middle(|run| run.micros_per_delta);
    let (p50, p99) = (middle(|run| run.p50_millis), middle(|run| run.p99_millis));
    let resident = middle(|run| run.resident_mib);
    let mut text = String::new();
    writeln!(
        text,
        "{} sessions of {} windows, {} stalled each, {} deltas a second each, {} thread(s), median of {} runs\n\n\
         \x20 CPU a delta and window   p50 ms   p99 ms      MiB\n\
         \x20 {cost:19.2} us {p50:8.2} {p99:8.2} {resident:8.1}",
        load.sessions, load.windows, load.stalled, load.rate, load.threads, options.runs
    )?;
    let value = json!({
        "sessions": load.sessions, "windows": load.windows, "stalled": load.stalled,
        "deltas_per_second": load.rate, "threads": load.threads,
        "microseconds_per_delta_and_window": cost, "p50_milliseconds": p50,
        "p99_milliseconds": p99, "resident_mib": resident,
    });
    print(options.json, &value, &text)
}
