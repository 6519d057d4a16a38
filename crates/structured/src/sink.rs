//! [`StructuredSink`].

use std::{
    collections::BTreeMap,
    fmt,
    panic::resume_unwind,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    BlockInfo, DEFAULT_MAX_BLOCK_BYTES, Extractor, MalformedPolicy, TagError, cutter::Rules,
    extractor::Extractors, segment::Segment,
};
use geppetto_events::{Event, EventKind, EventSink, isolate, kind::TextDelta};

/// By key, in an order that is the same in every run.
type Segments = BTreeMap<String, Box<Segment>>;

/// Sink that removes structured blocks from the text and passes them to extractors; everything else
/// is forwarded to the inner sink. See the [crate documentation](crate) for the exact rules.
///
/// A sink can serve any number of runs. The events of a segment must arrive in order, as published
/// by an [`EventStream`](geppetto_events::EventStream).
#[must_use = "a sink does nothing until events are published to it"]
pub struct StructuredSink {
    inner: Arc<dyn EventSink>,
    rules: Rules,
    segments: Mutex<Segments>,
}

impl StructuredSink {
    /// Creates a sink that forwards to `inner`, without extractors.
    pub fn new(inner: Arc<dyn EventSink>) -> Self {
        Self {
            inner,
            rules: Rules {
                extractors: Extractors::default(),
                policy: MalformedPolicy::default(),
                max_block_bytes: DEFAULT_MAX_BLOCK_BYTES,
                extractor_panics: AtomicU64::new(0),
            },
            segments: Mutex::default(),
        }
    }

    /// Registers an extractor for all versions of a block type. `factory` is called once per block.
    ///
    /// Replaces an earlier registration of the same name.
    ///
    /// # Errors
    ///
    /// Returns an error if a name is not valid in a tag.
    pub fn extract(
        mut self,
        package: impl Into<String>,
        block_type: impl Into<String>,
        factory: impl Fn(&BlockInfo) -> Box<dyn Extractor> + Send + Sync + 'static,
    ) -> Result<Self, TagError> {
        let name = (package.into(), block_type.into(), None);
        self.rules.extractors.register(name, Box::new(factory))?;
        Ok(self)
    }

    /// Registers an extractor for a single version of a block type. Takes precedence over
    /// [`extract`](Self::extract).
    ///
    /// # Errors
    ///
    /// Returns an error if a name is not valid in a tag.
    pub fn extract_version(
        mut self,
        package: impl Into<String>,
        block_type: impl Into<String>,
        version: impl Into<String>,
        factory: impl Fn(&BlockInfo) -> Box<dyn Extractor> + Send + Sync + 'static,
    ) -> Result<Self, TagError> {
        let name = (package.into(), block_type.into(), Some(version.into()));
        self.rules.extractors.register(name, Box::new(factory))?;
        Ok(self)
    }

    /// Sets the handling of malformed blocks. Default: [`MalformedPolicy::ErrorEvents`].
    pub fn on_malformed(mut self, policy: MalformedPolicy) -> Self {
        self.rules.policy = policy;
        self
    }

    /// Sets the limit on the body of a block, in bytes. Default: [`DEFAULT_MAX_BLOCK_BYTES`].
    pub fn max_block_bytes(mut self, bytes: usize) -> Self {
        self.rules.max_block_bytes = bytes;
        self
    }

    /// Returns the number of panics caught in extractors and factories.
    #[must_use]
    pub fn extractor_panics(&self) -> u64 {
        self.rules.extractor_panics.load(Ordering::Relaxed)
    }

    /// Returns the number of open text segments.
    #[must_use]
    pub fn open_segments(&self) -> usize {
        self.lock().len()
    }

    /// Removes a segment from the table, so that no lock is held while extractors run.
    fn take(&self, key: &str) -> Option<(String, Box<Segment>)> {
        self.lock().remove_entry(key)
    }

    fn grow(&self, event: &Event, delta: &TextDelta) {
        let key = key(event);
        let mut segments = self.lock();
        let passed = segments
            .get_mut(key)
            .and_then(|segment| segment.pass(event, delta));
        drop(segments);
        if let Some(passed) = passed {
            self.inner.publish(&passed);
            return;
        }
        let (key, mut segment) = self
            .take(key)
            .unwrap_or_else(|| (key.to_owned(), Box::default()));
        let events = segment.grow(&self.rules, &key, event, delta);
        self.lock().insert(key, segment);
        self.forward(&events);
    }

    fn abandon(&self, which: impl Fn(&str, &Segment) -> bool) {
        let mut segments = self.lock();
        let keys: Vec<_> = segments
            .iter()
            .filter(|(key, segment)| which(key, segment))
            .map(|(key, _)| key.clone())
            .collect();
        let gone: Vec<_> = keys
            .iter()
            .filter_map(|key| segments.remove_entry(key))
            .collect();
        drop(segments);
        for (key, segment) in gone {
            self.forward(&segment.abandon(&self.rules, &key));
        }
    }

    /// Forwards events to the inner sink. If it panics, it still receives the rest, and its first
    /// panic is resumed afterwards.
    fn forward(&self, events: &[Event]) {
        let mut first = None;
        for event in events {
            let told = isolate::catch(|| self.inner.publish(event));
            first = first.or(told.err());
        }
        if let Some(message) = first {
            resume_unwind(Box::new(message));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Segments> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for StructuredSink {
    fn publish(&self, event: &Event) {
        match &event.kind {
            EventKind::TextDelta(delta) => self.grow(event, delta),
            EventKind::TextSegmentFinished(finished) => {
                let key = key(event);
                let (_, segment) = self.take(key).unwrap_or_default();
                self.forward(&segment.finish(&self.rules, key, event, finished));
            }
            EventKind::TextSegmentStarted(_) => {
                let key = key(event);
                self.abandon(|other, _| other == key);
                self.inner.publish(event);
            }
            EventKind::ProviderCallFinished(_) => {
                self.abandon(|_, segment| is_of_call(segment, event));
                self.inner.publish(event);
            }
            EventKind::RunFinished(_) | EventKind::RunStopped(_) | EventKind::RunFailed(_) => {
                self.abandon(|_, segment| is_of_run(segment, event));
                self.inner.publish(event);
            }
            _ => self.inner.publish(event),
        }
    }
}

/// Key of a segment: the segment id, else the provider call id, else the message id.
fn key(event: &Event) -> &str {
    let correlation = &event.correlation;
    correlation
        .segment_id
        .as_deref()
        .or(correlation.provider_call_id.as_deref())
        .unwrap_or(&event.meta.message_id)
}

fn is_of_call(segment: &Segment, event: &Event) -> bool {
    let own = segment.correlation();
    own.provider_call_id == event.correlation.provider_call_id && is_of_run(segment, event)
}

/// Events without a run belong to any run.
fn is_of_run(segment: &Segment, event: &Event) -> bool {
    match (&segment.correlation().run_id, &event.correlation.run_id) {
        (Some(own), Some(other)) => own == other,
        _ => true,
    }
}

impl fmt::Debug for StructuredSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StructuredSink")
            .field("extractors", &self.rules.extractors)
            .field("policy", &self.rules.policy)
            .field("max_block_bytes", &self.rules.max_block_bytes)
            .field("open_segments", &self.open_segments())
            .finish_non_exhaustive()
    }
}
