//! Messages of a user, and the images and files in them.

use geppetto_turns::{Block, Content, FilePart, ImagePart, MediaSource};
use serde::{Deserialize, Serialize};

/// A message added to the conversation before a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InputMessage {
    /// Id of the block.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Role of the author: `user` or `system`.
    pub role: String,
    /// Text of the message.
    pub text: String,
    /// Images and files, without their content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

impl InputMessage {
    /// Creates a message of a user.
    pub fn user(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            role: "user".to_owned(),
            text: text.into(),
            attachments: Vec::new(),
        }
    }

    /// Returns the message of a user or system block; `None` for other kinds.
    #[must_use]
    pub fn of_block(block: &Block) -> Option<Self> {
        let (text, attachments) = match &block.content {
            Content::User(content) => {
                let found = Attachment::all(&content.images, &content.files);
                (&content.text, found)
            }
            Content::System(content) => (&content.text, Vec::new()),
            _ => return None,
        };
        Some(Self {
            id: block.id.clone(),
            role: block.kind().as_str().to_owned(),
            text: text.clone(),
            attachments,
        })
    }
}

/// Messages joined the conversation while a run is in progress: the next provider call of the run
/// contains them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InputJoined {
    /// The messages, in order.
    pub messages: Vec<InputMessage>,
}

impl InputJoined {
    /// Creates the event for these messages.
    pub fn new(messages: impl IntoIterator<Item = InputMessage>) -> Self {
        Self {
            messages: messages.into_iter().collect(),
        }
    }
}

/// Description of an image or a file. Inline content is not part of it: its place is the turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Attachment {
    /// `image` or `file`.
    pub kind: String,
    /// File name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Media type, such as `image/png`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// URL. `None` for inline content, including `data:` URLs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Id of an earlier upload to the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_id: Option<String>,
    /// Approximate size of inline content, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl Attachment {
    /// Describes an image.
    #[must_use]
    pub fn image(part: &ImagePart) -> Self {
        let mut own = Self::of_source("image", &part.source);
        own.media_type = part.media_type.clone().or(own.media_type);
        own
    }

    /// Describes a file.
    #[must_use]
    pub fn file(part: &FilePart) -> Self {
        let mut own = Self::of_source("file", &part.source);
        own.name.clone_from(&part.name);
        own.media_type = part.media_type.clone().or(own.media_type);
        own
    }

    /// Describes images and files, in this order.
    #[must_use]
    pub fn all(images: &[ImagePart], files: &[FilePart]) -> Vec<Self> {
        let images = images.iter().map(Self::image);
        images.chain(files.iter().map(Self::file)).collect()
    }

    fn of_source(kind: &str, source: &MediaSource) -> Self {
        let mut own = Self {
            kind: kind.to_owned(),
            ..Self::default()
        };
        match source {
            MediaSource::Url(url) if is_data(url) => own.inline(url),
            MediaSource::Inline(content) => own.inline(content),
            MediaSource::Url(url) => own.url = Some(url.clone()),
            MediaSource::FileId(id) => own.file_id = Some(id.clone()),
            _ => {}
        }
        own
    }

    /// Describes base64 text, or a `data:` URL.
    fn inline(&mut self, content: &str) {
        let data = match content.split_once(',') {
            Some((head, data)) if is_data(head) => {
                let named = head.get(5..).and_then(|head| head.split(';').next());
                let named = named.filter(|named| !named.is_empty() && named.len() <= 100);
                self.media_type = named.map(str::to_owned);
                data
            }
            _ => content,
        };
        self.bytes = Some(data.len() as u64 / 4 * 3);
    }
}

fn is_data(url: &str) -> bool {
    url.get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

#[cfg(test)]
mod tests;
