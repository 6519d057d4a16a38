//! Images and files.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_turns::{FilePart, ImagePart, MediaSource};

use super::parts::Media;

/// Media types of file names, for files without one. The API refuses `application/octet-stream`.
///
/// Source: <https://ai.google.dev/gemini-api/docs/file-input-methods>.
const TYPES: [(&str, &str); 30] = [
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("css", "text/css"),
    ("xml", "text/xml"),
    ("rtf", "text/rtf"),
    ("json", "application/json"),
    ("js", "text/javascript"),
    ("py", "text/x-python"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("gif", "image/gif"),
    ("mp3", "audio/mp3"),
    ("wav", "audio/wav"),
    ("aac", "audio/aac"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
    ("m4a", "audio/m4a"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mpeg", "video/mpeg"),
    ("avi", "video/avi"),
];

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
    match &image.source {
        MediaSource::Url(url) if !url.starts_with("data:") => Ok(at(url, own)),
        MediaSource::FileId(id) => Ok(stored(id, own)),
        _ => inline(image.to_url(), "an image"),
    }
}

/// # Errors
///
/// The errors of [`image`].
pub(super) fn file(file: &FilePart) -> Result<Media<'_>, EngineError> {
    let by_name = file.name.as_deref().and_then(type_of);
    let own = file.media_type.as_deref().or(by_name);
    match &file.source {
        MediaSource::Url(url) if !url.starts_with("data:") => Ok(at(url, own)),
        MediaSource::FileId(id) => Ok(stored(id, own)),
        MediaSource::Url(url) => inline(Some(url.clone()), "a file"),
        MediaSource::Inline(content) if !content.starts_with("data:") => Ok(Media::InlineData {
            mime_type: own.unwrap_or("text/plain").into(),
            data: content.as_str().into(),
        }),
        _ => inline(file.to_data_url(), "a file"),
    }
}

/// Media that the server fetches: of the Files API, of Cloud Storage, on YouTube, or at any URL.
fn at<'a>(url: &'a str, own: Option<&'a str>) -> Media<'a> {
    Media::FileData {
        mime_type: own.or_else(|| type_of(url)).map(Cow::Borrowed),
        file_uri: url.into(),
    }
}

/// A file of the Files API, whose URI has the name of the file.
fn stored<'a>(id: &'a str, own: Option<&'a str>) -> Media<'a> {
    let file_uri = match id.strip_prefix("files/") {
        Some(name) => Cow::Owned(format!("{}/v1beta/files/{name}", crate::address::BASE_URL)),
        None => Cow::Borrowed(id),
    };
    Media::FileData {
        mime_type: own.map(Cow::Borrowed),
        file_uri,
    }
}

/// Media in a data URL.
fn inline(url: Option<String>, what: &str) -> Result<Media<'static>, EngineError> {
    let error =
        |problem: &str| EngineError::new(ErrorKind::Configuration, format!("{what} {problem}"));
    let url = url.ok_or_else(|| error("has neither an address nor content nor a file id"))?;
    let content = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(','));
    let (head, data) = content.ok_or_else(|| error("has content that is no data URL"))?;
    let Some(mime_type) = head.strip_suffix(";base64") else {
        return Err(error(
            "has content in a data URL that is not encoded in base64",
        ));
    };
    // Parameters of the type (`;charset=utf-8`) are refused.
    let mime_type = mime_type.split(';').next().unwrap_or_default();
    Ok(Media::InlineData {
        mime_type: mime_type.to_owned().into(),
        data: data.to_owned().into(),
    })
}

/// Returns the media type by the end of a name or a URL.
fn type_of(name: &str) -> Option<&'static str> {
    let name = name.split(['?', '#']).next()?;
    let (_, end) = name.rsplit_once('.')?;
    let known = TYPES
        .iter()
        .find(|(known, _)| end.eq_ignore_ascii_case(known));
    known.map(|(_, kind)| *kind)
}
