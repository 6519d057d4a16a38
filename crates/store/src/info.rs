//! [`SessionInfo`], [`Opened`], [`Page`] and [`Stats`]: state of sessions and of a store.

use std::time::SystemTime;

use geppetto_turns::Turn;

use crate::{Lease, RunRecord};

/// State of a session, without its content.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Id of the session.
    pub id: String,
    /// Number of turns.
    pub turns: u64,
    /// Sequence number of the last event; 0 if there is none.
    pub last_seq: u64,
    /// Owner of the current lease; `None` if the session is free.
    pub owner: Option<String>,
    /// Address of the owner, if its claim had one.
    pub address: Option<String>,
    /// The last run.
    pub run: Option<RunRecord>,
    /// Session and turn that this one was forked from.
    pub forked_from: Option<(String, u64)>,
    /// Title, if one was set.
    pub title: Option<String>,
    /// Group, such as the user that the session belongs to, if one was set.
    pub group: Option<String>,
    /// Time of the first batch; of a fork, time of the fork.
    pub created_at: Option<SystemTime>,
    /// Time of the last [activity](crate::Batch::is_activity); before that, of the first batch; of a
    /// fork, time of the fork.
    pub updated_at: Option<SystemTime>,
}

impl SessionInfo {
    /// Creates the state of an empty session.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            turns: 0,
            last_seq: 0,
            owner: None,
            address: None,
            run: None,
            forked_from: None,
            title: None,
            group: None,
            created_at: None,
            updated_at: None,
        }
    }
}

/// A session that was opened for writing.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// Permission to write.
    pub lease: Lease,
    /// State of the session.
    pub info: SessionInfo,
    /// The latest turn.
    pub latest: Option<Turn>,
}

impl Opened {
    /// Creates an opened session.
    #[must_use]
    pub fn new(lease: Lease, info: SessionInfo, latest: Option<Turn>) -> Self {
        Self {
            lease,
            info,
            latest,
        }
    }
}

/// Order of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Order {
    /// By id, ascending, by the bytes of its UTF-8. A session that exists during the whole listing
    /// is listed once, whatever is written in the meantime. The default.
    #[default]
    Id,
    /// By the time of the last activity, newest first; of equal times, by id, descending. Sessions
    /// without a batch come last. A session that is written during the listing moves to the front
    /// and may be missing from it; every other one is listed once.
    Newest,
}

/// Place in a listing: right after a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cursor {
    /// Id of the session.
    pub id: String,
    /// Time of its last activity, as it was listed. Not used in the order by id.
    pub updated_at: Option<SystemTime>,
}

impl Cursor {
    /// Creates the place after a session.
    pub fn new(id: impl Into<String>, updated_at: Option<SystemTime>) -> Self {
        Self {
            id: id.into(),
            updated_at,
        }
    }
}

impl From<&SessionInfo> for Cursor {
    fn from(info: &SessionInfo) -> Self {
        Self::new(info.id.as_str(), info.updated_at)
    }
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// Order of the listing. By id by default.
    pub order: Order,
    /// Place after which the page begins: the last session of the previous page. `None` by default:
    /// the first page.
    pub after: Option<Cursor>,
    /// Group whose sessions are listed. `None` by default: all sessions.
    pub group: Option<String>,
    /// `true` to list only sessions whose last run has not ended. `false` by default. Such a page
    /// costs what is listed, not what is stored.
    pub open_runs: bool,
    /// `true` to list only sessions that any owner may claim without taking over: they are free, or
    /// their lease has expired. `false` by default.
    pub unowned: bool,
    /// Maximum number of sessions. 100 by default.
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self::first(100)
    }
}

impl Page {
    /// Creates the first page of at most `limit` sessions, in the order of their ids.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self {
            order: Order::Id,
            after: None,
            group: None,
            open_runs: false,
            unowned: false,
            limit,
        }
    }

    /// Creates the first page of at most `limit` sessions, newest first.
    #[must_use]
    pub fn newest(limit: usize) -> Self {
        Self {
            order: Order::Newest,
            ..Self::first(limit)
        }
    }

    /// Sets the place after which the page begins: `page.after(&last)` is the page after session
    /// `last`.
    #[must_use]
    pub fn after(mut self, place: impl Into<Cursor>) -> Self {
        self.after = Some(place.into());
        self
    }

    /// Lists only sessions whose last run has not ended: it is running, or was cut off.
    #[must_use]
    pub fn with_open_runs(mut self) -> Self {
        self.open_runs = true;
        self
    }

    /// Lists only sessions that any owner may claim without taking over.
    #[must_use]
    pub fn unowned(mut self) -> Self {
        self.unowned = true;
        self
    }

    /// Lists only the sessions of a group.
    #[must_use]
    pub fn of_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }
}

/// Size of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Number of sessions.
    pub sessions: u64,
    /// Number of distinct blocks.
    pub blocks: u64,
    /// Size of the distinct blocks, as JSON, in bytes.
    pub block_bytes: u64,
    /// Number of stored references from turns to blocks.
    pub positions: u64,
}

impl Stats {
    /// Creates the size of a store.
    #[must_use]
    pub fn new(sessions: u64, blocks: u64, block_bytes: u64, positions: u64) -> Self {
        Self {
            sessions,
            blocks,
            block_bytes,
            positions,
        }
    }
}
