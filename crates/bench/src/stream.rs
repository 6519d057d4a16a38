//! CPU time per streamed delta: the same canned stream from a loopback server in this process. The
//! consumers read it in separate processes, one after the other, several times.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    process::{Command, Stdio},
};

use clap::ValueEnum;
use geppetto_testing::{ProviderServer, Reply};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    Failure, Options,
    consumers::Consumer,
    table::{median, print},
    wire::Wire,
};

/// The number of deltas in one reply.
pub(crate) const DELTAS: u32 = 2_000;

/// The body arrives in chunks of random sizes up to this limit, 16 KiB on average, split anywhere.
const MAX_CHUNK: usize = 32 * 1024;

/// The targets for the cost of a session over that of a handwritten loop.
const TARGET: f64 = 0.25;
const TARGET_TYPED: f64 = 0.45;

/// The number of replies that one process reads.
const REPLIES: u32 = 60;

/// CPU time in microseconds per delta, by wire and consumer.
type Costs = BTreeMap<(Wire, Consumer), Vec<f64>>;

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut costs = Costs::new();
    for wire in Wire::value_variants() {
        let (_runtime, server) = serve(*wire)?;
        for _ in 0..options.runs.max(1) {
            for consumer in Consumer::value_variants() {
                let cost = measure(*consumer, *wire, &server.base_url())?;
                costs.entry((*wire, *consumer)).or_default().push(cost);
                server.forget_requests();
            }
        }
    }
    report(options, &costs)
}

/// Starts the server of the canned stream, on its own thread.
pub(crate) fn serve(wire: Wire) -> Result<(Runtime, ProviderServer), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let server = runtime.block_on(async {
        let server = ProviderServer::start().await?;
        server.accept_anything();
        server
            .respond_always(Reply::sse_raw(wire.body(DELTAS)).cut_into_random_chunks(7, MAX_CHUNK));
        Ok::<_, std::io::Error>(server)
    })?;
    Ok((runtime, server))
}

fn measure(consumer: Consumer, wire: Wire, base_url: &str) -> Result<f64, Failure> {
    let output = Command::new(std::env::current_exe()?)
        .args(["consume", consumer.name(), wire.name(), base_url])
        .arg(REPLIES.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("the consumer {} failed", consumer.name()).into());
    }
    let nanos: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(nanos / f64::from(REPLIES * DELTAS) / 1000.0)
}

fn report(options: &Options, costs: &Costs) -> Result<(), Failure> {
    let medians: BTreeMap<(Wire, Consumer), f64> = costs
        .iter()
        .map(|(key, costs)| (*key, median(costs.clone())))
        .collect();
    let mut text = format!(
        "CPU time per delta (user and system), {DELTAS} deltas a reply, {REPLIES} replies a run, \
         median of {} runs\n",
        options.runs
    );
    let (mut rows, mut ratios) = (Vec::new(), serde_json::Map::new());
    for wire in Wire::value_variants() {
        let of = |consumer| medians.get(&(*wire, consumer)).copied().unwrap_or(f64::NAN);
        writeln!(text, "\n{}", wire.name())?;
        for consumer in Consumer::value_variants() {
            let cost = of(*consumer);
            writeln!(text, "  {cost:7.3} us  {}", consumer.describe())?;
            rows.push(json!({
                "wire": wire.name(), "consumer": consumer.name(), "microseconds_per_delta": cost,
                "runs": costs.get(&(*wire, *consumer)),
            }));
        }
        let written = of(Consumer::Session) / of(Consumer::HandWritten);
        let typed = of(Consumer::Session) / of(Consumer::HandTyped);
        writeln!(text, "  (a) / (b): {written:.2} (target: at most {TARGET})")?;
        writeln!(
            text,
            "  (a) / typed loop: {typed:.2} (target: at most {TARGET_TYPED})"
        )?;
        let ratio = json!({
            "session_over_hand_written": written, "session_over_hand_typed": typed,
        });
        ratios.insert(wire.name().to_owned(), ratio);
    }
    let value = json!({"rows": rows, "ratios": ratios});
    print(options.json, &value, &text)
}
