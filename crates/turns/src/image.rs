//! [`ImagePart`]: an image in a user block or in a tool's answer.

use crate::Extra;

mod base64;

#[cfg(test)]
mod tests;

/// An image that a user or a tool gives the model to look at.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ImagePart {
    /// Where the image is.
    pub source: MediaSource,
    /// The media type, such as `image/png`.
    pub media_type: Option<String>,
    /// How closely the model should look: `low`, `high` or `auto`, where the provider has that.
    pub detail: Option<String>,
    /// Keys that this crate does not know.
    pub extra: Extra,
}

/// Where an image or a file is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MediaSource {
    /// At an address that the provider fetches.
    Url(String),
    /// Inline: base64 text, or a whole `data:` URL, as written.
    Inline(String),
    /// Uploaded to the provider before, under this id.
    FileId(String),
    /// Nowhere that this crate knows; the part's other keys may say.
    Unknown,
}

impl ImagePart {
    /// An image at `source`.
    #[must_use]
    pub fn new(source: MediaSource) -> Self {
        Self {
            source,
            media_type: None,
            detail: None,
            extra: Extra::default(),
        }
    }

    /// An image at an address that the provider fetches.
    pub fn url(url: impl Into<String>) -> Self {
        Self::new(MediaSource::Url(url.into()))
    }

    /// An image that was uploaded to the provider before.
    pub fn file_id(id: impl Into<String>) -> Self {
        Self::new(MediaSource::FileId(id.into()))
    }

    /// An image from its bytes: a `Vec<u8>`, a slice, an array, or a reference to one.
    pub fn bytes(media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let mut part = Self::new(MediaSource::Inline(encoded(bytes.as_ref())));
        part.media_type = Some(media_type.into());
        part
    }

    /// Sets how closely the model should look: `low`, `high` or `auto`.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The image as a URL: its address, or a `data:` URL for inline content. `None` for an
    /// uploaded file.
    ///
    /// Inline content without a media type counts as `image/png`, unless its first bytes say
    /// JPEG, GIF or WebP.
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

/// The media type by the magic number at the start of base64 text.
fn sniff_media_type(base64: &str) -> &'static str {
    match base64 {
        text if text.starts_with("/9j/") => "image/jpeg",
        text if text.starts_with("R0lGOD") => "image/gif",
        text if text.starts_with("UklGR") => "image/webp",
        _ => "image/png",
    }
}

/// Bytes as base64 text.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    base64::encode(bytes)
}
