//! [`Line`]: a line of an exported session.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use geppetto_events::Event;
use geppetto_turns::{Block, Turn};
use serde::{Deserialize, Serialize};

use crate::{Effect, EffectState, RunRecord, SessionInfo, TurnRow};

/// Version of the format. A reader rejects a greater one.
pub(super) const VERSION: u32 = 1;

/// A line: an object with one key, which names its type.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<'a> {
    Session(Box<Header>),
    Turn(TurnLine),
    Effect(Box<EffectLine>),
    Event(Cow<'a, Event>),
}

/// The first line.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created_at_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) updated_at_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<RunRecord>,
    /// Number of turns that follow. 0 in exports of earlier programs.
    #[serde(default)]
    pub(super) turns: u64,
    /// Number of the last event of the log, which follows. 0 in exports of earlier programs.
    #[serde(default)]
    pub(super) last_seq: u64,
}

/// A turn, relative to the one before it.
#[derive(Serialize, Deserialize)]
pub(super) struct TurnLine {
    /// Number of blocks that are the same as in the turn before.
    #[serde(default)]
    kept: usize,
    /// The turn with the blocks after these.
    rest: Turn,
}

/// An effect of the latest turn.
#[derive(Serialize, Deserialize)]
pub(super) struct EffectLine {
    pub(super) key: String,
    pub(super) run: String,
    pub(super) call_id: String,
    pub(super) tool: String,
    pub(super) idempotent: bool,
    pub(super) begun: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) waiting: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Block>,
}

impl Header {
    pub(super) fn new(info: &SessionInfo) -> Self {
        Self {
            version: VERSION,
            id: info.id.clone(),
            created_at_ms: info.created_at.and_then(millis),
            updated_at_ms: info.updated_at.and_then(millis),
            title: info.title.clone(),
            group: info.group.clone(),
            run: info.run.clone(),
            turns: info.turns,
            last_seq: info.last_seq,
        }
    }
}

impl TurnLine {
    pub(super) fn new(row: TurnRow) -> Self {
        let mut rest = row.head;
        rest.blocks = row.blocks.into_iter().collect();
        Self {
            kept: row.kept,
            rest,
        }
    }

    pub(super) fn into_row(self, index: u64) -> TurnRow {
        let mut row = TurnRow::after(index, 0, &self.rest);
        row.kept = self.kept;
        row
    }
}

impl From<Effect> for EffectLine {
    fn from(effect: Effect) -> Self {
        let waiting = effect.state == EffectState::Waiting;
        Self {
            answer: effect.answer().map(|block| Block::clone(block)),
            key: effect.key,
            run: effect.run,
            call_id: effect.call_id,
            tool: effect.tool,
            idempotent: effect.idempotent,
            begun: effect.begun,
            waiting,
        }
    }
}

fn millis(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

/// Returns a time after 1970; `None` if it is beyond the range of the system.
pub(super) fn time(millis: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}
