//! The history without the images and files that cannot be sent.
//!
//! A history keeps all that a user or a tool supplied, so one image that a server refuses, or one file that an API has no
//! form for, would fail every further request.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_turns::{Block, Blocks, Content, FilePart, ImagePart, MediaSource};
use serde_json::Value;

use super::{files, images, media::as_file};
use crate::{Inference, Remedy, rules, settings::Unsent};

#[cfg(test)]
mod tests;

/// What an API can carry: functions that return `false` for what has no form in a request.
#[derive(Debug, Clone, Copy)]
pub struct Sendable {
    /// For an image.
    pub image: fn(&ImagePart) -> bool,
    /// For a file.
    pub file: fn(&FilePart) -> bool,
}

/// Returns the remedy for an error that refuses an image or a file: those that a tool supplied, and those before the last
/// prompt, are left out. One of the last prompt remains an error, for its user to correct.
#[must_use]
pub fn media_remedy(call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
    remedy(&call.turn().blocks, &call.settings().unsent, error)
}

fn remedy(blocks: &Blocks, unsent: &Unsent, error: &EngineError) -> Option<Remedy> {
    // OpenRouter has no server for the request, and says so with 404.
    let kinds = [ErrorKind::InvalidRequest, ErrorKind::NotFound];
    let message = rules::refusal(error, &kinds)?;
    let last = last_prompt(blocks);
    let has_earlier = |is_one: fn(&Block) -> bool| {
        let mut blocks = blocks.iter().enumerate();
        blocks.any(|(at, block)| Some(at) != last && is_one(block))
    };
    let without = |name: &'static str, why: &'static str| {
        (!unsent.has(name)).then(|| Remedy::without(name, why).of_contents())
    };
    let of_images =
        images::is_refused(&message) && has_earlier(|block| !images_of(block).is_empty());
    let is_file = |block: &Block| {
        let mut images = images_of(block).iter();
        !files_of(block).is_empty() || images.any(|image| as_file(image).is_some())
    };
    let of_files = files::is_refused(&message) && has_earlier(is_file);
    let images = of_images.then(|| without(images::EARLIER, images::WHY));
    images
        .flatten()
        .or_else(|| without(files::EARLIER, files::WHY).filter(|_| of_files))
}

/// Returns the blocks of a history to send. Files among the images are files. Left out are images without content, which
/// every provider refuses, what the server has refused ([`media_remedy`]), and what has no form in a request, except for
/// that of the last prompt, which is an error.
#[must_use]
pub fn sent_blocks<'t>(
    blocks: &'t Blocks,
    unsent: &Unsent,
    sendable: &Sendable,
) -> Cow<'t, Blocks> {
    let last = last_prompt(blocks);
    let kept = |at: usize| Kept {
        is_last: Some(at) == last,
        no_images: unsent.has(images::EARLIER),
        no_files: unsent.has(files::EARLIER),
        sendable,
    };
    let changed = blocks.iter().enumerate().filter(|(at, block)| {
        let kept = kept(*at);
        !images_of(block)
            .iter()
            .all(|image| kept.image(image) && as_file(image).is_none())
            || !files_of(block).iter().all(|file| kept.file(file))
    });
    let changed: Vec<usize> = changed.map(|(at, _)| at).collect();
    if changed.is_empty() {
        return Cow::Borrowed(blocks);
    }
    let mut sent = blocks.clone();
    for at in changed {
        if let Some(block) = sent.make_mut(at) {
            leave_out(block, &kept(at));
        }
    }
    Cow::Owned(sent)
}

/// What is kept of a block.
struct Kept<'a> {
    is_last: bool,
    no_images: bool,
    no_files: bool,
    sendable: &'a Sendable,
}

impl Kept<'_> {
    fn image(&self, image: &ImagePart) -> bool {
        let is_sent = || !self.no_images && (self.sendable.image)(image);
        !is_empty(image) && (self.is_last || is_sent())
    }

    fn file(&self, file: &FilePart) -> bool {
        self.is_last || (!self.no_files && (self.sendable.file)(file))
    }
}

/// Replaces the images and files of a block that are not kept by words.
fn leave_out(block: &mut Block, kept: &Kept<'_>) {
    match &mut block.content {
        Content::User(said) => {
            for words in removed(&mut said.images, &mut said.files, kept) {
                note(&mut said.text, &words);
            }
        }
        Content::ToolUse(answer) => {
            let removed = removed(&mut answer.images, &mut answer.files, kept);
            if removed.is_empty() || answer.is_error() {
                return;
            }
            let mut text = match answer.result.take() {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            for words in removed {
                note(&mut text, &words);
            }
            answer.result = Some(text.into());
        }
        _ => {}
    }
}

/// Moves files among the images to the files, and removes what is not kept; returns the words in its place.
fn removed(
    images: &mut Vec<ImagePart>,
    files: &mut Vec<FilePart>,
    kept: &Kept<'_>,
) -> Vec<Cow<'static, str>> {
    let mut words = Vec::new();
    files.extend(images.iter().filter_map(as_file));
    images.retain(|image| as_file(image).is_none());
    let before = images.len();
    images.retain(|image| kept.image(image));
    if images.len() < before {
        words.push(images::LEFT_OUT.into());
    }
    files.retain(|file| {
        let is_kept = kept.file(file);
        if !is_kept {
            words.push(files::left_out(file.name.as_deref()).into());
        }
        is_kept
    });
    words
}

fn note(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(words);
}

fn images_of(block: &Block) -> &[ImagePart] {
    match &block.content {
        Content::User(said) => &said.images,
        Content::ToolUse(answer) => &answer.images,
        _ => &[],
    }
}

fn files_of(block: &Block) -> &[FilePart] {
    match &block.content {
        Content::User(said) => &said.files,
        Content::ToolUse(answer) => &answer.files,
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
