//! [`Group`]: the calls of one transaction.

use geppetto_store::Error;
use tokio::sync::oneshot;
use tokio_postgres::Row;

use crate::{call::Call, fault};

/// Maximum number of calls in a transaction.
const MOST: usize = 256;

/// Size from which on no more is added to a transaction, in bytes.
const LARGE: usize = 8 << 20;

/// What a writer is sent.
pub(super) enum Job {
    Call(Call, oneshot::Sender<Result<Row, Error>>),
    Renew {
        session: Vec<u8>,
        epoch: i64,
        ttl: Option<i64>,
        reply: oneshot::Sender<Result<bool, Error>>,
    },
    /// Ends the task.
    Close(oneshot::Sender<()>),
}

/// Who waits for a call.
pub(super) enum Reply {
    Row(oneshot::Sender<Result<Row, Error>>),
    /// Renewals, in the order in which they were sent.
    Renewals(Vec<oneshot::Sender<Result<bool, Error>>>),
}

impl Reply {
    pub(super) fn send(self, result: Result<Row, Error>) {
        match self {
            Self::Row(reply) => {
                let _ = reply.send(result);
            }
            Self::Renewals(replies) => {
                let valid = result.and_then(|row| {
                    let valid: Result<Vec<i64>, _> = row.try_get(0);
                    valid.map_err(|error| fault::damaged(error.to_string()))
                });
                for (n, reply) in (1..).zip(replies) {
                    let _ = reply.send(match &valid {
                        Ok(valid) => Ok(valid.contains(&n)),
                        Err(error) => Err(Error::new(error.kind(), error.to_string())),
                    });
                }
            }
        }
    }
}

#[derive(Default)]
pub(super) struct Group {
    calls: Vec<Call>,
    replies: Vec<Reply>,
    size: usize,
    sessions: Vec<Vec<u8>>,
    epochs: Vec<i64>,
    ttls: Vec<Option<i64>>,
    renewals: Vec<oneshot::Sender<Result<bool, Error>>>,
    pub(super) closed: Option<oneshot::Sender<()>>,
}

impl Group {
    /// Adds a job, unless nobody waits for it any more.
    pub(super) fn add(&mut self, job: Job) {
        match job {
            Job::Call(call, reply) => {
                if !reply.is_closed() {
                    self.size += call.size;
                    self.calls.push(call);
                    self.replies.push(Reply::Row(reply));
                }
            }
            Job::Renew {
                session,
                epoch,
                ttl,
                reply,
            } => {
                if !reply.is_closed() {
                    self.sessions.push(session);
                    self.epochs.push(epoch);
                    self.ttls.push(ttl);
                    self.renewals.push(reply);
                }
            }
            Job::Close(closed) => self.closed = Some(closed),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.closed.is_none() && self.calls.len() + self.renewals.len() < MOST && self.size < LARGE
    }

    pub(super) fn into_calls(mut self) -> (Vec<Call>, Vec<Reply>) {
        if !self.renewals.is_empty() {
            let call = Call::new("renew_1")
                .bytes(self.sessions)
                .numbers(self.epochs);
            self.calls.push(call.maybe_numbers(self.ttls));
            self.replies.push(Reply::Renewals(self.renewals));
        }
        (self.calls, self.replies)
    }
}
