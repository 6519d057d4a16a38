//! Images and files in the results of tools, for servers that accept texts only.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_turns::{Block, ToolUse};

use crate::{Inference, Remedy, rules};

/// Name of the setting: images and files in the results of tools.
pub const MEDIA_IN_RESULTS: &str = "media_in_results";

/// Words with which servers refuse an image in the result of a tool.
const NOT_IN_RESULTS: &[&str] = &[
    // Ollama's cloud, and other servers in Python.
    "should be a valid string",
    // Moonshot: "type \"image\" is not supported in tool_result content"
    "not supported in tool_result",
    // OpenAI: "Invalid type for 'input[3].output': expected a string, but got an array instead."
    ".output': expected a string",
];

/// Returns the remedy for an error that refuses images and files in the results of tools: they are sent in messages of
/// their own behind them, if the wire heeds [`MEDIA_IN_RESULTS`].
///
/// Reports: <https://github.com/ollama/ollama/issues/18055>, <https://github.com/kaitranntt/ccs/pull/1133>.
#[must_use]
pub fn results_remedy(call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
    const WHY: &str = "the server accepts texts only; images and files follow the results of tools";
    let message = rules::refusal(error, &[ErrorKind::InvalidRequest])?;
    let is_refused = NOT_IN_RESULTS.iter().any(|words| message.contains(words));
    let mut blocks = call.turn().blocks.iter();
    let is_new = is_refused && !call.settings().unsent.has(MEDIA_IN_RESULTS);
    let has_media = |block: &Block| block.as_tool_use().is_some_and(ToolUse::has_media);
    (is_new && blocks.any(|block| has_media(block))).then(|| Remedy::without(MEDIA_IN_RESULTS, WHY))
}
