//! [`FilePart`]: a file in a user block or in a tool's answer.

use crate::{Extra, MediaSource, image::encoded};

/// A file, such as a PDF, that a user or a tool gives the model to read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FilePart {
    /// Where the file is.
    pub source: MediaSource,
    /// The file's name, which some providers ask for.
    pub name: Option<String>,
    /// The media type, such as `application/pdf`.
    pub media_type: Option<String>,
    /// Keys that this crate does not know.
    pub extra: Extra,
}

impl FilePart {
    /// A file at `source`.
    #[must_use]
    pub fn new(source: MediaSource) -> Self {
        Self {
            source,
            name: None,
            media_type: None,
            extra: Extra::default(),
        }
    }

    /// A file at an address that the provider fetches.
    pub fn url(url: impl Into<String>) -> Self {
        Self::new(MediaSource::Url(url.into()))
    }

    /// A file that was uploaded to the provider before.
    pub fn file_id(id: impl Into<String>) -> Self {
        Self::new(MediaSource::FileId(id.into()))
    }

    /// A file from its bytes.
    pub fn bytes(
        name: impl Into<String>,
        media_type: impl Into<String>,
        bytes: impl AsRef<[u8]>,
    ) -> Self {
        let mut part = Self::new(MediaSource::Inline(encoded(bytes.as_ref())));
        part.name = Some(name.into());
        part.media_type = Some(media_type.into());
        part
    }

    /// Sets the name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The file as a `data:` URL. `None` if its content is elsewhere.
    ///
    /// Content without a media type counts as `application/octet-stream`.
    #[must_use]
    pub fn to_data_url(&self) -> Option<String> {
        let MediaSource::Inline(content) = &self.source else {
            return None;
        };
        if content.starts_with("data:") {
            return Some(content.clone());
        }
        let media_type = self.media_type.as_deref();
        let media_type = media_type.unwrap_or("application/octet-stream");
        Some(format!("data:{media_type};base64,{content}"))
    }
}
