//! [`Points`]: the places at which a child is killed, and [`Watched`], a store with such places.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use async_trait::async_trait;
use geppetto_cluster::place;
use geppetto_store::{
    Appended, Batch, Claim, Error, Lease, Opened, SessionStore, conformance::Wraps,
};

use crate::note::Note;

/// Names of all places.
pub(crate) const PLACES: [&str; 12] = [
    "open", "prompt", "call", "reply", "begin", "finish", "end", "events", "pay", "keep", "look",
    "release",
];

/// The place at which this child is killed, if any.
#[derive(Debug)]
pub(crate) struct Points {
    place: Option<(String, String)>,
    left: AtomicU64,
}

impl Points {
    /// Reads `PLACE:WHEN:N`, such as `reply:after:2`: the second time after a reply was stored.
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else {
            return Some(Self {
                place: None,
                left: AtomicU64::new(0),
            });
        };
        let (place, rest) = text.split_once(':')?;
        let (when, n) = rest.split_once(':')?;
        Some(Self {
            place: Some((place.to_owned(), when.to_owned())),
            left: AtomicU64::new(n.parse().ok()?),
        })
    }

    /// Passes a place. At the one that was asked for, tells the parent, and stays there until the
    /// process is killed. The other threads go on, as they do when a process is killed.
    pub(crate) fn pass(&self, place: &str, when: &str) {
        let Some((own, own_when)) = &self.place else {
            return;
        };
        if own == place && own_when == when && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            Note::Reached.send();
            loop {
                thread::park();
            }
        }
    }
}

/// A store whose writes are places.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    pub(crate) store: S,
    pub(crate) points: Arc<Points>,
}

#[async_trait]
impl<S: SessionStore> Wraps for Watched<S> {
    type Store = S;

    fn inner(&self) -> &S {
        &self.store
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        self.points.pass("open", "before");
        let opened = self.store.open(session, claim).await;
        self.points.pass("open", "after");
        opened
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.points.pass("release", "before");
        let released = self.store.release(lease).await;
        self.points.pass("release", "after");
        released
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        let place = place(&batch);
        self.points.pass(place, "before");
        let appended = self.store.append(lease, batch).await;
        self.points.pass(place, "after");
        appended
    }
}
