//! A provider-neutral conversation model: a [`Turn`] of typed [`Block`]s.
//!
//! A turn is the complete conversation, as the model sees it, at one point in time. Cloning is
//! cheap because blocks are shared. Reading and writing YAML and JSON is lossless, including
//! unknown fields. [`repair()`] turns any history, however it was interrupted, into one that
//! providers accept.
//!
//! ```
//! use geppetto_turns::{Block, ToolCall, Turn};
//!
//! let mut turn = Turn::builder()
//!     .system("You are terse.")
//!     .user("Weather in Zurich?")
//!     .build();
//! turn.push(Block::tool_call(ToolCall::new("call_1", "lookup_weather", r#"{"city":"Zurich"}"#)));
//! turn.push(Block::tool_result("call_1", "21 C, clear"));
//! turn.push(Block::llm_text("Clear, 21 C."));
//!
//! let yaml = turn.to_yaml()?;
//! assert_eq!(Turn::from_yaml(&yaml)?, turn);
//! assert_eq!(turn.assistant_text(), "Clear, 21 C.");
//! # Ok::<(), geppetto_turns::FormatError>(())
//! ```
//!
//! | module | concern |
//! |---|---|
//! | [`blocks`] | the persistent list of shared blocks |
//! | [`content`] | block content, one type per kind |
//! | [`keys`] | typed keys, the only access to metadata and data |
//! | [`mod@repair`] | repair of any history into one that providers accept |
//! | [`serial`] | YAML, JSON and fixture files |
//! | [`pretty`] | human-readable output |
//! | [`mod@printable`] | untrusted text, made safe for terminals |

pub mod args;
pub mod block;
pub mod blocks;
pub mod content;
pub mod file;
pub mod image;
pub mod inference_result;
pub mod keys;
pub mod pretty;
pub mod price;
pub mod printable;
pub mod repair;
pub mod run_end;
pub mod serial;
pub mod turn;
pub mod usage;

pub use args::{Args, ArgsError};
pub use block::{Block, Incomplete};
pub use blocks::Blocks;
pub use content::{
    BlockKind, Content, Extra, LlmText, OtherContent, Reasoning, SummaryPart, SystemText, ToolCall,
    ToolUse, UserContent,
};
pub use file::FilePart;
pub use image::{ImagePart, MediaSource};
pub use inference_result::{FinishClass, InferenceResult};
pub use keys::{BlockMetaKey, DataKey, Key, KeyError, Metadata, TurnMetaKey};
pub use pretty::PrettyPrinter;
pub use price::Price;
pub use printable::{Printable, printable, printable_line};
pub use repair::{Rules, repair, repair_with};
pub use run_end::{RunEnd, RunEndStatus};
pub use serial::{Fixture, FormatError};
pub use turn::{ReplyError, ReplyErrorKind, Turn, TurnBuilder};
pub use usage::Usage;
