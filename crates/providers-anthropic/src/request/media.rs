//! [`Media`]: images and documents.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::request::{Sendable, inline_file, inline_image, inline_text};
use geppetto_turns::{Extra, FilePart, ImagePart, MediaSource};
use serde::{Serialize, ser::SerializeMap};

/// What has a form on this wire.
pub(super) const SENDABLE: Sendable = Sendable {
    image: |part| Media::image(part).is_ok(),
    file: |part| Media::file(part).is_ok(),
};

/// An image or a document.
#[derive(Debug)]
pub(super) struct Media<'a> {
    kind: &'static str,
    source: Source<'a>,
    title: Option<&'a str>,
    extra: Option<&'a Extra>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Base64 {
        media_type: Cow<'a, str>,
        data: &'a str,
    },
    Text {
        media_type: &'static str,
        data: String,
    },
    Url {
        url: &'a str,
    },
    File {
        file_id: &'a str,
    },
}

/// Options of a document, in the extra keys of a file.
///
/// Source: <https://platform.claude.com/docs/en/build-with-claude/citations>.
const DOCUMENT: [&str; 3] = ["title", "context", "citations"];

impl<'a> Media<'a> {
    /// Returns an image.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if it has no location.
    pub(super) fn image(image: &'a ImagePart) -> Result<Self, EngineError> {
        let source = match (&image.source, inline_image(image)) {
            (_, Some(inline)) => Source::Base64 {
                media_type: inline.media_type,
                data: inline.data,
            },
            (MediaSource::Url(url), _) if !url.starts_with("data:") => Source::Url { url },
            (MediaSource::FileId(file_id), _) => Source::File { file_id },
            _ => return Err(cannot_be_sent("image")),
        };
        Ok(Self::plain("image", source))
    }

    /// Returns a file: an image, a PDF, or a text.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if it has no location, or is of another type.
    pub(super) fn file(file: &'a FilePart) -> Result<Self, EngineError> {
        let source = match (&file.source, inline_file(file)) {
            (MediaSource::Url(url), _) => Source::Url { url },
            (MediaSource::FileId(file_id), _) => Source::File { file_id },
            (MediaSource::Inline(_), Some(inline)) => {
                let media_type = inline.media_type;
                if media_type.starts_with("image/") {
                    let data = inline.data;
                    return Ok(Self::plain("image", Source::Base64 { media_type, data }));
                }
                match &*media_type {
                    "application/pdf" => Source::Base64 {
                        media_type,
                        data: inline.data,
                    },
                    _ => text(file)?,
                }
            }
            (MediaSource::Inline(_), None) => text(file)?,
            _ => return Err(cannot_be_sent("file")),
        };
        let is_image = |name: &str| name.starts_with("image/");
        if file.media_type.as_deref().is_some_and(is_image) {
            return Ok(Self::plain("image", source));
        }
        Ok(Self {
            kind: "document",
            source,
            title: file.name.as_deref().filter(|name| !name.is_empty()),
            extra: Some(&file.extra),
        })
    }

    fn plain(kind: &'static str, source: Source<'a>) -> Self {
        Self {
            kind,
            source,
            title: None,
            extra: None,
        }
    }

    pub(super) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("type", self.kind)?;
        map.serialize_entry("source", &self.source)?;
        let of_extra = |name: &str| self.extra.and_then(|extra| extra.get(name));
        for name in DOCUMENT {
            match of_extra(name) {
                Some(value) => map.serialize_entry(name, value)?,
                None if name == "title" => {
                    if let Some(title) = self.title {
                        map.serialize_entry(name, title)?;
                    }
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// Returns the text of a file, which the API accepts as plain text only.
fn text(file: &FilePart) -> Result<Source<'static>, EngineError> {
    let data = inline_text(file).ok_or_else(|| cannot_be_sent("file"))?;
    Ok(Source::Text {
        media_type: "text/plain",
        data,
    })
}

fn cannot_be_sent(what: &str) -> EngineError {
    EngineError::new(
        ErrorKind::Configuration,
        format!(
            "an {what} cannot be sent: the Messages API accepts images, PDF and text, inline, by URL \
             or by the id of an upload"
        )
        .replace("an file", "a file"),
    )
}
