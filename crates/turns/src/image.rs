//! [`ImagePart`]: an image in a user block or in a tool's answer.

use crate::Extra;

mod base64;

#[cfg(test)]
mod tests;

/// Image supplied to the model by a user or a tool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ImagePart {
    /// Location of the image.
    pub source: MediaSource,
    /// Media type, such as `image/png`.
    pub media_type: Option<String>,
    /// Level of detail, if the provider supports it: `low`, `high` or `auto`.
    pub detail: Option<String>,
    /// Unknown keys, preserved on write.
    pub extra: Extra,
}

/// Location of an image or a file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MediaSource {
    /// URL that the provider fetches.
    Url(String),
    /// Inline content: base64 text or a complete `data:` URL, verbatim.
    Inline(String),
    /// Id of an earlier upload to the provider.
    FileId(String),
    /// Unknown location; the other keys of the part may hold it.
    Unknown,
}

impl ImagePart {
    /// Creates an image at `source`.
    #[must_use]
    pub fn new(source: MediaSource) -> Self {
        Self {
            source,
            media_type: None,
            detail: None,
            extra: Extra::default(),
        }
    }

    /// Creates an image from a URL that the provider fetches.
    pub fn url(url: impl Into<String>) -> Self {
        Self::new(MediaSource::Url(url.into()))
    }

    /// Creates an image from the id of an earlier upload to the provider.
    pub fn file_id(id: impl Into<String>) -> Self {
        Self::new(MediaSource::FileId(id.into()))
    }

    /// Creates an image from its bytes: a `Vec<u8>`, a slice, an array, or a reference to one.
    pub fn bytes(media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let mut part = Self::new(MediaSource::Inline(encoded(bytes.as_ref())));
        part.media_type = Some(media_type.into());
        part
    }

    /// Sets the level of detail: `low`, `high` or `auto`.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Returns the image as a URL: its address, or a `data:` URL for inline content. `None` for an
    /// uploaded file.
    ///
    /// The media type of inline content defaults to `image/png`, unless the first bytes are those
    /// of a JPEG, GIF or WebP image.
    #[must_use]
    pub fn to_url(&self) -> Option<String> {
        match &self.source {
            MediaSource::Url(url) => Some(url.clone()),
            MediaSource::Inline(content) if content.starts_with("data:") => Some(content.clone()),
            MediaSource::Inline(content) => {
                let media_type = self
                    .media_type
                    .as_deref()
                    .unwrap_or_else(|| sniff_media_type(content));
                Some(format!("data:{media_type};base64,{content}"))
            }
            MediaSource::FileId(_) | MediaSource::Unknown => None,
        }
    }
}

/// Returns the media type by the magic number at the start of base64 text.
fn sniff_media_type(base64: &str) -> &'static str {
    match base64 {
        text if text.starts_with("/9j/") => "image/jpeg",
        text if text.starts_with("R0lGOD") => "image/gif",
        text if text.starts_with("UklGR") => "image/webp",
        _ => "image/png",
    }
}

/// Returns the bytes of base64 text.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    base64::decode(text)
}

/// Returns bytes as base64 text.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    base64::encode(bytes)
}
