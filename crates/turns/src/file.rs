//! [`FilePart`]: a file in a user block or in a tool's answer.

use crate::{
    Extra, MediaSource,
    image::{decoded, encoded},
};

/// File, such as a PDF, supplied to the model by a user or a tool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FilePart {
    /// Location of the file.
    pub source: MediaSource,
    /// File name, required by some providers.
    pub name: Option<String>,
    /// Media type, such as `application/pdf`.
    pub media_type: Option<String>,
    /// Unknown keys, preserved on write.
    pub extra: Extra,
}

impl FilePart {
    /// Creates a file at `source`.
    #[must_use]
    pub fn new(source: MediaSource) -> Self {
        Self {
            source,
            name: None,
            media_type: None,
            extra: Extra::default(),
        }
    }

    /// Creates a file from a URL that the provider fetches.
    pub fn url(url: impl Into<String>) -> Self {
        Self::new(MediaSource::Url(url.into()))
    }

    /// Creates a file from the id of an earlier upload to the provider.
    pub fn file_id(id: impl Into<String>) -> Self {
        Self::new(MediaSource::FileId(id.into()))
    }

    /// Creates a file from its bytes.
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

    /// Returns the file as a `data:` URL; `None` if its content is not inline.
    ///
    /// The media type defaults to `application/octet-stream`.
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

    /// Returns the bytes of inline content; `None` if it is not inline, or not base64.
    #[must_use]
    pub fn inline_bytes(&self) -> Option<Vec<u8>> {
        let MediaSource::Inline(content) = &self.source else {
            return None;
        };
        match content.strip_prefix("data:") {
            None => decoded(content),
            Some(url) => {
                let (head, data) = url.split_once(',')?;
                if head.ends_with(";base64") {
                    decoded(data)
                } else {
                    Some(data.as_bytes().to_vec())
                }
            }
        }
    }
}
