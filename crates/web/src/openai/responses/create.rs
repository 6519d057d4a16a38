//! Start of the run of a response.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use geppetto_engine::{Decision, PendingCall};
use geppetto_host::{HostedSession, NewSession};
use geppetto_turns::{Block, BlockKind, Turn};
use geppetto_ui::openai::{ApiError, responses::ResponseOptions};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use super::{
    id::ResponseId,
    input::{Given, items},
    request::ResponseRequest,
    stored::{Kept, Stored, missing},
};
use crate::{
    api::sessions::random_id,
    app::App,
    openai::{
        error::Refusal,
        models::now,
        run::{ApiRun, AtEnd, Place},
    },
    owner::Scope,
};

/// Prefix of the ids of blocks with the instructions of one response, which the next one replaces.
const INSTRUCTIONS: &str = "instructions-";

/// Locks of sessions, so that a response starts in the place that its id names.
pub(crate) struct Locks {
    locks: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            locks: (0..64).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Locks {
    async fn lock(&self, session: &str) -> Option<MutexGuard<'_, ()>> {
        let hash = self.hasher.hash_one(session);
        let index = usize::try_from(hash % 64).unwrap_or_default();
        Some(self.locks.get(index)?.lock().await)
    }
}

/// Starts the run of a request.
pub(super) async fn start(
    app: &App,
    scope: &Scope,
    request: ResponseRequest,
) -> Result<(ApiRun, ResponseOptions), Refusal> {
    let previous = match &request.previous {
        Some(id) => Some(find_previous(app, scope, id).await?),
        None => None,
    };
    let given = read_input(app, scope, &request.input).await?;
    if given.is_empty() && previous.is_none() {
        let message = "`input` is empty; send a text or at least one item";
        return Err(ApiError::invalid("input", message)
            .with_code("missing_required_parameter")
            .into());
    }
    let kept = Kept {
        created: now(),
        model: request.settings.model.clone(),
        client_tools: request.settings.tool_names().into_iter().collect(),
        one_call: request.settings.one_call,
        request: request.repeated.clone(),
    };
    if !request.is_stored {
        return start_unstored(app, scope, request, previous, given, kept).await;
    }
    let Some(previous) = previous else {
        let mut new = NewSession::new().id(random_id()?);
        if let Some(group) = scope.group() {
            new = new.group(group);
        }
        let session = app.host.create(new).await?;
        let turn = turn_of(None, request.instructions.as_deref(), given)?;
        return start_in(app, session, turn, request, kept, true).await;
    };
    let _guard = app.locks.lock(&previous.id().session).await;
    if !given.decisions.is_empty() {
        return decide(app, previous, given, request, kept).await;
    }
    let count = previous.session().snapshot().await?.turn_count;
    let is_latest = count == previous.id().turn.saturating_add(1);
    let turn = turn_of(Some(&previous.turn), request.instructions.as_deref(), given)?;
    let session = match is_latest {
        true => previous.session().clone(),
        false => fork(&previous, scope).await?,
    };
    start_in(app, session, turn, request, kept, false).await
}

/// Creates a session that continues an earlier response, after which others followed.
async fn fork(previous: &Stored, scope: &Scope) -> Result<HostedSession, Refusal> {
    let index = previous.id().turn;
    let session = previous
        .session()
        .fork_at(index, Some(random_id()?))
        .await?;
    if let Some(group) = scope.group() {
        session.regroup(group).await?;
    }
    Ok(session)
}

async fn find_previous(app: &App, scope: &Scope, id: &str) -> Result<Stored, Refusal> {
    let found = Stored::find(app, scope, id).await;
    found.map_err(|refusal| {
        if refusal.error.status != 404 {
            return refusal;
        }
        let mut error = ApiError::new(400, missing(id).message);
        error.param = Some("previous_response_id".to_owned());
        error.with_code("previous_response_not_found").into()
    })
}

/// Reads the input, with the items that it refers to.
async fn read_input(app: &App, scope: &Scope, input: &Value) -> Result<Given, Refusal> {
    let mut given = Given::default();
    let mut read: HashMap<String, Vec<Value>> = HashMap::new();
    for (index, item) in items(input)?.iter().enumerate() {
        let place = format!("input[{index}]");
        let kind = item.get("type").and_then(Value::as_str);
        let id = item.get("id").and_then(Value::as_str);
        // The Vercel AI SDK sends references without a type in some versions.
        let is_reference = kind == Some("item_reference");
        let Some(id) = id.filter(|_| is_reference) else {
            given.add(item, &place)?;
            continue;
        };
        let response = ResponseId::of_item(id).map(|own| own.to_string());
        let response = response.ok_or_else(|| no_item(id, &place))?;
        if !read.contains_key(&response) {
            let found = Stored::find(app, scope, &response).await;
            let found = found.map_err(|_| no_item(id, &place))?;
            let output = found.read().await?.response();
            let output = output.get("output").and_then(Value::as_array).cloned();
            read.insert(response.clone(), output.unwrap_or_default());
        }
        let output = read.get(&response).into_iter().flatten();
        let mut output = output.filter(|own| own.get("id").and_then(Value::as_str) == Some(id));
        let item = output.next().ok_or_else(|| no_item(id, &place))?;
        given.add(item, &place)?;
    }
    Ok(given)
}

fn no_item(id: &str, place: &str) -> ApiError {
    let id: String = id.chars().take(120).collect();
    let message = format!(
        "item with id `{id}` not found; items are not stored if `store` is false, so send the \
         items themselves"
    );
    let mut error = ApiError::new(404, message).with_code("item_not_found");
    error.param = Some(place.to_owned());
    error
}

/// Returns the turn of a response: the conversation before, with these instructions and this input.
fn turn_of(
    previous: Option<&Turn>,
    instructions: Option<&str>,
    given: Given,
) -> Result<Turn, Refusal> {
    let mut turn = Turn::builder();
    if let Some(text) = instructions {
        let id = format!("{INSTRUCTIONS}{}", random_id()?);
        turn = turn.block(Block::system(text).with_id(id));
    }
    for block in previous.iter().flat_map(|own| own.blocks.iter()) {
        let is_replaced = block.kind() == BlockKind::System && block.id.starts_with(INSTRUCTIONS);
        if !is_replaced {
            turn = turn.block(Block::clone(block));
        }
    }
    for block in given.blocks {
        turn = turn.block(block);
    }
    Ok(turn.build())
}

/// Appends a turn to a session and runs it.
async fn start_in(
    app: &App,
    session: HostedSession,
    mut turn: Turn,
    request: ResponseRequest,
    kept: Kept,
    is_new: bool,
) -> Result<(ApiRun, ResponseOptions), Refusal> {
    let snapshot = session.snapshot().await?;
    let id = ResponseId {
        session: session.id().to_owned(),
        turn: snapshot.turn_count,
        after: snapshot.seq,
    };
    kept.clone().note(&mut turn, id.after);
    let end = if is_new { AtEnd::Delete } else { AtEnd::Cancel };
    let place = Place::new(session, end);
    place.session.append(turn).await?;
    let submit = request.settings.on(place.session.inference());
    let (session, settings) = (place.session.clone(), request.settings);
    let mut run = match ApiRun::start(place, submit, settings).await {
        Ok(run) => run,
        Err(refusal) => {
            if !is_new && let Err(error) = session.undo().await {
                tracing::warn!(%error, "the turn of a refused response was not removed");
            }
            return Err(refusal);
        }
    };
    run.at_end(AtEnd::Cancel);
    run.read_from(id.after);
    let options = kept.options(app, &id);
    Ok((run, options))
}

/// Continues a run with decisions about calls of server tools.
async fn decide(
    app: &App,
    previous: Stored,
    given: Given,
    request: ResponseRequest,
    kept: Kept,
) -> Result<(ApiRun, ResponseOptions), Refusal> {
    let output = previous.read().await?.response();
    let waits = PendingCall::of(&previous.turn);
    let mut decisions: Vec<(String, Decision)> = Vec::new();
    for (item, decision) in given.decisions {
        let asked = output.get("output").and_then(Value::as_array);
        let mut asked = asked.into_iter().flatten();
        let asked = asked.find(|own| own.get("id").and_then(Value::as_str) == Some(&*item));
        let text = |name: &str| {
            asked
                .and_then(|own| own.get(name)?.as_str())
                .unwrap_or_default()
        };
        let (name, input) = (text("name"), text("arguments"));
        let call = waits.iter().find(|own| {
            let is_decided = decisions.iter().any(|(id, _)| *id == own.call_id);
            own.tool_name == name && own.input == input && !is_decided
        });
        let call = call.ok_or_else(|| {
            let message = format!("no call waits for the approval `{item}`");
            ApiError::invalid("input", message).with_code("approval_not_found")
        })?;
        decisions.push((call.call_id.clone(), decision));
    }
    let session = previous.session().clone();
    let id = ResponseId {
        after: session.snapshot().await?.seq,
        ..previous.id().clone()
    };
    let note = kept.clone();
    let after = id.after;
    let submit = session.answer(decisions);
    let submit = submit.with(move |prompt| prompt.edit(move |turn| note.note(turn, after)));
    let place = Place::new(session, AtEnd::Cancel);
    let submit = request.settings.on(submit);
    let mut run = ApiRun::start(place, submit, request.settings).await?;
    run.read_from(id.after);
    Ok((run, kept.options(app, &id)))
}

/// Runs a response that is not stored.
async fn start_unstored(
    app: &App,
    scope: &Scope,
    request: ResponseRequest,
    previous: Option<Stored>,
    given: Given,
    kept: Kept,
) -> Result<(ApiRun, ResponseOptions), Refusal> {
    if !given.decisions.is_empty() {
        let message = "approvals need a stored response; `store` is false";
        return Err(ApiError::invalid("input", message)
            .with_code("invalid_value")
            .into());
    }
    let previous = previous.as_ref().map(|own| &own.turn);
    let turn = turn_of(previous, request.instructions.as_deref(), given)?;
    let run = ApiRun::start_on(app, scope, turn, request.settings, false).await?;
    let id = ResponseId {
        session: run.session().id().to_owned(),
        turn: 0,
        after: 0,
    };
    let mut options = kept.options(app, &id);
    options.approvals = false;
    Ok((run, options))
}
