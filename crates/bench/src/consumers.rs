//! The consumers of the stream.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use clap::ValueEnum;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use geppetto_engine::Engine;
use geppetto_enginebuilder::Builder;
use geppetto_events::{EventSink, sink_fn};
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_providers_gemini::GeminiEngine;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_session::Session;
use serde::Deserialize;
use serde_json::Value;

use crate::{Failure, cpu, wire::Wire};

/// Who reads the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Consumer {
    /// Only the bytes of the body.
    Raw,
    /// A session with one sink.
    Session,
    /// reqwest, eventsource-stream and a `serde_json::Value` each.
    HandWritten,
    /// The same with typed chunks instead of values.
    HandTyped,
}

impl Consumer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Session => "session",
            Self::HandWritten => "hand-written",
            Self::HandTyped => "hand-typed",
        }
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Raw => "the body's bytes alone (reqwest)",
            Self::Session => "(a) a session with one sink",
            Self::HandWritten => "(b) reqwest + eventsource-stream + serde_json, text only",
            Self::HandTyped => "    the same with typed chunks instead of `Value`",
        }
    }
}

/// Reads `replies` replies and prints the CPU time used, in nanoseconds.
pub(crate) fn run(
    consumer: Consumer,
    wire: Wire,
    base_url: &str,
    replies: u32,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let expected = runtime.block_on(async {
        let reader = Reader::new(consumer, wire, base_url)?;
        // Warms up the connection, caches and allocator before the measurement.
        let expected = reader.read().await?;
        for _ in 0..3 {
            reader.read().await?;
        }
        let before = cpu::thread_time()?;
        for _ in 0..replies {
            let read = reader.read().await?;
            if read != expected {
                return Err(format!("read {read} bytes instead of {expected}").into());
            }
        }
        let spent = cpu::thread_time()? - before;
        crate::table::print(false, &Value::Null, &format!("{}\n", spent.as_nanos()))?;
        Ok::<_, Failure>(expected)
    })?;
    if expected == 0 {
        return Err("nothing was read".into());
    }
    Ok(())
}

struct Reader {
    consumer: Consumer,
    wire: Wire,
    client: reqwest::Client,
    url: String,
    builder: Arc<Builder>,
    seen: Arc<AtomicUsize>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("consumer", &self.consumer)
            .finish_non_exhaustive()
    }
}

impl Reader {
    fn new(consumer: Consumer, wire: Wire, base_url: &str) -> Result<Self, Failure> {
        const MODEL: &str = "gpt-4o-mini";
        let engine: Arc<dyn Engine> = match wire {
            Wire::Chat => Arc::new(ChatEngine::builder(MODEL).base_url(base_url).build()?),
            Wire::Responses => {
                Arc::new(ResponsesEngine::builder(MODEL).base_url(base_url).build()?)
            }
            Wire::Messages => Arc::new(MessagesEngine::builder(MODEL).base_url(base_url).build()?),
            Wire::Gemini => Arc::new(GeminiEngine::builder(MODEL).base_url(base_url).build()?),
        };
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event| {
            let len = event.text_delta().map_or(0, str::len);
            counter.fetch_add(len, Ordering::Relaxed);
        }));
        Ok(Self {
            consumer,
            wire,
            client: reqwest::Client::new(),
            url: format!("{base_url}{}", wire.path()),
            builder: Arc::new(Builder::new(engine).event_sink(sink)),
            seen,
        })
    }

    /// Reads one reply and returns how many bytes of text the consumer got.
    async fn read(&self) -> Result<usize, Failure> {
        match self.consumer {
            Consumer::Raw => {
                let mut response = self.request().await?;
                let mut len = 0;
                while let Some(chunk) = response.chunk().await? {
                    len += chunk.len();
                }
                Ok(len)
            }
            Consumer::Session => {
                let session = Session::new(Arc::clone(&self.builder));
                self.seen.store(0, Ordering::Relaxed);
                let turn = session.submit("write").await?.wait().await?;
                let len = turn.assistant_text().len();
                if len != self.seen.load(Ordering::Relaxed) {
                    return Err("the sink saw something else than the turn has".into());
                }
                Ok(len)
            }
            Consumer::HandWritten => {
                let wire = self.wire;
                let text = self.extract(|data| untyped(wire, data)).await?;
                Ok(text.len())
            }
            Consumer::HandTyped => {
                let wire = self.wire;
                let text = self.extract(|data| typed(wire, data)).await?;
                Ok(text.len())
            }
        }
    }

    async fn request(&self) -> Result<reqwest::Response, Failure> {
        let body = self.wire.request().to_string();
        let request = self.client.post(&self.url).body(body);
        Ok(request
            .header("content-type", "application/json")
            .send()
            .await?)
    }

    async fn extract(&self, content: impl Fn(&str) -> Option<String>) -> Result<String, Failure> {
        let mut events = self.request().await?.bytes_stream().eventsource();
        let mut text = String::new();
        while let Some(event) = events.next().await {
            let event = event?;
            if event.data == "[DONE]" {
                break;
            }
            if let Some(delta) = content(&event.data) {
                text.push_str(&delta);
            }
        }
        Ok(text)
    }
}

/// The text of an event, parsed as a `Value`.
fn untyped(wire: Wire, data: &str) -> Option<String> {
    let event: Value = serde_json::from_str(data).ok()?;
    let text = match wire {
        Wire::Chat => event.get("choices")?.get(0)?.get("delta")?.get("content")?,
        Wire::Responses if event.get("type")? == DELTA => event.get("delta")?,
        Wire::Responses => return None,
        Wire::Messages => event.get("delta")?.get("text")?,
        Wire::Gemini => {
            let content = event.get("candidates")?.get(0)?.get("content")?;
            content.get("parts")?.get(0)?.get("text")?
        }
    };
    Some(text.as_str()?.to_owned())
}

/// The text of an event, parsed as a struct.
fn typed(wire: Wire, data: &str) -> Option<String> {
    match wire {
        Wire::Chat => {
            let chunk: Chunk = serde_json::from_str(data).ok()?;
            chunk.choices.into_iter().next()?.delta.content
        }
        Wire::Responses => {
            let event: Event = serde_json::from_str(data).ok()?;
            event.delta.filter(|_| event.kind == DELTA)
        }
        Wire::Messages => {
            let event: MessagesEvent = serde_json::from_str(data).ok()?;
            event.delta?.text
        }
        Wire::Gemini => {
            let chunk: GeminiChunk = serde_json::from_str(data).ok()?;
            let candidate = chunk.candidates.into_iter().next()?;
            Some(candidate.content.parts.into_iter().next()?.text)
        }
    }
}

/// The type of the Responses events that carry text.
const DELTA: &str = "response.output_text.delta";

/// The fields of an event of Messages that the handwritten loop reads.
#[derive(Debug, Deserialize)]
struct MessagesEvent {
    delta: Option<MessagesDelta>,
}

#[derive(Debug, Deserialize)]
struct MessagesDelta {
    text: Option<String>,
}

/// The fields of a chunk of Gemini that the handwritten loop reads.
#[derive(Debug, Deserialize)]
struct GeminiChunk {
    candidates: Vec<Candidate>,
}

#[derive(Debug, Deserialize)]
struct Candidate {
    content: Content,
}

#[derive(Debug, Deserialize)]
struct Content {
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Part {
    text: String,
}

/// The fields of a Responses event that the handwritten loop reads.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    delta: Option<String>,
}

/// The fields of a Chat Completions event that the handwritten loop reads.
#[derive(Debug, Deserialize)]
pub(crate) struct Chunk {
    pub(crate) choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    pub(crate) delta: Delta,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Delta {
    pub(crate) content: Option<String>,
}
