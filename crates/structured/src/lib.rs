//! Extraction of structured data from model text while it streams: tagged blocks
//! ([`StructuredSink`]) and incomplete JSON and YAML documents ([`PartialJson`], [`PartialYaml`]).
//!
//! When prompted to, a model embeds data as `<package:type:version>` ... `</package:type:version>`
//! in its text. The sink wraps another sink, passes the bodies of such blocks to
//! [extractors](Extractor) as they grow, and forwards the remaining clean text. Extractors return
//! events, which are published at the position of the block in the text.
//!
//! ```
//! use std::sync::Arc;
//!
//! use geppetto_events::{
//!     Event, EventKind, EventSink, MemorySink,
//!     kind::{CustomEvent, TextDelta, TextFinished},
//! };
//! use geppetto_structured::{BlockInfo, Extractor, Malformed, PartialJson, StructuredSink};
//!
//! #[derive(Default)]
//! struct Plan(PartialJson);
//!
//! impl Plan {
//!     fn event(&self, name: &str) -> Vec<EventKind> {
//!         let fields = self.0.value().and_then(|value| value.as_object().cloned());
//!         vec![EventKind::Custom(CustomEvent::new(name, fields.unwrap_or_default()))]
//!     }
//! }
//!
//! impl Extractor for Plan {
//!     fn grow(&mut self, _: &BlockInfo, chunk: &str) -> Vec<EventKind> {
//!         self.0.push(chunk);
//!         self.event("plan.grew")
//!     }
//!
//!     fn complete(
//!         &mut self,
//!         _: &BlockInfo,
//!         _raw: &str,
//!         outcome: Result<(), Malformed>,
//!     ) -> Vec<EventKind> {
//!         self.event(if outcome.is_ok() { "plan.ready" } else { "plan.broken" })
//!     }
//! }
//!
//! let screen = Arc::new(MemorySink::new());
//! let sink = StructuredSink::new(screen.clone())
//!     .extract("app", "plan", |_| Box::new(Plan::default()))?;
//!
//! let text = r#"Here: <app:plan:v1>{"step":1}</app:plan:v1> Shall I?"#;
//! sink.publish(&Event::new(EventKind::TextDelta(TextDelta::new(text, 0, 1))));
//! sink.publish(&Event::new(EventKind::TextSegmentFinished(TextFinished::new(text, None))));
//!
//! let events = screen.take();
//! let names: Vec<_> = events.iter().map(Event::type_name).collect();
//! let clean = EventKind::TextSegmentFinished(TextFinished::new("Here:  Shall I?", None));
//! assert_eq!(
//!     names,
//!     ["text-delta", "plan.grew", "plan.ready", "text-delta", "text-segment-finished"]
//! );
//! assert_eq!(events.last().map(|event| &event.kind), Some(&clean));
//! # Ok::<(), geppetto_structured::TagError>(())
//! ```
//!
//! # Rules
//!
//! - Text outside of blocks of registered types is forwarded byte for byte, including tags of other
//!   types. A possible tag is held back until it is decided, at most [`MAX_TAG_BYTES`]; at the end
//!   of the segment it is forwarded as text.
//! - Clean text, blocks, and the order of text and events do not depend on how the text is split
//!   into deltas.
//! - Clean deltas have their own offsets and sequence numbers, and the final text of the segment is
//!   the clean text, so the [grammar](geppetto_events::Grammar) of a segment also holds behind the
//!   sink.
//! - A block that is not closed or exceeds the limit is [malformed](Malformed) and handled
//!   according to the [policy](MalformedPolicy). The rest of an oversized block, up to the closing
//!   tag, is handled like its beginning.
//! - Blocks do not nest: a tag within a block is part of its body, and the first closing tag ends
//!   the block. A closing tag without an open block is text.
//! - Markdown is not interpreted. A tag quoted in a code fence or between backticks opens a block,
//!   and without a closing tag the rest of the text belongs to it. Instruct the model not to quote
//!   tags, or keep the text with [`MalformedPolicy::Reconstruct`].
//! - Only the text of the answer is scanned. Reasoning, refusals, tool arguments and tool results
//!   are forwarded unchanged.
//! - The cost of a push is linear in the length of its text, whatever its content.
//! - If an extractor panics, its block stays in the text and an `error` event is published.
//! - If a provider call or a run ends without the end of a segment, held-back text is forwarded and
//!   the state of the segment is dropped.
//! - Blocks of a provider call that is discarded later have already been extracted. Their events
//!   carry the correlation of the call, so that a consumer of `provider-call-discarded` can drop
//!   them.
//!
//! # Event numbers
//!
//! Events are numbered before they reach the sink, and forwarded events keep their numbers. A delta
//! that becomes empty is not forwarded, which leaves a gap in the numbers behind the sink. If a
//! delta is split into several, the last one keeps its number and the others have 0, as do all
//! events that originate here.

mod block;
mod cutter;
mod extractor;
pub mod partial;
mod scanner;
mod segment;
mod sink;
mod tag;

#[cfg(test)]
mod tests;

pub use block::{BlockInfo, DEFAULT_MAX_BLOCK_BYTES, Malformed, MalformedPolicy};
pub use extractor::Extractor;
pub use partial::{PartialJson, PartialYaml};
pub use sink::StructuredSink;
pub use tag::{MAX_TAG_BYTES, Tag, TagError};
