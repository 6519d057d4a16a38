//! [`SessionInfo`], [`Opened`], [`Page`] and [`Stats`]: what a store tells about its sessions.

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
    /// The last run.
    pub run: Option<RunRecord>,
    /// Session and turn that this one was forked from.
    pub forked_from: Option<(String, u64)>,
    /// Time of the first batch.
    pub created_at: Option<SystemTime>,
    /// Time of the last batch.
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
            run: None,
            forked_from: None,
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

/// A page of a listing, which is sorted by id, by the bytes of its UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// Id after which the page begins; that of the last session of the previous page. `None` by
    /// default: the first page.
    pub after: Option<String>,
    /// Maximum number of sessions. 100 by default.
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            after: None,
            limit: 100,
        }
    }
}

impl Page {
    /// Creates the first page of at most `limit` sessions.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }

    /// Sets the id after which the page begins.
    #[must_use]
    pub fn after(mut self, id: impl Into<String>) -> Self {
        self.after = Some(id.into());
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
