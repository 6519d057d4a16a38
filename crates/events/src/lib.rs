//! Typed event stream of a running inference.
//!
//! An [`Event`] reports one step of an inference: text arrived, a tool was called, the run ended.
//! Events are immutable, numbered gap-free within a session, and follow a
//! [grammar](grammar::Grammar) that is checked in debug builds. Deltas carry only the new text and
//! its offset, never the accumulated text.
//!
//! ```
//! use geppetto_events::{Event, EventKind, EventStream, kind::TextDelta};
//!
//! let stream = EventStream::new();
//! let mut reader = stream.subscribe();
//! stream.publish(Event::new(EventKind::TextDelta(TextDelta::new("Hel", 0, 1))), &[]);
//! stream.publish(Event::new(EventKind::TextDelta(TextDelta::new("lo", 3, 2))), &[]);
//!
//! // A reader that comes late gets neighbouring deltas merged; nothing is lost.
//! let merged = reader.try_next().and_then(|item| item.into_event());
//! assert_eq!(merged.as_ref().and_then(Event::text_delta), Some("Hello"));
//!
//! let line = r#"{"type":"text-delta","delta":"Hi","sequence":1,"text":"Hi"}"#;
//! let event: Event = serde_json::from_str(line)?;
//! assert_eq!(event.type_name(), "text-delta");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! | module | concern |
//! |---|---|
//! | [`kind`] | one type per kind of event |
//! | [`codec`] | JSON, log lines, January 2026 names |
//! | [`grammar`] | valid order of events |
//! | [`isolate`] | isolation of panics in user-supplied code |
//! | [`sink`] | synchronous consumers |
//! | [`stream`] | numbering, delivery, the resumable log, subscriptions |
//! | [`printer`] | human- and machine-readable output |

pub mod codec;
pub mod event;
pub mod grammar;
pub mod isolate;
pub mod kind;
pub mod printer;
pub mod sink;
pub mod stream;

pub use codec::LogLine;
pub use event::{Correlation, Event, EventMeta};
pub use grammar::{Grammar, GrammarError};
pub use kind::{CustomEvent, EventKind};
pub use sink::{EventSink, MemorySink, NullSink, sink_fn};
pub use stream::{EventRow, EventStream, Received, SlowReaderPolicy, Subscription};
