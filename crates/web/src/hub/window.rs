//! [`Window`]: a reader of a hub, for example one event stream of a browser.

use std::sync::Arc;

use geppetto_timeline::{Patch, PatchQueue, View};
use tokio::sync::Notify;

use super::{Hub, Phase};

/// Number of bytes of text that wait for a window; with more, it receives the complete view instead.
const MAX_WAITING: usize = 1 << 20;

/// What a window shows next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Update {
    /// The complete view, in place of everything before.
    View(Box<View>),
    /// Changes, and the version that they lead to.
    Patches(u64, Vec<Patch>),
    /// The session was deleted.
    Deleted,
}

/// A reader of a hub. Closed when it is dropped.
pub(crate) struct Window {
    hub: Arc<Hub>,
    id: u64,
    woken: Arc<Notify>,
    ended: bool,
}

/// What a window has not seen.
pub(super) struct Place {
    waiting: Waiting,
    woken: Arc<Notify>,
}

enum Waiting {
    /// Everything after this version.
    After(u64),
    /// The complete view.
    View,
    /// These changes.
    Patches {
        queue: Box<PatchQueue>,
        /// Version after them.
        seq: u64,
        /// Size of their texts.
        size: usize,
    },
}

impl Waiting {
    fn nothing() -> Self {
        Self::Patches {
            queue: Box::default(),
            seq: 0,
            size: 0,
        }
    }
}

impl Place {
    pub(super) fn push(&mut self, version: u64, patches: &[Patch]) {
        let Waiting::Patches { queue, seq, size } = &mut self.waiting else {
            return;
        };
        *size += patches.iter().map(size_of_patch).sum::<usize>();
        if *size > MAX_WAITING {
            self.waiting = Waiting::View;
        } else {
            *seq = version;
            for patch in patches {
                queue.push(patch.clone());
            }
        }
        self.woken.notify_one();
    }

    /// Makes the window receive the complete view.
    pub(super) fn resync(&mut self) {
        if !matches!(self.waiting, Waiting::After(_)) {
            self.waiting = Waiting::View;
        }
        self.woken.notify_one();
    }

    pub(super) fn wake(&self) {
        self.woken.notify_one();
    }
}

impl Hub {
    pub(super) fn open_window(self: Arc<Self>, after: Option<u64>) -> Window {
        let woken = Arc::new(Notify::new());
        let mut state = self.lock();
        state.last_window += 1;
        let id = state.last_window;
        let place = Place {
            waiting: after.map_or(Waiting::View, Waiting::After),
            woken: Arc::clone(&woken),
        };
        state.windows.insert(id, place);
        drop(state);
        Window {
            hub: self,
            id,
            woken,
            ended: false,
        }
    }
}

impl Window {
    /// Waits for the next update; changes that come meanwhile are merged. Returns `None` when
    /// nothing follows.
    pub(crate) async fn next(&mut self) -> Option<Update> {
        loop {
            if self.ended {
                return None;
            }
            match self.take() {
                Some(Update::Deleted) => {
                    self.ended = true;
                    return Some(Update::Deleted);
                }
                Some(update) => return Some(update),
                None if self.ended => return None,
                None => self.woken.notified().await,
            }
        }
    }

    fn take(&mut self) -> Option<Update> {
        let mut state = self.hub.lock();
        match state.phase {
            Phase::Building => return None,
            Phase::Deleted => return Some(Update::Deleted),
            Phase::Closed => {
                self.ended = true;
                return None;
            }
            Phase::Live => {}
        }
        let floor = state.floor;
        let place = state.windows.get_mut(&self.id)?;
        if let Waiting::Patches { queue, .. } = &place.waiting
            && queue.is_empty()
        {
            return None;
        }
        let waiting = std::mem::replace(&mut place.waiting, Waiting::nothing());
        let timeline = &state.timeline;
        let view = || Update::View(Box::new(timeline.view().clone()));
        Some(match waiting {
            Waiting::View => view(),
            Waiting::After(version) if version > floor => match timeline.since(version) {
                Some(patches) => Update::Patches(timeline.seq(), patches),
                None => view(),
            },
            Waiting::After(_) => view(),
            Waiting::Patches { mut queue, seq, .. } => Update::Patches(seq, queue.take()),
        })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.hub.lock().windows.remove(&self.id);
    }
}

/// Returns the approximate size of a patch in memory.
fn size_of_patch(patch: &Patch) -> usize {
    const BASE: usize = 64;
    match patch {
        Patch::Append { text, .. } => BASE + text.len(),
        Patch::Insert { entity } => BASE * 4 + entity.text().map_or(0, str::len),
        Patch::Update { changes, .. } => {
            let texts = [&changes.text, &changes.arguments, &changes.result];
            let texts = texts.into_iter().flatten().map(String::len);
            BASE * 4 + texts.sum::<usize>()
        }
        _ => BASE,
    }
}
