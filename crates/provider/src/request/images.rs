//! Images of a history that a server cannot read.
//!
//! A history keeps every image that a user or a tool supplied, so one image that a server refuses would
//! fail every further request. Reports: <https://github.com/anthropics/claude-code/issues/56016>,
//! <https://github.com/anomalyco/opencode/issues/21668>,
//! <https://github.com/anthropics/claude-code/issues/8947>, <https://github.com/HKUDS/nanobot/pull/1892>,
//! <https://github.com/boldsoftware/shelley/issues/224>,
//! <https://github.com/anthropics/claude-code/issues/28485>, <https://github.com/vercel/ai/issues/2837>,
//! <https://github.com/thinking-machines-lab/tinker-feedback/issues/83>,
//! <https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/473>,
//! <https://github.com/theopenco/llmgateway/issues/3847>.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_turns::{Block, Blocks, Content, ImagePart, MediaSource, ToolUse};
use serde_json::Value;

use crate::{Inference, Remedy, rules, settings::Unsent};

#[cfg(test)]
mod tests;

/// Name of the setting: all images except those of the last prompt.
const EARLIER: &str = "earlier_images";

const WHY: &str = "the server cannot read an image; those before the last prompt are left out";

/// Text in place of the images of a block.
const LEFT_OUT: &str = "(image left out: the server cannot read it)";

/// Words with which servers refuse an image.
const REFUSALS: &[&str] = &[
    // Anthropic: "Could not process image", "image exceeds 5 MB maximum", "image cannot be empty", "At
    // least one of the image dimensions exceed max allowed size".
    "could not process image",
    "image exceeds",
    "image cannot be empty",
    "image dimensions exceed",
    // Anthropic: "messages.34.content.2.image.source.base64.data: Image format image/png not supported".
    "image format image/",
    // OpenAI: "The image data you provided does not represent a valid image.", "You uploaded an
    // unsupported image."
    "not represent a valid image",
    "unsupported image",
    "invalid image",
    // Google: "Unable to process input image.", "Provided image is not valid."
    "unable to process input image",
    "image is not valid",
    // Servers of models that take no images. DeepSeek: "unknown variant `image_url`, expected `text`"; OpenAI and Baidu:
    // "image_url is only supported by certain models"; OpenRouter: "No endpoints found that support image input";
    // llama.cpp: "image input is not supported"; xAI: "Image inputs are not supported by this model"; vLLM: "is not a
    // multimodal model", "At most 0 image(s) may be provided".
    "unknown variant `image_url`",
    "unknown variant 'image_url'",
    "unknown variant `image`",
    "unknown variant `input_image`",
    "image_url is only supported",
    "support image input",
    "image input is not",
    "image inputs are not",
    "not a multimodal model",
    "at most 0 image",
    "missing data required for image input",
    // LM Studio: "Model does not support images"; gateways: "does not support vision".
    "not support images",
    "not support vision",
    // Servers that accept texts only. Groq: "'messages.0.content' : value must be a string"; servers in Python: "Input
    // should be 'text'".
    "content must be a string",
    "content' : value must be a string",
    "should be 'text'",
];

/// Returns the remedy for an error that refuses an image: images that a tool supplied, and those before the
/// last prompt, are left out. An image of the last prompt remains an error, for its user to correct.
#[must_use]
pub fn image_remedy(call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
    remedy(&call.turn().blocks, &call.settings().unsent, error)
}

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

fn remedy(blocks: &Blocks, unsent: &Unsent, error: &EngineError) -> Option<Remedy> {
    // OpenRouter has no server for the request, and says so with 404.
    let kinds = [ErrorKind::InvalidRequest, ErrorKind::NotFound];
    let message = rules::refusal(error, &kinds)?;
    let is_refused = REFUSALS.iter().any(|words| message.contains(words));
    let last = last_prompt(blocks);
    let has_earlier = || {
        let mut blocks = blocks.iter().enumerate();
        blocks.any(|(at, block)| Some(at) != last && !images(block).is_empty())
    };
    (is_refused && !unsent.has(EARLIER) && has_earlier())
        .then(|| Remedy::without(EARLIER, WHY).of_contents())
}

/// Returns the blocks of a history to send: without images that have no content, which every provider
/// refuses, and without those that the server has refused ([`image_remedy`]).
#[must_use]
pub fn sent_blocks<'t>(blocks: &'t Blocks, unsent: &Unsent) -> Cow<'t, Blocks> {
    let is_refused = unsent.has(EARLIER);
    let last = last_prompt(blocks).filter(|_| is_refused);
    let is_changed = |at: usize, block: &Block| {
        let refused = is_refused && Some(at) != last;
        images(block).iter().any(|image| refused || is_empty(image))
    };
    let changed = blocks
        .iter()
        .enumerate()
        .filter(|(at, block)| is_changed(*at, block));
    let changed: Vec<usize> = changed.map(|(at, _)| at).collect();
    if changed.is_empty() {
        return Cow::Borrowed(blocks);
    }
    let mut sent = blocks.clone();
    for at in changed {
        if let Some(block) = sent.make_mut(at) {
            leave_out(block, is_refused && Some(at) != last);
        }
    }
    Cow::Owned(sent)
}

/// Removes the images of a block: all, or those without content.
fn leave_out(block: &mut Block, all: bool) {
    match &mut block.content {
        Content::User(said) => {
            said.images.retain(|image| !all && !is_empty(image));
            note(&mut said.text);
        }
        Content::ToolUse(answer) => {
            answer.images.retain(|image| !all && !is_empty(image));
            if answer.is_error() {
                return;
            }
            let mut text = match answer.result.take() {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            note(&mut text);
            answer.result = Some(text.into());
        }
        _ => {}
    }
}

fn note(text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(LEFT_OUT);
}

fn images(block: &Block) -> &[ImagePart] {
    match &block.content {
        Content::User(said) => &said.images,
        Content::ToolUse(answer) => &answer.images,
        _ => &[],
    }
}

/// Returns `true` if an image is inline and has no content.
fn is_empty(image: &ImagePart) -> bool {
    let MediaSource::Inline(content) = &image.source else {
        return false;
    };
    let data = content
        .rsplit_once(',')
        .map_or(content.as_str(), |(_, data)| data);
    data.trim().is_empty()
}

/// Returns the position of the last prompt.
fn last_prompt(blocks: &Blocks) -> Option<usize> {
    let is_prompt = |block: &Block| matches!(block.content, Content::User(_));
    let mut at = blocks.len();
    for block in blocks.iter().rev() {
        at -= 1;
        if is_prompt(block) {
            return Some(at);
        }
    }
    None
}
