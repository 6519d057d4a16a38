//! CPU time per streamed delta: the same canned stream from a loopback server in this process,
//! read by each consumer in a process of its own, in turn, several times.

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
};

/// How many deltas one reply has.
pub(crate) const DELTAS: u32 = 2_000;

/// The body comes in chunks of random sizes up to this, cut anywhere, 16 KiB on average.
const MAX_CHUNK: usize = 32 * 1024;

/// How many replies one process reads.
const REPLIES: u32 = 60;

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_runtime, server) = serve()?;
    let mut costs: BTreeMap<Consumer, Vec<f64>> = BTreeMap::new();
    for _ in 0..options.runs.max(1) {
        for consumer in Consumer::value_variants() {
            let cost = measure(*consumer, &server.base_url())?;
            costs.entry(*consumer).or_default().push(cost);
            server.forget_requests();
        }
    }
    report(options, &costs)
}

/// Starts the server of the canned stream, on a thread of its own.
pub(crate) fn serve() -> Result<(Runtime, ProviderServer), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let server = runtime.block_on(async {
        let server = ProviderServer::start().await?;
        server.accept_anything();
        server.respond_always(Reply::sse_raw(body(DELTAS)).cut_into_random_chunks(7, MAX_CHUNK));
        Ok::<_, std::io::Error>(server)
    })?;
    Ok((runtime, server))
}

fn measure(consumer: Consumer, base_url: &str) -> Result<f64, Failure> {
    let output = Command::new(std::env::current_exe()?)
        .args(["consume", consumer.name(), base_url, &REPLIES.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("the consumer {} failed", consumer.name()).into());
    }
    let nanos: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(nanos / f64::from(REPLIES * DELTAS) / 1000.0)
}

fn report(options: &Options, costs: &BTreeMap<Consumer, Vec<f64>>) -> Result<(), Failure> {
    let medians: BTreeMap<Consumer, f64> = costs
        .iter()
        .map(|(consumer, costs)| (*consumer, median(costs.clone())))
        .collect();
    let of = |consumer| medians.get(&consumer).copied().unwrap_or(f64::NAN);
    let mut text = format!(
        "CPU time per delta (user and system), {DELTAS} deltas a reply, {REPLIES} replies a run, \
         median of {} runs\n\n",
        options.runs
    );
    let mut rows = Vec::new();
    for (consumer, cost) in &medians {
        let ratio = of(Consumer::Session) / cost;
        writeln!(text, "  {cost:7.3} us  {}", consumer.describe())?;
        rows.push(json!({
            "consumer": consumer.name(), "microseconds_per_delta": cost,
            "runs": costs.get(consumer), "session_over_this": ratio,
        }));
    }
    let ratio = of(Consumer::Session) / of(Consumer::HandWritten);
    let typed = of(Consumer::Session) / of(Consumer::HandTyped);
    writeln!(
        text,
        "\n  session / hand-written loop: {ratio:.2} (target: at most 0.5)"
    )?;
    writeln!(
        text,
        "  session / hand-written loop with typed chunks: {typed:.2}"
    )?;
    let value = json!({"rows": rows, "session_over_hand_written": ratio});
    print(options.json, &value, &text)
}

/// A reply in the shape and size that OpenAI sends.
pub(crate) fn body(deltas: u32) -> String {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-BQ0nYVqsVQ8nUUl0x5D2Wc5mCqWXw\",\"object\":\
             \"chat.completion.chunk\",\"created\":1746042418,\"model\":\"gpt-4o-mini-2024-07-18\",\
             \"service_tier\":\"default\",\"system_fingerprint\":\"fp_dbaca60df0\",\"choices\":\
             [{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}],\
             \"usage\":null}}\n\n"
        )
    };
    let words = [
        " the", " model", " writes", " a", " word", ",", " then", " another", ".", "\\n",
    ];
    let mut body = chunk(
        "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}",
        "null",
    );
    for word in words.iter().cycle().take(deltas as usize) {
        body.push_str(&chunk(&format!("{{\"content\":\"{word}\"}}"), "null"));
    }
    body.push_str(&chunk("{}", "\"stop\""));
    body.push_str("data: [DONE]\n\n");
    body
}
