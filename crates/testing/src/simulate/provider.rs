//! [`Provider`]: a model provider in memory.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::EngineError;
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_providers_gemini::GeminiEngine;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_transport::{
    HttpClient, HttpTransport, Request, Response, RetryPolicy, TransportError, TransportErrorKind,
    memory::MemoryTransport,
};

use super::{Seam, World, wire};
use crate::{Reply, server::ReceivedRequest};

/// Maximum delay between two pieces of a reply.
const SILENCE: Duration = Duration::from_millis(40);

impl World {
    /// Creates an engine of the Chat Completions wire whose provider replies with `first` in the
    /// first run, one reply per request, and with `next` in later runs. Replies arrive in pieces of
    /// seeded sizes at seeded times.
    ///
    /// # Errors
    ///
    /// None in practice: the engine needs no key and opens no connection.
    pub fn chat<R: Into<Reply>>(
        &self,
        first: impl IntoIterator<Item = R>,
        next: impl IntoIterator<Item = R>,
    ) -> Result<ChatEngine, EngineError> {
        self.chat_of(self.listed(first, next))
    }

    /// Like [`chat`](Self::chat), for the Responses wire.
    ///
    /// # Errors
    ///
    /// None in practice: the engine needs no key and opens no connection.
    pub fn responses<R: Into<Reply>>(
        &self,
        first: impl IntoIterator<Item = R>,
        next: impl IntoIterator<Item = R>,
    ) -> Result<ResponsesEngine, EngineError> {
        self.responses_of(self.listed(first, next))
    }

    /// Like [`chat`](Self::chat), for the Messages wire.
    ///
    /// # Errors
    ///
    /// None in practice: the engine needs no key and opens no connection.
    pub fn messages<R: Into<Reply>>(
        &self,
        first: impl IntoIterator<Item = R>,
        next: impl IntoIterator<Item = R>,
    ) -> Result<MessagesEngine, EngineError> {
        self.messages_of(self.listed(first, next))
    }

    /// Like [`chat`](Self::chat), for the generateContent wire, with a model that requires the
    /// signatures of its thoughts.
    ///
    /// # Errors
    ///
    /// None in practice: the engine needs no key and opens no connection.
    pub fn gemini<R: Into<Reply>>(
        &self,
        first: impl IntoIterator<Item = R>,
        next: impl IntoIterator<Item = R>,
    ) -> Result<GeminiEngine, EngineError> {
        self.gemini_of(self.listed(first, next))
    }

    pub(super) fn chat_of(&self, answer: Answer) -> Result<ChatEngine, EngineError> {
        ChatEngine::builder("test-model")
            .base_url("http://model.test/v1")
            .http_client(self.client(answer))
            .build()
    }

    pub(super) fn responses_of(&self, answer: Answer) -> Result<ResponsesEngine, EngineError> {
        ResponsesEngine::builder("test-model")
            .base_url("http://model.test/v1")
            .http_client(self.client(answer))
            .build()
    }

    pub(super) fn messages_of(&self, answer: Answer) -> Result<MessagesEngine, EngineError> {
        MessagesEngine::builder("test-model")
            .base_url("http://model.test/v1")
            .http_client(self.client(answer))
            .build()
    }

    pub(super) fn gemini_of(&self, answer: Answer) -> Result<GeminiEngine, EngineError> {
        GeminiEngine::builder("gemini-3-pro-preview")
            .base_url("http://model.test/v1")
            .http_client(self.client(answer))
            .build()
    }

    fn listed<R: Into<Reply>>(
        &self,
        first: impl IntoIterator<Item = R>,
        next: impl IntoIterator<Item = R>,
    ) -> Answer {
        let list = |replies: Vec<Reply>| std::sync::Mutex::new(replies.into_iter());
        let first = list(first.into_iter().map(Into::into).collect());
        let next = list(next.into_iter().map(Into::into).collect());
        let world = self.clone();
        Box::new(move |_| {
            let list = if world.is_second() { &next } else { &first };
            let mut list = list
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            list.next()
        })
    }

    fn client(&self, answer: Answer) -> HttpClient {
        let provider = Provider {
            world: self.clone(),
            answer,
        };
        let retries = RetryPolicy::new().with_seed(self.seed());
        HttpClient::new(Arc::new(provider)).with_retry_policy(retries)
    }
}

/// Reply of a provider to a request. `None` is an error in the case.
pub(super) type Answer = Box<dyn Fn(&ReceivedRequest) -> Option<Reply> + Send + Sync>;

/// An in-memory model provider. It refuses what a real one refuses, and records its refusals.
struct Provider {
    world: World,
    answer: Answer,
}

#[async_trait]
impl HttpTransport for Provider {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let failed = |message: String| TransportError::new(TransportErrorKind::Other, message);
        let passed = self.world.seam(Seam::Transport);
        passed.map_err(|error| {
            TransportError::new(TransportErrorKind::Disconnected, error.to_string())
        })?;
        let received = ReceivedRequest::to_url(request.url(), request.body().clone());
        let reply = match wire::refusal(&received) {
            Some(refusal) => {
                let text = format!("{refusal} in {}", received.json());
                self.world.seen().refusals.push(text);
                Reply::from(refusal)
            }
            None => (self.answer)(&received)
                .ok_or_else(|| failed("the provider has no reply left".to_owned()))?,
        };
        let reply = wire::in_memory(&reply, &received, &mut self.world.rng(), SILENCE);
        MemoryTransport::new([reply]).send(request).await
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").finish_non_exhaustive()
    }
}
