//! The OpenAI API: Chat Completions, Responses and models, for clients and interfaces that speak it.

use std::{collections::BTreeSet, fmt, sync::Arc};

use axum::Router;
use geppetto_host::Host;

mod chat;
mod content;
mod error;
mod fields;
pub(crate) mod model;
mod models;
mod reply;
mod request;
mod responses;
mod routes;
mod run;
mod tools;

pub(crate) use error::{Refusal, is_own_path, translate};
pub(crate) use models::now;
pub(crate) use responses::{Locks, session_of};
pub(crate) use routes::routes;

use crate::{Options, app::App};

/// Returns the routes of the OpenAI API alone: `/v1/chat/completions`, `/v1/responses` and
/// `/v1/models`, without the page and the routes of [`router`](crate::router).
///
/// The checks of hosts, origins and owners apply as described in [`Options`]. `options` without
/// [`Options::openai`] use the defaults of [`OpenAi`].
pub fn router(host: Host, options: Options) -> Router {
    let options = match options.openai {
        Some(_) => options,
        None => options.openai(OpenAi::new()),
    };
    crate::router::assemble(App::new(host, options), false)
}

/// Configuration of the OpenAI API.
///
/// A request names a profile ([`Options::profile`]) or one of the [models](Self::model) as its
/// model. Requests for any other model are refused, because a client could choose one that costs
/// more than intended.
#[derive(Clone, Default)]
#[must_use = "options do nothing until they are passed to `Options::openai`"]
pub struct OpenAi {
    pub(crate) models: BTreeSet<String>,
    pub(crate) any_model: bool,
    pub(crate) stores_chats: bool,
    tools_label: Option<Arc<str>>,
}

impl OpenAi {
    /// Creates the default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets clients choose this model, which the engine of the default profile runs.
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.models.insert(name.into());
        self
    }

    /// Lets clients choose any model of the engine.
    pub fn any_model(mut self) -> Self {
        self.any_model = true;
        self
    }

    /// Keeps the conversations of Chat Completions as sessions of the host, one per request. By
    /// default they are deleted when the reply is complete; those of Responses are kept unless the
    /// client sends `"store": false`.
    pub fn store_chats(mut self) -> Self {
        self.stores_chats = true;
        self
    }

    /// Sets the name under which Responses show the calls of server tools (`server_label` of
    /// `mcp_call` items). `server` by default.
    pub fn tools_label(mut self, label: impl Into<String>) -> Self {
        self.tools_label = Some(label.into().into());
        self
    }

    pub(crate) fn label(&self) -> &str {
        self.tools_label.as_deref().unwrap_or("server")
    }
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAi")
            .field("models", &self.models)
            .field("any_model", &self.any_model)
            .field("stores_chats", &self.stores_chats)
            .finish_non_exhaustive()
    }
}
