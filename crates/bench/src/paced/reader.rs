//! The consumers of the paced streams.

use std::sync::Arc;

use clap::ValueEnum;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use geppetto_enginebuilder::Builder;
use geppetto_events::{EventSink, sink_fn};
use geppetto_providers_openai::ChatEngine;
use geppetto_session::Session;
use geppetto_store_postgres::PostgresStore;
use serde_json::json;
use tokio::task::JoinSet;

use super::clock::Arrivals;
use crate::{
    Failure,
    consumers::Chunk,
    cpu,
    store::{Folder, stored},
    table::print,
};

/// Variable with the URL of the database of [`Consumer::Shared`].
pub(crate) const DATABASE: &str = "GEPPETTO_BENCH_DATABASE";

/// Who reads the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Consumer {
    /// A session with one sink.
    Sink,
    /// The same with a journal in a SQLite store.
    Stored,
    /// The same with a journal in the Postgres store at the URL in [`DATABASE`].
    Shared,
    /// A session whose events a task of its own reads.
    Subscriber,
    /// The typed loop written by hand.
    HandTyped,
    /// Only the bytes of the body.
    Raw,
}

impl Consumer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sink => "sink",
            Self::Stored => "stored",
            Self::Shared => "shared",
            Self::Subscriber => "subscriber",
            Self::HandTyped => "hand-typed",
            Self::Raw => "raw",
        }
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Sink => "a session with one sink",
            Self::Stored => "the same with a journal in a SQLite store",
            Self::Shared => "the same with a journal in a Postgres store",
            Self::Subscriber => "a session whose events a task of its own reads",
            Self::HandTyped => "reqwest + eventsource-stream + typed chunks, text only",
            Self::Raw => "the body's bytes alone (reqwest), each chunk taken for one delta",
        }
    }
}

/// Reads all streams at once. Prints the CPU time per delta, the median and 99th percentile of the
/// delay (all in microseconds), and the resident memory in MiB.
pub(crate) fn run(
    consumer: Consumer,
    base_url: &str,
    [streams, deltas, threads]: [usize; 3],
) -> Result<(), Failure> {
    let mut runtime = if threads == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = runtime.worker_threads(threads).enable_all().build()?;
    let arrivals = Arc::new(Arrivals::new(streams * deltas));
    runtime.block_on(read_all(consumer, base_url, streams, &arrivals))?;
    let (cost, middle, late) = arrivals.result()?;
    let kib = u32::try_from(cpu::peak_resident_bytes()? / 1024)?;
    let mib = f64::from(kib) / 1024.0;
    let text = format!("{cost} {middle} {late} {mib}\n");
    print(false, &json!(null), &text)
}

async fn read_all(
    consumer: Consumer,
    base_url: &str,
    streams: usize,
    arrivals: &Arc<Arrivals>,
) -> Result<(), Failure> {
    let mut tasks = match consumer {
        Consumer::Sink | Consumer::Stored | Consumer::Shared | Consumer::Subscriber => {
            sessions(consumer, base_url, streams, arrivals).await?
        }
        Consumer::HandTyped | Consumer::Raw => loops(consumer, base_url, streams, arrivals),
    };
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn sessions(
    consumer: Consumer,
    base_url: &str,
    streams: usize,
    arrivals: &Arc<Arrivals>,
) -> Result<JoinSet<Result<(), String>>, Failure> {
    let engine = ChatEngine::builder("gpt-4o-mini")
        .base_url(base_url)
        .build()?;
    let mut builder = Builder::new(engine);
    if consumer != Consumer::Subscriber {
        let arrivals = Arc::clone(arrivals);
        let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event| {
            if let Some(text) = event.text_delta() {
                arrivals.take(text);
            }
        }));
        builder = builder.event_sink(sink);
    }
    let store = match consumer {
        Consumer::Stored => Some(Folder::new(None)?.store().await.map(Arc::new)?),
        _ => None,
    };
    let shared = match consumer {
        Consumer::Shared => Some(PostgresStore::connect(&std::env::var(DATABASE)?).await?),
        _ => None,
    };
    let mut tasks = JoinSet::new();
    for n in 0..streams {
        let (id, builder) = (format!("session {n}"), builder.clone());
        let session = match (&store, &shared) {
            (Some(open), _) => stored(&open.0, &id, builder).await?,
            (_, Some(store)) => stored(store, &id, builder).await?,
            _ => Session::new(builder),
        };
        let run = session.submit("write").await?;
        let arrivals = Arc::clone(arrivals);
        // The folder of the store is removed with its last user.
        let store = store.clone();
        tasks.spawn(async move {
            let _store = store;
            if consumer == Consumer::Subscriber {
                let mut events = run.events();
                while let Some(event) = events.next().await {
                    if let Some(text) = event.text_delta() {
                        arrivals.take(text);
                    }
                }
            }
            run.wait().await.map_err(|error| error.to_string())?;
            drop(session);
            Ok(())
        });
    }
    Ok(tasks)
}

fn loops(
    consumer: Consumer,
    base_url: &str,
    streams: usize,
    arrivals: &Arc<Arrivals>,
) -> JoinSet<Result<(), String>> {
    let client = reqwest::Client::new();
    let url = format!("{base_url}/chat/completions");
    let mut tasks = JoinSet::new();
    for _ in 0..streams {
        let (client, url) = (client.clone(), url.clone());
        let arrivals = Arc::clone(arrivals);
        tasks.spawn(async move {
            let response = request(&client, &url).await;
            let response = response.map_err(|error| error.to_string())?;
            let read = if consumer == Consumer::HandTyped {
                by_hand(response, &arrivals).await.map(drop)
            } else {
                bytes(response, &arrivals).await
            };
            read.map_err(|error| error.to_string())
        });
    }
    tasks
}

async fn request(client: &reqwest::Client, url: &str) -> Result<reqwest::Response, reqwest::Error> {
    let body = json!({
        "model": "gpt-4o-mini", "stream": true,
        "messages": [{"role": "user", "content": "write"}],
    });
    let request = client.post(url).body(body.to_string());
    request
        .header("content-type", "application/json")
        .send()
        .await
}

/// Returns the whole text, as a session does.
async fn by_hand(response: reqwest::Response, arrivals: &Arrivals) -> Result<String, Broken> {
    let mut events = response.bytes_stream().eventsource();
    let mut text = String::new();
    while let Some(event) = events.next().await {
        let event = event?;
        if event.data == "[DONE]" {
            break;
        }
        let chunk: Chunk = serde_json::from_str(&event.data)?;
        let delta = chunk.choices.into_iter().next();
        if let Some(delta) = delta.and_then(|choice| choice.delta.content) {
            arrivals.take(&delta);
            text.push_str(&delta);
        }
    }
    Ok(text)
}

async fn bytes(mut response: reqwest::Response, arrivals: &Arrivals) -> Result<(), Broken> {
    let mut first = true;
    while let Some(chunk) = response.chunk().await? {
        let is_delta = chunk.windows(12).any(|part| part == b"\"content\":\" ");
        if is_delta && !std::mem::take(&mut first) {
            let text = String::from_utf8_lossy(&chunk);
            let sent = text.split_once("\"content\":\" ").map(|(_, rest)| rest);
            arrivals.take(sent.and_then(|rest| rest.split('"').next()).unwrap_or("0"));
        }
        first = false;
    }
    Ok(())
}

/// An error that can move between tasks.
type Broken = Box<dyn std::error::Error + Send + Sync>;
