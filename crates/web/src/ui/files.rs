//! Images and files of messages.

use geppetto_turns::{Content, FilePart, ImagePart, MediaSource, Turn};

use crate::{
    Problem,
    api::messages::{IMAGE_TYPES, MAX_IMAGES},
};

/// The media of a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Media {
    pub(super) images: Vec<ImagePart>,
    pub(super) files: Vec<FilePart>,
}

impl Media {
    /// Returns the media of a turn's prompt.
    pub(super) fn of_prompt(turn: &Turn, from: usize) -> Self {
        let len = turn.blocks.len();
        let mut own = turn.blocks.range(from.min(len)..len);
        let content = own.find_map(|block| match &block.content {
            Content::User(content) => Some(content),
            _ => None,
        });
        content.map_or_else(Self::default, |content| Self {
            images: content.images.clone(),
            files: content.files.clone(),
        })
    }

    /// Adds a file at an address, which may be a data URL.
    pub(super) fn add(
        &mut self,
        url: &str,
        media_type: Option<&str>,
        name: Option<String>,
    ) -> Result<(), Problem> {
        if let Some(rest) = url.strip_prefix("data:") {
            let (head, data) = rest.split_once(',').unwrap_or_default();
            let Some(own) = head.strip_suffix(";base64") else {
                let detail = "the data URL of a file must be base64";
                return Err(Problem::unprocessable(detail));
            };
            let own = own.split(';').next().filter(|own| !own.is_empty());
            return self.add_data(data, own.or(media_type), name);
        }
        if !url.starts_with("https://") {
            let detail = "the address of a file must start with `https://` or `data:`";
            return Err(Problem::unprocessable(detail));
        }
        self.add_source(MediaSource::Url(url.to_owned()), media_type, name)
    }

    /// Adds a file from its content in base64.
    pub(super) fn add_data(
        &mut self,
        data: &str,
        media_type: Option<&str>,
        name: Option<String>,
    ) -> Result<(), Problem> {
        let is_base64 =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        if data.is_empty() || !data.bytes().all(is_base64) {
            return Err(Problem::unprocessable(
                "the content of a file must be base64",
            ));
        }
        let media_type = media_type.unwrap_or_default();
        if media_type.starts_with("image") && !IMAGE_TYPES.contains(&media_type) {
            let known = IMAGE_TYPES.join(", ");
            let detail = format!("the media type of an image must be one of {known}");
            return Err(Problem::unprocessable(detail));
        }
        self.add_source(
            MediaSource::Inline(data.to_owned()),
            Some(media_type).filter(|own| !own.is_empty()),
            name,
        )
    }

    /// Adds a file that the provider has.
    pub(super) fn add_source(
        &mut self,
        source: MediaSource,
        media_type: Option<&str>,
        name: Option<String>,
    ) -> Result<(), Problem> {
        if self.images.len() + self.files.len() >= MAX_IMAGES {
            let detail = format!("the message has more than {MAX_IMAGES} images and files");
            return Err(Problem::unprocessable(detail));
        }
        // An interface may know the first half of the type alone.
        let full = media_type
            .filter(|own| own.contains('/'))
            .map(str::to_owned);
        if media_type.is_some_and(|own| own.starts_with("image")) {
            let mut part = ImagePart::new(source);
            part.media_type = full;
            self.images.push(part);
        } else {
            let mut part = FilePart::new(source);
            (part.media_type, part.name) = (full, name);
            self.files.push(part);
        }
        Ok(())
    }
}
