//! Memory of many concurrent streams. A loopback server in this process sends half of each stream
//! and pauses; sessions in a separate process read them. When all are open the server continues,
//! and each session must end with its whole text.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use geppetto_enginebuilder::Builder;
use geppetto_events::{EventSink, sink_fn};
use geppetto_providers_openai::ChatEngine;
use geppetto_session::Session;
use geppetto_testing::{At, Gate, ProviderServer, Reply};
use serde_json::json;
use tokio::sync::Notify;

use crate::{Failure, Options, cpu, table::print, wire::Wire};

/// The number of deltas in one stream.
const DELTAS: u32 = 200;

/// The line that the session process prints when all streams are half sent.
const ALL_OPEN: &str = "open";

pub(crate) fn run(options: &Options, streams: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let half_way = Gate::new();
    let server = runtime.block_on(async {
        let server = ProviderServer::start().await?;
        server.accept_anything();
        let reply = Reply::sse_raw(Wire::Chat.body(DELTAS)).in_one_write();
        server.respond_always(reply.hold_at(At::Event(DELTAS as usize / 2), &half_way));
        Ok::<_, std::io::Error>(server)
    })?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["hold", &server.base_url(), &streams.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.take().ok_or("the process has no output")?;
    let mut lines = BufReader::new(stdout).lines();
    match lines.next().transpose()?.as_deref() {
        Some(ALL_OPEN) => half_way.open(),
        other => return Err(format!("the sessions said {other:?} instead of `{ALL_OPEN}`").into()),
    }
    let measured = lines
        .next()
        .transpose()?
        .ok_or("the sessions measured nothing")?;
    if !child.wait()?.success() {
        return Err("the sessions failed".into());
    }
    report(options, streams, &measured)
}

fn report(options: &Options, streams: usize, measured: &str) -> Result<(), Failure> {
    let numbers: Vec<u64> = measured
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let &[before, open, peak] = numbers.as_slice() else {
        return Err(format!("the sessions measured `{measured}`").into());
    };
    let mib = |bytes: u64| bytes / (1024 * 1024);
    let each = open.saturating_sub(before) / 1024 / (streams.max(1) as u64);
    let text = format!(
        "{streams} streams of {DELTAS} deltas at once, one session with one sink each\n\n\
         \x20 {:6} MiB  resident before the first stream\n\
         \x20 {:6} MiB  with all streams half way ({each} KiB a stream)\n\
         \x20 {:6} MiB  at the most, until all have ended (target: 1024 MiB for 10,000)\n",
        mib(before),
        mib(open),
        mib(peak),
    );
    let value = json!({
        "streams": streams, "deltas": DELTAS, "resident_before_bytes": before,
        "resident_open_bytes": open, "resident_peak_bytes": peak,
    });
    print(options.json, &value, &text)
}

/// Reads `streams` streams at once and prints the memory used.
pub(crate) fn hold(base_url: &str, streams: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let engine = ChatEngine::builder("gpt-4o-mini")
            .base_url(base_url)
            .build()?;
        let half_way = Arc::new((AtomicUsize::new(0), Notify::new()));
        let before = cpu::resident_bytes()?;
        let mut runs = Vec::with_capacity(streams);
        for _ in 0..streams {
            let counter = Arc::clone(&half_way);
            let deltas = AtomicUsize::new(0);
            let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event| {
                let half = DELTAS as usize / 2 - 2;
                if event.text_delta().is_some()
                    && deltas.fetch_add(1, Ordering::Relaxed) + 1 == half
                {
                    counter.0.fetch_add(1, Ordering::Relaxed);
                    counter.1.notify_one();
                }
            }));
            let session = Session::new(Builder::new(engine.clone()).event_sink(sink));
            let run = session.submit("write").await?;
            runs.push((session, run));
        }
        while half_way.0.load(Ordering::Relaxed) < streams {
            half_way.1.notified().await;
        }
        let open = cpu::resident_bytes()?;
        say(ALL_OPEN)?;
        let mut expected = None;
        for (_session, run) in &runs {
            let len = run.wait().await?.assistant_text().len();
            if len != *expected.get_or_insert(len) || len < DELTAS as usize {
                return Err(format!("a stream ended with {len} bytes of text").into());
            }
        }
        let peak = cpu::peak_resident_bytes()?;
        say(&format!("{before} {open} {peak}"))
    })
}

fn say(line: &str) -> Result<(), Failure> {
    print(false, &json!(null), &format!("{line}\n"))
}
