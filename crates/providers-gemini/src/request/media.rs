//! Images and files.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::request::{
    InlineMedia, Sendable, inline_file, inline_image, is_text, media_type_of,
};
use geppetto_turns::{FilePart, ImagePart, MediaSource};

use super::parts::Media;

/// What has a form on this wire.
pub(super) const SENDABLE: Sendable = Sendable {
    image: |part| image(part).is_ok(),
    file: |part| file(part).is_ok(),
};

/// Media types that a function response may contain.
///
/// Source: <https://ai.google.dev/gemini-api/docs/function-calling#multimodal>.
const IN_RESPONSES: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "application/pdf",
    "text/plain",
];

/// Media type of unknown contents, which the API refuses.
const UNKNOWN: &str = "application/octet-stream";

impl Media<'_> {
    /// Returns `true` if a function response may contain it.
    pub(super) fn fits_response(&self) -> bool {
        matches!(self, Media::InlineData { mime_type, .. } if IN_RESPONSES.contains(&&**mime_type))
    }
}

/// # Errors
///
/// An error of kind `Configuration` if the image has no location, or is not encoded in base64.
pub(super) fn image(image: &ImagePart) -> Result<Media<'_>, EngineError> {
    let own = image.media_type.as_deref();
    of(&image.source, inline_image(image), own, "an image")
}

/// # Errors
///
/// The errors of [`image`], and one of the same kind if the media type of a file is unknown.
pub(super) fn file(file: &FilePart) -> Result<Media<'_>, EngineError> {
    let by_name = file.name.as_deref().and_then(media_type_of);
    let own = file.media_type.as_deref().or(by_name);
    let inline = inline_file(file).map(|mut media| {
        if let (UNKNOWN, Some(by_name)) = (&*media.media_type, by_name) {
            media.media_type = by_name.into();
        }
        media
    });
    // Vertex AI accepts no other type of texts (<https://github.com/QuantumNous/new-api/pull/1139>).
    let inline = inline.map(|mut media| {
        if is_text(&media.media_type) {
            media.media_type = "text/plain".into();
        }
        media
    });
    if inline
        .as_ref()
        .is_some_and(|media| media.media_type == UNKNOWN)
    {
        return Err(error(
            "a file",
            "has no media type; set one, or a name with an ending",
        ));
    }
    of(&file.source, inline, own, "a file")
}

fn of<'a>(
    source: &'a MediaSource,
    inline: Option<InlineMedia<'a>>,
    own: Option<&'a str>,
    what: &str,
) -> Result<Media<'a>, EngineError> {
    if let Some(InlineMedia {
        media_type, data, ..
    }) = inline
    {
        return Ok(Media::InlineData {
            mime_type: media_type,
            data: data.into(),
        });
    }
    let (uri, own) = match source {
        MediaSource::Url(url) if !url.starts_with("data:") => (
            Cow::Borrowed(url.as_str()),
            own.or_else(|| media_type_of(url)),
        ),
        // The URI of a file of the Files API has its name.
        MediaSource::FileId(id) => match id.strip_prefix("files/") {
            Some(name) => {
                let base = crate::address::BASE_URL;
                (Cow::Owned(format!("{base}/v1beta/files/{name}")), own)
            }
            None => (Cow::Borrowed(id.as_str()), own),
        },
        MediaSource::Inline(_) | MediaSource::Url(_) => {
            return Err(error(what, "has a data URL that is not encoded in base64"));
        }
        _ => {
            return Err(error(
                what,
                "has neither an address nor content nor a file id",
            ));
        }
    };
    Ok(Media::FileData {
        mime_type: own.map(Cow::Borrowed),
        file_uri: uri,
    })
}

fn error(what: &str, problem: &str) -> EngineError {
    EngineError::new(ErrorKind::Configuration, format!("{what} {problem}"))
}
