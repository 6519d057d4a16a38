//! [`Window`]: a reader of a hub, for example one event stream of a browser.

use std::sync::Arc;

use axum::body::Bytes;
use geppetto_timeline::{Patch, PatchQueue, View};
use tokio::sync::Notify;

use super::{
    Hub, Phase,
    frame::{self, Frame},
};

/// Number of bytes of text that wait for a window; with more, it receives the complete view instead.
const MAX_WAITING: usize = 1 << 20;

/// A reader of a hub. Closed when it is dropped.
pub(crate) struct Window {
    hub: Arc<Hub>,
    id: u64,
    woken: Arc<Notify>,
    ended: bool,
}

/// What a window shows next.
enum Update {
    /// The complete view, in place of everything before.
    View(Box<View>),
    /// Changes that all windows receive.
    Frame(Arc<Frame>),
    /// Changes, and the version that they lead to.
    Patches(u64, Vec<Patch>),
    /// The session was deleted.
    Deleted,
}

/// What a window has not seen.
pub(super) struct Place {
    waiting: Waiting,
    woken: Arc<Notify>,
}

#[derive(Default)]
enum Waiting {
    #[default]
    Nothing,
    /// Everything after this version.
    After(u64),
    /// The complete view.
    View,
    /// The last changes.
    Frame(Arc<Frame>),
    /// Several changes, merged.
    Merged(Box<Merged>),
}

#[derive(Default)]
struct Merged {
    queue: PatchQueue,
    /// Version after the changes.
    version: u64,
    /// Size of their texts.
    size: usize,
}

impl Merged {
    fn push(&mut self, frame: &Frame) {
        self.version = frame.version;
        self.size += frame.patches.iter().map(size_of_patch).sum::<usize>();
        if self.size <= MAX_WAITING {
            for patch in &frame.patches {
                self.queue.push(patch.clone());
            }
        }
    }
}

impl Place {
    pub(super) fn push(&mut self, frame: &Arc<Frame>) {
        self.waiting = match std::mem::take(&mut self.waiting) {
            whole @ (Waiting::View | Waiting::After(_)) => {
                self.waiting = whole;
                return;
            }
            Waiting::Nothing => Waiting::Frame(Arc::clone(frame)),
            Waiting::Frame(first) => {
                let mut merged = Box::<Merged>::default();
                merged.push(&first);
                merged.push(frame);
                Waiting::of(merged)
            }
            Waiting::Merged(mut merged) => {
                merged.push(frame);
                Waiting::of(merged)
            }
        };
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

impl Waiting {
    fn of(merged: Box<Merged>) -> Self {
        if merged.size > MAX_WAITING {
            return Self::View;
        }
        Self::Merged(merged)
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
    /// Waits for the next server-sent event; changes that come meanwhile are merged. Returns `None`
    /// when nothing follows.
    ///
    /// Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.ended {
                return None;
            }
            let update = self.take();
            let Some(update) = update else {
                if self.ended {
                    return None;
                }
                self.woken.notified().await;
                continue;
            };
            return Some(match update {
                Update::View(view) => frame::event("view", Some(view.version), &view),
                Update::Frame(frame) => frame.encoded(),
                Update::Patches(version, patches) => frame::patches(version, &patches),
                Update::Deleted => {
                    self.ended = true;
                    frame::event("deleted", None, &serde_json::json!({}))
                }
            });
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
        let waiting = std::mem::take(&mut place.waiting);
        let timeline = &state.timeline;
        let view = || Update::View(Box::new(timeline.view().clone()));
        Some(match waiting {
            Waiting::Nothing => return None,
            Waiting::View => view(),
            Waiting::After(version) if version > floor => match timeline.since(version) {
                Some(patches) => Update::Patches(timeline.seq(), patches),
                None => view(),
            },
            Waiting::After(_) => view(),
            Waiting::Frame(frame) => Update::Frame(frame),
            Waiting::Merged(mut merged) => Update::Patches(merged.version, merged.queue.take()),
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
