//! Runs that interfaces start.

use std::collections::BTreeMap;

use geppetto_engine::keys;
use geppetto_host::{ErrorKind, HostedRun, HostedSession, NewSession, Submit};
use geppetto_turns::{
    Block, Content, RunEndStatus, Turn, TurnMetaKey, UserContent,
    keys::{block_meta, turn_meta},
};
use geppetto_ui::{MESSAGE_ID, RESULT_IDS, own_start};

use super::files::Media;
use crate::{Problem, api::runs, app::App, owner::Scope};

/// The client's id of a turn's message.
const MESSAGE: TurnMetaKey<String> = TurnMetaKey::new(MESSAGE_ID);

/// The client's ids of messages with results.
const RESULTS: TurnMetaKey<BTreeMap<String, String>> = TurnMetaKey::new(RESULT_IDS);

/// Maximum length of ids that clients choose, in bytes.
const MAX_ID: usize = 200;

/// A message of the user.
pub(super) struct Prompt {
    /// The client's id of the message.
    pub(super) id: String,
    pub(super) text: String,
    pub(super) media: Media,
}

/// Returns a session for a message, which creates it.
pub(super) async fn session(
    app: &App,
    scope: &Scope,
    id: &str,
    profile: Option<&str>,
) -> Result<HostedSession, Problem> {
    check_id(id, "the id of the session")?;
    if let Some(profile) = profile {
        app.known(profile)?;
    }
    match scope.session(&app.host, id).await {
        Err(problem) if problem.status == 404 => {}
        found => return found,
    }
    let mut new = NewSession::new().id(id);
    if let Some(group) = scope.group() {
        new = new.group(group);
    }
    match app.host.create(new).await {
        Ok(session) => Ok(session),
        // Another request has created it meanwhile, or it is another owner's.
        Err(error) if error.kind() == ErrorKind::Exists => scope.session(&app.host, id).await,
        Err(error) => Err(error.into()),
    }
}

/// Checks an id that a client chooses.
pub(super) fn check_id(id: &str, what: &str) -> Result<(), Problem> {
    if id.len() > MAX_ID || id.chars().any(char::is_control) {
        let detail = format!("{what} has more than {MAX_ID} bytes, or control characters");
        return Err(Problem::unprocessable(detail));
    }
    Ok(())
}

/// Cancels a run whose readers have left, so that the next message need not wait for it.
pub(super) async fn take_over(app: &App, session: &HostedSession) -> Result<(), Problem> {
    let Some(run) = session.running() else {
        return Ok(());
    };
    if app.watches.is_left(session.id(), run.id()).await {
        session.cancel().await?;
        session.idle().await;
    }
    Ok(())
}

/// Returns the index of the turn whose message has this id.
pub(super) fn turn_of(turns: &[Turn], id: &str) -> Option<usize> {
    if id.is_empty() {
        return None;
    }
    let is_own = |index: usize, turn: &Turn| {
        let named = turn.metadata.get(&MESSAGE).ok().flatten();
        let mut own = messages(turns, index, turn).into_iter();
        named.as_deref() == Some(id) || own.any(|(own, _)| own == id)
    };
    let mut turns_of = turns.iter().enumerate().rev();
    turns_of
        .find(|(index, turn)| turn.id == id || is_own(*index, turn))
        .map(|(index, _)| index)
}

/// Returns the user's messages that a turn has of its own, with their ids: its prompt, and what joined
/// its run.
fn messages<'a>(turns: &[Turn], index: usize, turn: &'a Turn) -> Vec<(&'a str, &'a UserContent)> {
    let from = start_of(turns, index);
    let len = turn.blocks.len();
    let own = turn.blocks.range(from.min(len)..len);
    let own = own.filter(|block| {
        let metadata = &block.metadata;
        !metadata.contains(&block_meta::MIDDLEWARE) && !metadata.contains(&keys::ANSWER_RETRY)
    });
    let own = own.filter_map(|block| match &block.content {
        Content::User(content) => Some((block.id.as_str(), content)),
        _ => None,
    });
    own.collect()
}

/// Returns the index of the first block that a turn has of its own.
pub(super) fn start_of(turns: &[Turn], index: usize) -> usize {
    let previous = index.checked_sub(1).and_then(|index| turns.get(index));
    turns.get(index).map_or(0, |turn| own_start(turn, previous))
}

/// Returns the client's id of a turn's message.
pub(super) fn message_id(turn: &Turn) -> Option<String> {
    turn.metadata.get(&MESSAGE).ok().flatten()
}

/// Returns a request for a new message.
pub(super) fn prompt(session: &HostedSession, prompt: Prompt) -> Submit {
    let submit = session.prompt(prompt.text);
    let submit = submit.images(prompt.media.images).files(prompt.media.files);
    named(submit, prompt.id)
}

/// Returns a request that replaces the message of a turn; turns after it are removed.
pub(super) async fn replace(
    app: &App,
    session: &HostedSession,
    turns: &[Turn],
    index: usize,
    new: Prompt,
) -> Result<Submit, Problem> {
    let turn = turns.get(index);
    let known = turn.map_or_else(Vec::new, |turn| messages(turns, index, turn));
    let place = known.iter().position(|(id, _)| *id == new.id);
    if let Some(place) = place.filter(|place| *place > 0) {
        return replace_joined(app, session, turns, index, &known, place, new).await;
    }
    let media = turn.map(|turn| Media::of_prompt(turn, start_of(turns, index)));
    if media.as_ref() == Some(&new.media) && !new.text.trim().is_empty() {
        rewind(app, session, turns.len(), index + 1).await?;
        return Ok(named(session.edit_prompt(new.text), new.id));
    }
    rewind(app, session, turns.len(), index).await?;
    Ok(prompt(session, new))
}

/// Like [`replace`], for a message that joined the run of a turn. What came before it is kept, but the
/// answers.
async fn replace_joined(
    app: &App,
    session: &HostedSession,
    turns: &[Turn],
    index: usize,
    known: &[(&str, &UserContent)],
    place: usize,
    new: Prompt,
) -> Result<Submit, Problem> {
    let mut content = UserContent::default();
    content.text = new.text;
    content.images = new.media.images;
    content.files = new.media.files;
    let is_last = place + 1 == known.len();
    if is_last && known.get(place).is_some_and(|(_, own)| **own == content) {
        return again(app, session, turns, index).await;
    }
    let mut kept = known.iter().take(place).map(|(_, own)| (*own).clone());
    let first = kept.next().unwrap_or_default();
    let id = turns.get(index).and_then(message_id).unwrap_or_default();
    let media = Media {
        images: first.images,
        files: first.files,
    };
    let first = Prompt {
        id,
        text: first.text,
        media,
    };
    rewind(app, session, turns.len(), index).await?;
    let more = kept.chain([content]).map(Content::User).map(Block::new);
    Ok(more.fold(prompt(session, first), Submit::block))
}

/// Returns a request for another answer to the message of a turn; turns after it are removed.
pub(super) async fn again(
    app: &App,
    session: &HostedSession,
    turns: &[Turn],
    index: usize,
) -> Result<Submit, Problem> {
    rewind(app, session, turns.len(), index + 1).await?;
    let id = turns.get(index).and_then(message_id);
    Ok(named(session.retry(), id.unwrap_or_default()))
}

/// Removes the last turns.
async fn rewind(app: &App, session: &HostedSession, len: usize, to: usize) -> Result<(), Problem> {
    for _ in to..len {
        session.undo().await?;
    }
    if to < len {
        app.hubs.rebuild(session.id());
    }
    Ok(())
}

/// Keeps the client's id of a message with its turn.
fn named(submit: Submit, id: String) -> Submit {
    if id.is_empty() {
        return submit;
    }
    submit.with(move |prompt| {
        prompt.edit(move |turn| {
            if let Err(error) = turn.metadata.set(&MESSAGE, &id) {
                tracing::warn!(%error, "the id of a message was not noted");
            }
        })
    })
}

/// Returns a request that continues a run which failed after these calls were answered: the answers
/// are kept, and the tools do not run again.
pub(super) fn continued<'a>(
    session: &HostedSession,
    latest: Option<&Turn>,
    mut calls: impl Iterator<Item = &'a str>,
) -> Option<Submit> {
    let turn = latest?;
    let end = turn.metadata.get(&turn_meta::RUN_END).ok().flatten()?;
    let has_answer = calls.any(|call| turn.tool_answer(call).is_some());
    let is_cut = end.status == RunEndStatus::Failed && has_answer;
    is_cut.then(|| session.inference())
}

/// Keeps the client's ids of messages with results with their turn.
pub(super) fn with_result_ids(submit: Submit, ids: BTreeMap<String, String>) -> Submit {
    if ids.is_empty() {
        return submit;
    }
    submit.with(move |prompt| {
        prompt.edit(move |turn| {
            let known = turn.metadata.get(&RESULTS).ok().flatten();
            let mut all = known.unwrap_or_default();
            all.extend(ids);
            if let Err(error) = turn.metadata.set(&RESULTS, &all) {
                tracing::warn!(%error, "the ids of results were not noted");
            }
        })
    })
}

/// Submits a request. Continues when the client goes away.
pub(super) async fn submit(
    app: &App,
    session: &HostedSession,
    submit: Submit,
    profile: Option<String>,
    latest: Option<&Turn>,
) -> Result<HostedRun, Problem> {
    let submit = runs::with_profile(app, session, submit, profile, latest)?;
    let run = tokio::spawn(submit.submit()).await;
    Ok(run.map_err(|_| runs::lost())??)
}
