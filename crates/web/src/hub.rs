//! [`Hub`]: the timeline of a session, shared by all windows that show it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use geppetto_events::Event;
use geppetto_host::{ErrorKind, HostedSession};
use geppetto_timeline::{Patch, Timeline, View};
use tokio::{sync::Notify, task::AbortHandle};

mod frame;
mod join;
mod window;

use frame::Frame;
pub(crate) use frame::event;
pub(crate) use join::joined;
use window::Place;
pub(crate) use window::Window;

/// Delay before a failed read of the store is repeated.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// The hubs of the sessions that windows show.
#[derive(Default)]
pub(crate) struct Hubs(Mutex<HashMap<String, Weak<Hub>>>);

/// The timeline of one session, while a window shows it.
pub(crate) struct Hub {
    state: Mutex<State>,
    /// Notified when the history changed other than by events.
    rebuild: Arc<Notify>,
    task: Mutex<Option<AbortHandle>>,
}

struct State {
    phase: Phase,
    timeline: Timeline,
    /// Windows that have not seen a later version receive the complete view.
    floor: u64,
    windows: HashMap<u64, Place>,
    last_window: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Building,
    Live,
    /// The session was deleted.
    Deleted,
    /// The host is shutting down.
    Closed,
}

impl Hubs {
    /// Opens a window on a session that has seen everything up to version `after`; `None` is a new
    /// one.
    pub(crate) fn window(&self, session: &HostedSession, after: Option<u64>) -> Window {
        let mut hubs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = hubs.get(session.id()).and_then(Weak::upgrade);
        let known = known.filter(|hub| hub.lock().phase_is_open());
        let hub = known.unwrap_or_else(|| {
            let hub = Hub::start(session.clone());
            if hubs.len() >= 64 && hubs.len().is_power_of_two() {
                hubs.retain(|_, own| own.strong_count() > 0);
            }
            hubs.insert(session.id().to_owned(), Arc::downgrade(&hub));
            hub
        });
        hub.open_window(after)
    }

    /// Returns the current view of a session that a window shows.
    pub(crate) fn view(&self, id: &str) -> Option<View> {
        let hub = self.get(id)?;
        let state = hub.lock();
        let is_live = state.phase == Phase::Live;
        is_live.then(|| state.timeline.view().clone())
    }

    /// Makes the timeline anew, after the history was changed other than by a run.
    pub(crate) fn rebuild(&self, id: &str) {
        if let Some(hub) = self.get(id) {
            hub.lock().phase = Phase::Building;
            hub.rebuild.notify_one();
        }
    }

    fn get(&self, id: &str) -> Option<Arc<Hub>> {
        let hubs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.get(id)?.upgrade()
    }
}

impl Hub {
    fn start(session: HostedSession) -> Arc<Self> {
        let hub = Arc::new(Self {
            state: Mutex::new(State {
                phase: Phase::Building,
                timeline: Timeline::new(),
                floor: 0,
                windows: HashMap::new(),
                last_window: 0,
            }),
            rebuild: Arc::default(),
            task: Mutex::default(),
        });
        let task = tokio::spawn(follow(
            Arc::downgrade(&hub),
            session,
            Arc::clone(&hub.rebuild),
        ));
        *hub.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
        hub
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the timeline. All windows receive what they have not seen of it.
    fn build(&self, timeline: Timeline) {
        let mut state = self.lock();
        let seq = timeline.seq();
        state.timeline = timeline.starting_after(seq);
        state.floor = seq;
        state.phase = Phase::Live;
        for place in state.windows.values_mut() {
            place.resync();
        }
    }

    fn apply(&self, event: &Event) {
        let mut state = self.lock();
        let patches = state.timeline.apply(event);
        state.publish(patches);
    }

    /// Shows what the history has and the events had not.
    fn sync(&self, turn: &geppetto_turns::Turn) {
        let mut state = self.lock();
        let patches = state.timeline.sync(turn);
        if !patches.is_empty() {
            // They have the number of the last event, which windows have seen.
            state.floor = state.timeline.seq();
            state.publish(patches);
        }
    }

    fn end(&self, phase: Phase) {
        let mut state = self.lock();
        state.phase = phase;
        for place in state.windows.values_mut() {
            place.wake();
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.take() {
            task.abort();
        }
    }
}

impl State {
    fn phase_is_open(&self) -> bool {
        matches!(self.phase, Phase::Building | Phase::Live)
    }

    fn publish(&mut self, patches: Vec<Patch>) {
        if patches.is_empty() || self.windows.is_empty() {
            return;
        }
        let frame = Arc::new(Frame::new(self.timeline.seq(), patches));
        for place in self.windows.values_mut() {
            place.push(&frame);
        }
    }
}

/// Keeps a hub up to date until its last window is closed.
async fn follow(hub: Weak<Hub>, session: HostedSession, rebuild: Arc<Notify>) {
    loop {
        // Opened first: a run that was cut off continues, and its numbers are the latest.
        let opened = session.open_existing().await;
        let timeline = match joined(&session).await {
            Ok(timeline) => timeline,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return end(&hub, Phase::Deleted);
            }
            Err(error) if error.kind() == ErrorKind::ShuttingDown => {
                return end(&hub, Phase::Closed);
            }
            Err(error) => {
                tracing::warn!(session = session.id(), %error, "a session cannot be shown");
                tokio::time::sleep(READ_AGAIN).await;
                continue;
            }
        };
        let after = timeline.seq();
        let Some(own) = hub.upgrade() else { return };
        own.build(timeline);
        drop(own);
        let phase = read(&hub, &session, &rebuild, after).await;
        drop(opened);
        match phase {
            Phase::Building => {}
            phase => return end(&hub, phase),
        }
    }
}

/// Applies events, until the timeline is to be built anew or nothing follows.
async fn read(hub: &Weak<Hub>, session: &HostedSession, rebuild: &Notify, after: u64) -> Phase {
    let mut events = session.events(after);
    loop {
        let next = tokio::select! {
            biased;
            () = rebuild.notified() => return Phase::Building,
            next = events.next() => next,
        };
        match next {
            Ok(Some(event)) => {
                let Some(own) = hub.upgrade() else {
                    return Phase::Closed;
                };
                own.apply(&event);
                drop(own);
                if event.is_terminal() {
                    sync_latest(hub, session).await;
                }
            }
            Ok(None) => {
                let is_gone = matches!(session.info().await, Err(error) if error.kind() == ErrorKind::NotFound);
                return if is_gone {
                    Phase::Deleted
                } else {
                    Phase::Closed
                };
            }
            Err(error) => {
                tracing::warn!(session = session.id(), %error, "the events of a session cannot be read");
                tokio::time::sleep(READ_AGAIN).await;
            }
        }
    }
}

/// Shows what an engine wrote to the turn without events. Does nothing if another run has started.
async fn sync_latest(hub: &Weak<Hub>, session: &HostedSession) {
    if let Some(run) = session.running()
        && let Some(handle) = run.handle()
        && handle.is_finished()
    {
        handle.outcome().await;
    }
    if session.running().is_some() {
        return;
    }
    if let Ok(snapshot) = session.snapshot().await
        && let Some(turn) = &snapshot.turn
        && let Some(own) = hub.upgrade()
        && own.lock().timeline.seq() >= snapshot.seq
    {
        own.sync(turn);
    }
}

fn end(hub: &Weak<Hub>, phase: Phase) {
    if let Some(hub) = hub.upgrade() {
        hub.end(phase);
    }
}
