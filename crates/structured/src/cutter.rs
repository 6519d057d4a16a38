//! [`Cutter`]: separates the text and the blocks of one segment.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{
    BlockInfo, Extractor, Malformed, MalformedPolicy, Tag,
    extractor::Extractors,
    scanner::{Handler, split},
};
use geppetto_events::{Correlation, EventKind, EventMeta, isolate, kind::ErrorEvent};

/// Configuration shared by all segments of a sink.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) extractors: Extractors,
    pub(super) policy: MalformedPolicy,
    pub(super) max_block_bytes: usize,
    pub(super) extractor_panics: AtomicU64,
}

/// One item to publish, in the order of the text.
#[derive(Debug)]
pub(super) enum Output {
    Text(String),
    Event(EventKind),
}

/// State of a segment between two pieces of its text.
#[derive(Default)]
pub(super) struct Progress {
    /// The clean text so far.
    pub(super) clean: String,
    blocks: u64,
    open: Option<OpenBlock>,
}

struct OpenBlock {
    info: BlockInfo,
    extractor: Box<dyn Extractor>,
    raw: String,
    /// Length of the prefix of `raw` that was passed to the extractor.
    told: usize,
    fate: Fate,
}

/// Destination of the rest of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// To the extractor.
    Captured,
    /// Nowhere.
    Dropped,
    /// Into the clean text.
    Returned,
}

/// Handles what the scanner finds in one piece of a segment's text.
pub(super) struct Cutter<'a> {
    pub(super) rules: &'a Rules,
    pub(super) progress: &'a mut Progress,
    /// Key of the segment.
    pub(super) key: &'a str,
    pub(super) meta: &'a Arc<EventMeta>,
    pub(super) correlation: &'a Arc<Correlation>,
    pub(super) outputs: Vec<Output>,
}

impl Cutter<'_> {
    /// Passes the text that arrived since the last call to the extractor of the open block.
    pub(super) fn tell(&mut self) {
        if let Some(mut block) = self.progress.open.take() {
            self.tell_of(&mut block);
            self.progress.open = Some(block);
        }
    }

    fn tell_of(&mut self, block: &mut OpenBlock) {
        let fresh = block.raw.get(block.told..).unwrap_or_default();
        if block.fate != Fate::Captured || fresh.is_empty() {
            return;
        }
        let grown = isolated(|| block.extractor.grow(&block.info, fresh));
        block.told = block.raw.len();
        match grown {
            Some(events) => self.events(events),
            None => self.give_up(block),
        }
    }

    /// Ends the extraction; returns `true` if the extractor did not panic.
    fn complete(&mut self, block: &mut OpenBlock, outcome: Result<(), Malformed>) -> bool {
        self.tell_of(block);
        if block.fate != Fate::Captured {
            return false;
        }
        match isolated(|| block.extractor.complete(&block.info, &block.raw, outcome)) {
            Some(events) => {
                self.events(events);
                true
            }
            None => {
                self.give_up(block);
                false
            }
        }
    }

    fn malformed(&mut self, block: &mut OpenBlock, why: Malformed) {
        if !self.complete(block, Err(why)) {
            return;
        }
        block.fate = Fate::Dropped;
        match self.rules.policy {
            MalformedPolicy::Ignore => {}
            MalformedPolicy::ErrorEvents => {
                self.error(format!("block {} is malformed: {why}", block.info.tag));
            }
            MalformedPolicy::Reconstruct => self.give_back(block),
        }
    }

    /// The extractor panicked: the block stays in the text.
    fn give_up(&mut self, block: &mut OpenBlock) {
        self.note_panic(&block.info.tag);
        self.give_back(block);
    }

    fn give_back(&mut self, block: &mut OpenBlock) {
        block.fate = Fate::Returned;
        self.text(&block.info.tag.opening());
        self.text(&std::mem::take(&mut block.raw));
    }

    fn capture(&mut self, block: &mut OpenBlock, body: &str) {
        let limit = self.rules.max_block_bytes;
        let room = limit.saturating_sub(block.raw.len());
        if body.len() <= room {
            block.raw.push_str(body);
            return;
        }
        let cut = (0..=room).rev().find(|at| body.is_char_boundary(*at));
        let (fits, rest) = split(body, cut.unwrap_or(0));
        block.raw.push_str(fits);
        self.malformed(block, Malformed::TooLarge { limit });
        if block.fate == Fate::Returned {
            self.text(rest);
        }
    }

    fn note_panic(&mut self, tag: &Tag) {
        self.rules.extractor_panics.fetch_add(1, Ordering::Relaxed);
        self.error(format!(
            "the extractor of block {tag} panicked: the block stays in the text"
        ));
    }

    fn error(&mut self, message: String) {
        let event = EventKind::Error(ErrorEvent::new(message));
        self.outputs.push(Output::Event(event));
    }

    fn events(&mut self, events: Vec<EventKind>) {
        self.outputs.extend(events.into_iter().map(Output::Event));
    }
}

impl Handler for Cutter<'_> {
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.progress.clean.push_str(text);
        if let Some(Output::Text(last)) = self.outputs.last_mut() {
            last.push_str(text);
        } else {
            self.outputs.push(Output::Text(text.to_owned()));
        }
    }

    fn open(&mut self, tag: Tag) -> bool {
        let rules = self.rules;
        let Some(factory) = rules.extractors.find(&tag) else {
            return false;
        };
        let number = self.progress.blocks + 1;
        let info = BlockInfo {
            tag,
            id: format!("{}:{number}", self.key),
            number,
            offset: self.progress.clean.len() as u64,
            meta: Arc::clone(self.meta),
            correlation: Arc::clone(self.correlation),
        };
        let started = isolated(|| {
            let mut extractor = factory(&info);
            let events = extractor.start(&info);
            (extractor, events)
        });
        let Some((extractor, events)) = started else {
            self.note_panic(&info.tag);
            return false;
        };
        self.events(events);
        self.progress.blocks = number;
        self.progress.open = Some(OpenBlock {
            info,
            extractor,
            raw: String::new(),
            told: 0,
            fate: Fate::Captured,
        });
        true
    }

    fn body(&mut self, body: &str) {
        let Some(mut block) = self.progress.open.take() else {
            return;
        };
        match block.fate {
            Fate::Captured => self.capture(&mut block, body),
            Fate::Dropped => {}
            Fate::Returned => self.text(body),
        }
        self.progress.open = Some(block);
    }

    fn close(&mut self) {
        let Some(mut block) = self.progress.open.take() else {
            return;
        };
        if block.fate == Fate::Captured {
            self.complete(&mut block, Ok(()));
        }
        if block.fate == Fate::Returned {
            self.text(&block.info.tag.closing());
        }
        retire(block);
    }

    fn unclosed(&mut self) {
        let Some(mut block) = self.progress.open.take() else {
            return;
        };
        if block.fate == Fate::Captured {
            self.malformed(&mut block, Malformed::Unclosed);
        }
        retire(block);
    }
}

/// Runs application code; returns `None` if it panicked.
fn isolated<T>(run: impl FnOnce() -> T) -> Option<T> {
    isolate::catch(run).ok()
}

/// Drops an extractor, which can also run application code.
fn retire(block: OpenBlock) {
    isolated(|| drop(block));
}
