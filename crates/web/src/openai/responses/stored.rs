//! [`Stored`]: a response of a stored session.

use geppetto_host::HostedSession;
use geppetto_store::SessionStore as _;
use geppetto_turns::{Turn, TurnMetaKey};
use geppetto_ui::openai::{
    ApiError,
    responses::{ResponseOptions, ResponseStream},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::id::ResponseId;
use crate::{app::App, openai::error::Refusal, owner::Scope};

/// What a turn keeps of the requests that ran on it, by the number of the last event before the run.
const REQUESTS: TurnMetaKey<std::collections::BTreeMap<String, Kept>> =
    TurnMetaKey::new("geppetto_web.responses@v1");

/// What is kept of a request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) client_tools: Vec<String>,
    pub(super) one_call: bool,
    pub(super) request: Map<String, Value>,
}

impl Kept {
    /// Notes the request on its turn.
    pub(super) fn note(self, turn: &mut Turn, after: u64) {
        let kept = turn.metadata.get(&REQUESTS).ok().flatten();
        let mut kept = kept.unwrap_or_default();
        kept.insert(after.to_string(), self);
        if let Err(error) = turn.metadata.set(&REQUESTS, &kept) {
            tracing::warn!(%error, "the request of a turn was not noted");
        }
    }

    pub(super) fn options(self, app: &App, id: &ResponseId) -> ResponseOptions {
        let mut options = ResponseOptions::new(id.to_string(), self.created, self.model);
        options.client_tools = self.client_tools.into_iter().collect();
        options.one_call = self.one_call;
        options.request = self.request;
        options.approvals = true;
        if let Some(config) = &app.options.openai {
            config.label().clone_into(&mut options.tools_label);
        }
        options
    }
}

/// A response of a stored session.
pub(super) struct Stored {
    app: App,
    id: ResponseId,
    session: HostedSession,
    pub(super) turn: Turn,
    kept: Kept,
}

impl Stored {
    /// Finds a response of the owner of a request.
    pub(super) async fn find(app: &App, scope: &Scope, id: &str) -> Result<Self, Refusal> {
        let parsed = ResponseId::parse(id).ok_or_else(|| missing(id))?;
        let session = scope.session(&app.host, &parsed.session).await;
        let session = session.map_err(|problem| match problem.status {
            404 => Refusal::from(missing(id)),
            _ => Refusal::from(problem),
        })?;
        let turn = app.host.store().turn(&parsed.session, parsed.turn).await;
        let turn = turn.map_err(|_| missing(id))?;
        let kept = turn.metadata.get(&REQUESTS).ok().flatten();
        let kept = kept.and_then(|mut own| own.remove(&parsed.after.to_string()));
        Ok(Self {
            app: app.clone(),
            kept: kept.ok_or_else(|| missing(id))?,
            id: parsed,
            session,
            turn,
        })
    }

    pub(super) fn session(&self) -> &HostedSession {
        &self.session
    }

    pub(super) fn id(&self) -> &ResponseId {
        &self.id
    }

    pub(super) fn after(&self) -> u64 {
        self.id.after
    }

    pub(super) fn options(&self) -> ResponseOptions {
        self.kept.clone().options(&self.app, &self.id)
    }

    /// Returns the response in its current state.
    pub(super) async fn read(&self) -> Result<ResponseStream, Refusal> {
        let mut reply = ResponseStream::new(self.options());
        let last = self.session.snapshot().await?.seq;
        let mut events = self.session.events(self.after());
        while events.position() < last && !reply.is_over() {
            let Some(event) = events.next().await? else {
                break;
            };
            reply.push(&event);
        }
        Ok(reply)
    }

    /// Deletes the response, with its session if it is the only one.
    pub(super) async fn delete(&self) -> Result<(), Refusal> {
        let snapshot = self.session.snapshot().await?;
        if snapshot.turn_count > self.id.turn.saturating_add(1) {
            let message = "later responses build on this one; delete them first";
            return Err(ApiError::new(409, message)
                .with_code("response_in_use")
                .into());
        }
        if snapshot.turn_count <= 1 {
            self.session.delete().await?;
            return Ok(());
        }
        self.session.cancel().await?;
        self.session.idle().await;
        self.session.undo().await?;
        Ok(())
    }
}

/// Returns the error for a response that does not exist.
pub(super) fn missing(id: &str) -> ApiError {
    let id: String = id.chars().take(120).collect();
    let message = format!("response with id `{id}` not found; it may have been deleted");
    let mut error = ApiError::new(404, message).with_code("response_not_found");
    error.param = Some("response_id".to_owned());
    error
}
