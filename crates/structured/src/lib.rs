//! Data that a model writes into its text, extracted while the text arrives: tagged blocks
//! ([`StructuredSink`]), and documents of JSON and YAML that are still growing ([`PartialJson`],
//! [`PartialYaml`]).
//!
//! On request, a model writes data as `<package:type:version>` ... `</package:type:version>` within
//! its text. The sink wraps another one, passes the bodies of such blocks to
//! [extractors](Extractor) as they grow, and forwards the clean text. Extractors return events,
//! which are published at the block's place in the text.
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
//! - Text that is no block of a registered type goes on byte for byte, tags of other types
//!   included. What may become a tag is held back until it is decided, at most [`MAX_TAG_BYTES`];
//!   at the end of the segment it is text.
//! - Where the text is cut into deltas makes no difference to the clean text, the blocks, and the
//!   order of text and events.
//! - Clean deltas have offsets and sequence numbers of their own, and the segment's text in the
//!   end is the clean text, so the [grammar](geppetto_events::Grammar) of a segment holds behind the sink.
//! - A block without its closing tag, or larger than the limit, is [malformed](Malformed); the
//!   [policy](MalformedPolicy) decides. What follows the limit shares the fate of what came
//!   before, up to the closing tag.
//! - Blocks do not nest: a tag within a block is part of its body, and the first closing tag ends it.
//!   A closing tag without an open block is text.
//! - Markdown is not looked at. A tag that the model quotes in a code fence or between backticks opens a
//!   block like any other, and without a closing tag the rest of the text belongs to it. Ask the model
//!   not to quote tags, or keep the text with [`MalformedPolicy::Reconstruct`].
//! - Only the answer's text is looked at. Reasoning, refusals, and the arguments and results of tools go
//!   on as they are, whatever tags stand in them.
//! - A push costs what its text is long, whatever stands in it.
//! - An extractor that panics loses its block, which stays in the text; an `error` event says so.
//! - When a provider call or a run ends without the end of a segment, what was held back goes on
//!   and the segment is forgotten.
//! - Blocks of a provider call that is discarded later were extracted all the same. Their events
//!   carry the call's correlation, so a reader of `provider-call-discarded` can drop them too.
//!
//! # Event numbers
//!
//! Events are numbered before they reach the sink, and forwarded events keep their numbers. A delta
//! that becomes empty is not forwarded, which leaves a gap in the numbers behind the sink. If one
//! delta becomes several, the last has its number and the others have 0, as have all events that
//! originate here.

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
