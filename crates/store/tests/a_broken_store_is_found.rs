//! Stores that break one rule of the contract each, and the checks that find them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::SystemTime,
};

use geppetto_events::Event;
use geppetto_store::{
    Appended, Batch, Claim, Effect, Error, ErrorKind, Lease, MemoryStore, Opened, Order, Page,
    Request, RequestWrite, SessionInfo, SessionStore, Stats, TurnRow, async_trait,
    conformance::{Factory, Wrapped, Wraps, checks},
};
use geppetto_turns::Turn;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Accepts writes of every lease.
    DoesNotFence,
    /// Writes a repeated batch again.
    RepeatsBatches,
    /// Commits the parts of a batch one by one.
    SplitsBatches,
    /// Has lost everything after it was opened again.
    ForgetsAll,
    /// Returns merged deltas from their beginning.
    DoesNotSplitDeltas,
    /// Retries a failed sync.
    RetriesSyncs,
    /// Lists by position.
    ListsByOffset,
    /// Deletes forks with their origin.
    DeletesForks,
    /// Takes ids that differ in case for one.
    FoldsIds,
    /// Stores every turn with all of its blocks.
    CopiesTurns,
    /// Drops unknown keys of turns.
    DropsUnknownKeys,
    /// Gives a session to everyone who asks.
    NeverHeld,
    /// Replaces a request whose key exists.
    ReplacesRequests,
    /// Lists the sessions of all groups.
    IgnoresGroups,
    /// Lists every page by id.
    ListsById,
    /// Lists sessions without an open run too.
    ListsEndedRuns,
    /// Reads turns with `serde_json`'s limit of nesting.
    ReadsLessDeep,
}

const ALL: [(Fault, &str); 17] = [
    (Fault::DoesNotFence, "an_older_epoch_writes_nothing"),
    (
        Fault::RepeatsBatches,
        "a_batch_that_is_repeated_is_written_once",
    ),
    (
        Fault::SplitsBatches,
        "a_batch_is_written_entirely_or_not_at_all",
    ),
    (
        Fault::ForgetsAll,
        "what_was_acknowledged_survives_reopening",
    ),
    (Fault::DoesNotSplitDeltas, "events_are_read_from_any_number"),
    (Fault::RetriesSyncs, "a_failed_sync_poisons_the_store"),
    (Fault::ListsByOffset, "a_listing_has_every_session_once"),
    (Fault::DeletesForks, "deleting_keeps_what_others_share"),
    (Fault::FoldsIds, "ids_are_any_text"),
    (Fault::CopiesTurns, COSTS),
    (Fault::DropsUnknownKeys, "a_turn_is_kept_as_it_is"),
    (Fault::NeverHeld, "a_session_that_is_held_is_not_claimed"),
    (Fault::ReplacesRequests, "a_request_is_recorded_once"),
    (Fault::IgnoresGroups, "a_group_is_listed_alone"),
    (Fault::ListsById, "the_newest_session_is_listed_first"),
    (Fault::ListsEndedRuns, "open_runs_are_listed_alone"),
    (Fault::ReadsLessDeep, "values_of_any_depth_are_read"),
];

struct Broken {
    fault: Fault,
    inner: MemoryStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Lease and number of the last batch of each session, for faults that write on their own.
    leases: HashMap<String, (Arc<Lease>, u64)>,
    listed: usize,
    positions: u64,
}

impl Broken {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn id(&self, session: &str) -> String {
        match self.fault {
            Fault::FoldsIds => session.to_lowercase(),
            _ => session.to_owned(),
        }
    }

    /// Writes with the current lease and the next number, whatever those of the caller are.
    async fn write(&self, session: &str, mut batch: Batch) -> Result<Appended, Error> {
        let (lease, number) = {
            let state = self.state();
            let known = state.leases.get(session);
            let (lease, last) = known.ok_or_else(|| Error::fenced(session))?;
            (Arc::clone(lease), last + 1)
        };
        batch.number = number;
        let appended = self.inner.append(&lease, Arc::new(batch)).await?;
        if let Some((_, last)) = self.state().leases.get_mut(session) {
            *last = number;
        }
        Ok(appended)
    }

    async fn write_in_parts(&self, session: &str, batch: &Batch) -> Result<Appended, Error> {
        let mut turns = batch.clone();
        let effects = std::mem::take(&mut turns.effects);
        let events = std::mem::take(&mut turns.events);
        self.write(session, turns).await?;
        let mut rest = Batch::new(0, batch.at).events(events);
        rest.effects = effects;
        rest.durability = batch.durability;
        self.write(session, rest).await
    }
}

#[async_trait]
impl Wraps for Broken {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        let session = &self.id(session);
        let mut claim = claim.clone();
        claim.takes_over |= self.fault == Fault::NeverHeld;
        let opened = self.inner.open(session, &claim).await?;
        let lease = Lease::new(session, opened.lease.epoch(), claim);
        let known = (Arc::new(opened.lease), 0);
        self.state().leases.insert(session.clone(), known);
        Ok(Opened::new(lease, opened.info, opened.latest))
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        let session = lease.session();
        let mut own = Batch::clone(&batch);
        match self.fault {
            Fault::DoesNotFence => return self.write(session, own).await,
            Fault::RepeatsBatches => {
                self.inner.renew(lease).await?;
                return self.write(session, own).await;
            }
            Fault::SplitsBatches => return self.write_in_parts(session, &own).await,
            Fault::DropsUnknownKeys => {
                for row in &mut own.turns {
                    row.head.extra = geppetto_turns::Extra::default();
                }
            }
            Fault::ReplacesRequests => {
                let mut writes = Vec::new();
                for write in own.requests {
                    if let RequestWrite::Put(request) = &write {
                        let key = request.key.clone();
                        writes.push(RequestWrite::Remove { key });
                    }
                    writes.push(write);
                }
                own.requests = writes;
            }
            Fault::CopiesTurns => {
                let rows = own.turns.iter();
                let positions = rows.map(|row| (row.kept + row.blocks.len()) as u64);
                self.state().positions += positions.sum::<u64>();
            }
            _ => {}
        }
        match self.inner.append(lease, Arc::new(own)).await {
            Err(error)
                if error.kind() == ErrorKind::Poisoned && self.fault == Fault::RetriesSyncs =>
            {
                self.inner.reopened().append(lease, batch).await
            }
            other => other,
        }
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        self.inner.info(&self.id(session)).await
    }

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        let turn = self.inner.turn(&self.id(session), index).await?;
        let json = serde_json::to_string(&turn).unwrap_or_default();
        match serde_json::from_str::<Turn>(&json) {
            Err(error) if self.fault == Fault::ReadsLessDeep => {
                Err(Error::new(ErrorKind::Corrupt, error.to_string()))
            }
            _ => Ok(turn),
        }
    }

    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error> {
        self.inner.turn_rows(&self.id(session), from, limit).await
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        if self.fault != Fault::DoesNotSplitDeltas {
            return self.inner.events(&self.id(session), after, limit).await;
        }
        let mut all = self.inner.events(session, 0, usize::MAX).await?;
        all.retain(|event| event.seq > after);
        all.truncate(limit);
        Ok(all)
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        self.inner.effect(&self.id(session), key).await
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        self.inner.effects(&self.id(session), turn).await
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        self.inner.request(&self.id(session), key).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        let mut page = page.clone();
        match self.fault {
            Fault::IgnoresGroups => page.group = None,
            Fault::ListsById => page.order = Order::Id,
            Fault::ListsEndedRuns => page.open_runs = false,
            _ => {}
        }
        let page = &page;
        if self.fault != Fault::ListsByOffset {
            return self.inner.list(page).await;
        }
        let all = self.inner.list(&Page::first(usize::MAX)).await?;
        let mut state = self.state();
        if page.after.is_none() {
            state.listed = 0;
        }
        let rest = all.into_iter().skip(state.listed);
        let infos: Vec<_> = rest.take(page.limit).collect();
        state.listed += infos.len();
        Ok(infos)
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        let to = self.id(to);
        self.inner.fork(&self.id(from), index, &to, at).await
    }

    async fn delete(&self, session: &str) -> Result<bool, Error> {
        if self.fault == Fault::DeletesForks {
            for info in self.inner.list(&Page::first(usize::MAX)).await? {
                if info.forked_from.is_some_and(|(from, _)| from == session) {
                    self.inner.delete(&info.id).await?;
                }
            }
        }
        self.inner.delete(&self.id(session)).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        let mut stats = self.inner.stats().await?;
        stats.positions += self.state().positions;
        Ok(stats)
    }
}

struct Stores(Fault);

#[async_trait]
impl Factory for Stores {
    type Store = Wrapped<Broken>;

    async fn fresh(&self) -> Wrapped<Broken> {
        Wrapped(Broken {
            fault: self.0,
            inner: MemoryStore::new(),
            state: Mutex::default(),
        })
    }

    async fn reopen(&self, store: Wrapped<Broken>) -> Wrapped<Broken> {
        let mut again = self.fresh().await;
        if self.0 != Fault::ForgetsAll {
            again.0.inner = store.inner.reopened();
        }
        again
    }

    fn fail_next_sync(&self, store: &Wrapped<Broken>) -> bool {
        store.inner.fail_next_sync();
        true
    }
}

const COSTS: &str = "ten_thousand_turns_cost_what_they_add";

#[tokio::test]
async fn each_fault_is_found_by_the_check_of_its_rule() {
    let checks = checks();
    for (fault, name) in ALL {
        let check = checks.iter().find(|check| check.name() == name).unwrap();
        let violation = check.run(&Stores(fault)).await.expect_err(name);
        assert_eq!(
            (violation.check, violation.contract),
            (name, check.contract())
        );
        let message = violation.to_string();
        assert!(message.contains(check.contract()), "{message}");
    }
}

#[tokio::test]
async fn the_wrapper_without_a_fault_passes() {
    for check in checks() {
        check.run(&Stores(Fault::None)).await.unwrap();
    }
}
