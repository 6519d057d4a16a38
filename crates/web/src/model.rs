//! Requests and replies, as JSON.

use std::time::SystemTime;

use geppetto_host::{SessionInfo, State};
use geppetto_timeline::View;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SessionSummary {
    /// Id.
    pub id: String,
    /// Title: the first words of the first prompt, unless one was set.
    pub title: Option<String>,
    /// What the session is doing.
    pub state: SessionState,
    /// Id of the running inference, or of one that was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Number of turns.
    pub turns: u64,
    /// Number of the last event.
    pub last_seq: u64,
    /// Time of creation, in milliseconds since 1970.
    pub created_ms: Option<u64>,
    /// Time of the last activity, in milliseconds since 1970.
    pub updated_ms: Option<u64>,
    /// The session that this one was forked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<String>,
}

/// What a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SessionState {
    /// Nothing.
    Idle,
    /// An inference is running.
    Running,
    /// The last run waits for a person's decision.
    Waiting,
    /// The last run has no end: it was cut off, or another process runs it.
    Open,
}

impl SessionSummary {
    pub(crate) fn new(info: SessionInfo, state: &State) -> Self {
        let (state, run) = match state {
            State::Running { run } => (SessionState::Running, Some(run.clone())),
            State::Waiting => (SessionState::Waiting, None),
            State::Open { run, .. } => (SessionState::Open, Some(run.clone())),
            _ => (SessionState::Idle, None),
        };
        Self {
            id: info.id,
            title: info.title,
            state,
            run,
            turns: info.turns,
            last_seq: info.last_seq,
            created_ms: info.created_at.and_then(milliseconds),
            updated_ms: info.updated_at.and_then(milliseconds),
            forked_from: info.forked_from.map(|(session, _)| session),
        }
    }
}

fn milliseconds(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

/// A page of sessions, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<SessionSummary>,
    /// Value of `after` for the next page; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A session with everything that a window shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SessionSnapshot {
    /// The session.
    pub session: SessionSummary,
    /// Number of the last event that the snapshot includes; `?after=` continues it.
    pub seq: u64,
    /// The timeline: `version`, `status` and `entities`, sorted by `position`.
    #[schemars(with = "View")]
    pub view: Value,
    /// Queued prompts, in order.
    #[serde(default)]
    pub queued: Vec<QueuedMessage>,
    /// Tool calls that wait for a person's decision.
    #[serde(default)]
    pub waits: Vec<WaitingCall>,
    /// Profile that the next message runs with unless it names another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A prompt that waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct QueuedMessage {
    /// Id of its future run.
    pub run: String,
    /// Its text.
    pub text: String,
    /// `true` if it joins the running answer once the model is called again.
    #[serde(default)]
    pub joins: bool,
}

/// A tool call that waits for a person's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct WaitingCall {
    /// Id of the call.
    pub call_id: String,
    /// Name of the tool.
    pub tool: String,
    /// Arguments, masked.
    pub arguments: String,
    /// Question for the person.
    pub question: String,
}

/// Creates a session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CreateSession {
    /// Title. By default the first words of the first prompt.
    pub title: Option<String>,
    /// Profile of the session's messages. Kept with the session's turns, of which the first one is
    /// then empty.
    pub profile: Option<String>,
}

/// Changes a session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ChangeSession {
    /// New title.
    pub title: Option<String>,
    /// Profile of the following messages.
    pub profile: Option<String>,
}

/// A message of the user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SendMessage {
    /// The text. May be empty if there are images.
    pub text: String,
    /// Images.
    pub images: Vec<ImageInput>,
    /// Profile of this message and the following ones.
    pub profile: Option<String>,
    /// `true` if the message joins the running answer, if there is one: the model reads it when it is
    /// called again, for example after a tool, with the profile of that answer. If it is not, the
    /// message is answered next.
    pub join: bool,
}

/// An image: its content, or a URL that the provider fetches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ImageInput {
    /// Content in base64, without a `data:` prefix.
    pub data: Option<String>,
    /// Media type of `data`: `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    pub media_type: Option<String>,
    /// Address, starting with `https://`.
    pub url: Option<String>,
}

/// Asks the last prompt again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Retry {
    /// Profile of this run and the following ones.
    pub profile: Option<String>,
}

/// Replaces the last prompt. Its images stay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Edit {
    /// The new text.
    pub text: String,
    /// Profile of this run and the following ones.
    pub profile: Option<String>,
}

/// Creates a session whose history is that of this one up to and including a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Fork {
    /// Id of the turn, as the timeline's entities have it. By default the latest turn.
    pub turn_id: Option<String>,
    /// Title of the new session. By default that of this one.
    pub title: Option<String>,
}

/// A person's decision about a tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Approval {
    /// The tool runs.
    Allow {
        /// Arguments in place of the model's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<Value>,
    },
    /// The tool does not run.
    Reject {
        /// Reason, which the model receives.
        #[serde(default)]
        reason: String,
    },
    /// The tool does not run, and the model receives this result.
    Answer {
        /// The result.
        result: String,
    },
}

/// A run that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Accepted {
    /// Id of the run.
    pub run: String,
    /// Where the run stands.
    pub state: AcceptedState,
    /// `true` if an earlier request with the same `Idempotency-Key` started the run.
    pub repeated: bool,
}

/// Where an accepted run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AcceptedState {
    /// The prompt is stored, and the run has started.
    Started,
    /// The prompt waits for the running inference, and is stored when that reads it or its own run
    /// starts.
    Queued,
}

/// Whether something was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Cancelled {
    /// `false` if nothing was running.
    pub cancelled: bool,
}

/// The turn that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Removed {
    /// Id of the turn.
    pub turn_id: String,
}

/// The profiles that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ProfileList {
    /// The profiles; the first one is the default.
    pub profiles: Vec<ProfileSummary>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ProfileSummary {
    /// Name, for requests.
    pub name: String,
    /// Title, for people.
    pub title: String,
    /// Description of one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}
