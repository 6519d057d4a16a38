//! Who reads the stream.

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
use geppetto_enginebuilder::Builder;
use geppetto_events::{EventSink, sink_fn};
use geppetto_providers_openai::ChatEngine;
use geppetto_session::Session;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Failure, cpu};

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

/// Reads `replies` replies and prints the CPU time that it took, in nanoseconds.
pub(crate) fn run(consumer: Consumer, base_url: &str, replies: u32) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let expected = runtime.block_on(async {
        let reader = Reader::new(consumer, base_url)?;
        // Connection, caches and allocator are warm before the clock starts.
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
    fn new(consumer: Consumer, base_url: &str) -> Result<Self, Failure> {
        let engine = ChatEngine::builder("gpt-4o-mini")
            .base_url(base_url)
            .build()?;
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event| {
            let len = event.text_delta().map_or(0, str::len);
            counter.fetch_add(len, Ordering::Relaxed);
        }));
        Ok(Self {
            consumer,
            client: reqwest::Client::new(),
            url: format!("{base_url}/chat/completions"),
            builder: Arc::new(Builder::new(engine).event_sink(sink)),
            seen,
        })
    }

    /// Reads one reply; says how many bytes of it the consumer made.
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
                let text = self
                    .extract(|data| {
                        let chunk: Value = serde_json::from_str(data).ok()?;
                        let delta = chunk.get("choices")?.get(0)?.get("delta")?;
                        Some(delta.get("content")?.as_str()?.to_owned())
                    })
                    .await?;
                Ok(text.len())
            }
            Consumer::HandTyped => {
                let text = self
                    .extract(|data| {
                        let chunk: Chunk = serde_json::from_str(data).ok()?;
                        chunk.choices.into_iter().next()?.delta.content
                    })
                    .await?;
                Ok(text.len())
            }
        }
    }

    async fn request(&self) -> Result<reqwest::Response, Failure> {
        let body = json!({
            "model": "gpt-4o-mini", "stream": true,
            "messages": [{"role": "user", "content": "write"}],
        });
        let request = self.client.post(&self.url).body(body.to_string());
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

/// What a loop that is written by hand reads of an event.
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
