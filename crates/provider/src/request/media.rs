//! Inline images and files, as base64 with their media type.

use std::borrow::Cow;

use geppetto_turns::{FilePart, ImagePart, MediaSource};

#[cfg(test)]
mod tests;

/// Inline content of an image or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InlineMedia<'a> {
    /// Media type, such as `image/png`.
    pub media_type: Cow<'a, str>,
    /// Content as base64.
    pub data: &'a str,
}

impl InlineMedia<'_> {
    /// Returns the content as a `data:` URL.
    #[must_use]
    pub fn to_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, self.data)
    }
}

/// Media types by the first characters of their base64 text.
const BEGINNINGS: [(&str, &str); 5] = [
    ("/9j/", "image/jpeg"),
    ("iVBORw0KGgo", "image/png"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi0", "application/pdf"),
];

/// Returns the inline content of an image; `None` if it is not inline, or a `data:` URL without base64.
/// A `data:` URL in place of an address is inline.
///
/// The content decides about the media type, because providers refuse an image of another type than
/// declared; then the `data:` URL and the part; `image/png` if nothing names it.
#[must_use]
pub fn inline_image(image: &ImagePart) -> Option<InlineMedia<'_>> {
    let mut media = of(content(&image.source)?, image.media_type.as_deref())?;
    if let Some(found) = sniff(media.data).filter(|found| found.starts_with("image/")) {
        media.media_type = Cow::Borrowed(found);
    }
    if media.media_type.is_empty() {
        media.media_type = Cow::Borrowed("image/png");
    }
    Some(media)
}

/// Returns an image as a file if it is none: a PDF, or inline content of another declared type.
///
/// Report: <https://github.com/microsoft/vscode/pull/324960>.
pub(super) fn as_file(image: &ImagePart) -> Option<FilePart> {
    const PDF: &str = "application/pdf";
    let media = of(content(&image.source)?, image.media_type.as_deref())?;
    let found = sniff(media.data);
    let is_image = found.map_or_else(
        || media.media_type.is_empty() || media.media_type.starts_with("image/"),
        |found| found != PDF,
    );
    (!is_image).then(|| {
        let mut file = FilePart::new(MediaSource::Inline(media.data.to_owned()));
        let media_type = found.unwrap_or(&media.media_type);
        file.media_type = Some(media_type.to_owned());
        file
    })
}

/// Returns the address of an image: that of the part, or a `data:` URL whose media type is that of
/// [`inline_image`]. `None` if the image is a file of the server.
#[must_use]
pub fn image_url(image: &ImagePart) -> Option<Cow<'_, str>> {
    if let Some(media) = inline_image(image) {
        return Some(media.to_url().into());
    }
    match &image.source {
        MediaSource::Url(url) => Some(url.into()),
        _ => image.to_url().map(Cow::Owned),
    }
}

/// Returns the inline content of a file; `None` if it is not inline, or a `data:` URL without base64.
///
/// The media type is that of the part or of the `data:` URL, otherwise that of the content or of the
/// name; `text/plain` for other content that is text, such as the source of a program, and
/// `application/octet-stream` if nothing names it.
#[must_use]
pub fn inline_file(file: &FilePart) -> Option<InlineMedia<'_>> {
    let mut media = of(content(&file.source)?, file.media_type.as_deref())?;
    if matches!(&*media.media_type, "" | "application/octet-stream") {
        let by_name = file.name.as_deref().and_then(media_type_of);
        let found = sniff(media.data).or(by_name);
        let found = found.or_else(|| is_readable(file).then_some("text/plain"));
        media.media_type = Cow::Borrowed(found.unwrap_or("application/octet-stream"));
    }
    Some(media)
}

/// Returns the text of an inline file of a textual media type. APIs without a form for such files take it as text.
///
/// Reports: <https://github.com/trpc-group/trpc-agent-go/issues/1816>,
/// <https://github.com/langchain-ai/langchain/issues/37575>.
#[must_use]
pub fn inline_text(file: &FilePart) -> Option<String> {
    match inline_file(file) {
        Some(media) if is_text(&media.media_type) => file.inline_bytes().map(decoded),
        Some(_) => None,
        // A `data:` URL without base64.
        None => file.inline_bytes().map(decoded),
    }
}

/// Returns `true` if a media type is one of texts.
#[must_use]
pub fn is_text(media_type: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "application/json",
        "application/xml",
        "application/yaml",
        "application/x-yaml",
        "application/toml",
        "application/sql",
        "application/javascript",
    ];
    media_type.starts_with("text/")
        || OTHERS.contains(&media_type)
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml") && !media_type.starts_with("image/")
}

/// Returns `true` if the content of a file is text in UTF-8 without control characters.
fn is_readable(file: &FilePart) -> bool {
    let is_odd = |c: char| c.is_control() && !c.is_whitespace();
    let text = file.inline_bytes().map(String::from_utf8);
    text.is_some_and(|text| text.is_ok_and(|text| !text.is_empty() && !text.contains(is_odd)))
}

/// Decodes a text: in UTF-16 if it begins with a mark of it, else in UTF-8, else in Latin-1, which has a character for
/// every byte.
fn decoded(bytes: Vec<u8>) -> String {
    let units = |read: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().skip(1).copied().map(read);
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8(bytes).unwrap_or_else(|error| {
            let bytes = error.into_bytes();
            bytes.into_iter().map(char::from).collect()
        }),
    }
}

/// Returns the address of a file: that of the part, or a `data:` URL whose media type is that of
/// [`inline_file`]. `None` if it is a file of the server.
#[must_use]
pub fn file_url(file: &FilePart) -> Option<Cow<'_, str>> {
    if let Some(media) = inline_file(file) {
        return Some(media.to_url().into());
    }
    match &file.source {
        MediaSource::Url(url) => Some(url.into()),
        _ => file.to_data_url().map(Cow::Owned),
    }
}

fn content(source: &MediaSource) -> Option<&str> {
    match source {
        MediaSource::Inline(content) => Some(content),
        MediaSource::Url(url) if url.starts_with("data:") => Some(url),
        _ => None,
    }
}

fn of<'a>(content: &'a str, declared: Option<&'a str>) -> Option<InlineMedia<'a>> {
    let (of_url, data) = match content.strip_prefix("data:") {
        None => ("", content),
        Some(url) => {
            let (head, data) = url.split_once(',')?;
            (head.strip_suffix(";base64")?, data)
        }
    };
    // Parameters (`;charset=utf-8`) are not part of the type.
    let named = [of_url, declared.unwrap_or_default()].map(|name| name.split(';').next());
    let name = named.into_iter().flatten().find(|name| !name.is_empty());
    let name = name.unwrap_or_default().trim().to_ascii_lowercase();
    let media_type = match name.as_str() {
        "image/jpg" => Cow::Borrowed("image/jpeg"),
        _ => Cow::Owned(name),
    };
    Some(InlineMedia { media_type, data })
}

fn sniff(base64: &str) -> Option<&'static str> {
    let mut known = BEGINNINGS.iter();
    let found = known.find(|(beginning, _)| base64.starts_with(beginning));
    found.map(|(_, name)| *name)
}

/// Returns the media type by the ending of a file name or of the path of a URL.
#[must_use]
pub fn media_type_of(name: &str) -> Option<&'static str> {
    let path = name.split(['?', '#']).next()?;
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "json" => "application/json",
        "html" | "htm" => "text/html",
        "xml" => "text/xml",
        "css" => "text/css",
        "rtf" => "text/rtf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "aac" => "audio/aac",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "m4a" => "audio/m4a",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "mpeg" | "mpg" => "video/mpeg",
        "avi" => "video/avi",
        _ => return None,
    })
}
