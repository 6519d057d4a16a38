//! Parts of messages and outputs: texts, images and files.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::request::{Sendable, file_url, image_url};
use geppetto_turns::{FilePart, ImagePart, MediaSource, UserContent};

use super::{FilePlace, Part};

/// What has a form on this wire.
pub(in super::super) const SENDABLE: Sendable = Sendable {
    image: |part| image(part).is_ok(),
    file: |part| file(part).is_ok(),
};

/// Returns the parts of a user message.
pub(super) fn said(user: &UserContent) -> Result<Vec<Part<'_>>, EngineError> {
    parts(user.text.as_str().into(), &user.images, &user.files)
}

/// Returns a text, unless it is empty and there is something else, then images and files.
pub(super) fn parts<'a>(
    text: Cow<'a, str>,
    images: &'a [ImagePart],
    files: &'a [FilePart],
) -> Result<Vec<Part<'a>>, EngineError> {
    let is_needed = !text.is_empty() || (images.is_empty() && files.is_empty());
    let text = is_needed.then_some(Part::InputText { text });
    let images = images.iter().map(image);
    let files = files.iter().map(file);
    text.into_iter()
        .map(Ok)
        .chain(images)
        .chain(files)
        .collect()
}

fn file(file: &FilePart) -> Result<Part<'_>, EngineError> {
    let place = match (&file.source, file_url(file)) {
        (MediaSource::FileId(id), _) => Some(FilePlace::Id(id)),
        (_, Some(url)) if url.starts_with("data:") => Some(FilePlace::Data(url)),
        (_, Some(url)) => Some(FilePlace::Url(url)),
        (_, None) => None,
    };
    let Some(place) = place else {
        return Err(EngineError::new(
            ErrorKind::Configuration,
            "a file has neither an address nor content nor a file id",
        ));
    };
    // A name is refused together with a URL or an id.
    let is_inline = matches!(place, FilePlace::Data(_));
    let name = file.name.as_deref().unwrap_or("file");
    Ok(Part::InputFile {
        filename: is_inline.then_some(name),
        place,
    })
}

fn image(image: &ImagePart) -> Result<Part<'_>, EngineError> {
    let file_id = match &image.source {
        MediaSource::FileId(id) => Some(id.as_str()),
        _ => None,
    };
    let image_url = image_url(image);
    if image_url.is_none() && file_id.is_none() {
        return Err(EngineError::new(
            ErrorKind::Configuration,
            "an image has neither an address nor content nor a file id",
        ));
    }
    Ok(Part::InputImage {
        image_url,
        file_id,
        detail: image.detail.as_deref().unwrap_or("auto"),
    })
}
