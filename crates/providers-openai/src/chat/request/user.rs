//! Serialization of user messages.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::request::{Sendable, file_url, image_url, inline_text};
use geppetto_turns::{FilePart, ImagePart, MediaSource, UserContent};
use serde::Serialize;

/// What has a form on this wire.
pub(super) const SENDABLE: Sendable = Sendable {
    image: |part| image(part).is_ok(),
    file: |part| file(part).is_ok(),
};

/// A text, or parts if there are images.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Said<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl<'a> },
    File { file: File<'a> },
}

#[derive(Debug, Serialize)]
pub(super) struct ImageUrl<'a> {
    url: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// A file: by its id, or with its content and a name, which is then required.
#[derive(Debug, Default, Serialize)]
pub(super) struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
}

impl<'a> Said<'a> {
    /// # Errors
    ///
    /// An error of kind `Configuration` if the location of an image or a file is missing.
    pub(super) fn of(user: &'a UserContent) -> Result<Self, EngineError> {
        if !user.has_media() {
            return Ok(Self::Text(&user.text));
        }
        let text = (!user.text.is_empty()).then(|| Part::Text {
            text: user.text.as_str().into(),
        });
        let images = user.images.iter().map(image);
        let files = user.files.iter().map(file);
        let parts = text.into_iter().map(Ok).chain(images).chain(files);
        parts.collect::<Result<_, _>>().map(Self::Parts)
    }
}

fn file(file: &FilePart) -> Result<Part<'_>, EngineError> {
    // Servers take PDF only, if any files at all.
    if let Some(text) = inline_text(file) {
        let name = file.name.as_deref().unwrap_or("file");
        return Ok(Part::Text {
            text: format!("(file: {name})\n{text}").into(),
        });
    }
    let sent = match (&file.source, file_url(file)) {
        (MediaSource::FileId(id), _) => File {
            file_id: Some(id),
            ..File::default()
        },
        (_, Some(url)) if url.starts_with("data:") => File {
            file_data: Some(url),
            filename: Some(file.name.as_deref().unwrap_or("file")),
            ..File::default()
        },
        // The wire has no field for the URL of a file.
        (_, Some(url)) => {
            return Ok(Part::Text {
                text: format!("(file: {url})").into(),
            });
        }
        (_, None) => File::default(),
    };
    if sent.file_id.is_none() && sent.file_data.is_none() {
        return Err(EngineError::new(
            ErrorKind::Configuration,
            "a file has neither an address nor content nor a file id",
        ));
    }
    Ok(Part::File { file: sent })
}

fn image(image: &ImagePart) -> Result<Part<'_>, EngineError> {
    if let MediaSource::FileId(file_id) = &image.source {
        return Ok(Part::File {
            file: File {
                file_id: Some(file_id),
                ..File::default()
            },
        });
    }
    let Some(url) = image_url(image) else {
        return Err(EngineError::new(
            ErrorKind::Configuration,
            "an image has neither an address nor content nor a file id",
        ));
    };
    Ok(Part::ImageUrl {
        image_url: ImageUrl {
            url,
            detail: image.detail.as_deref(),
        },
    })
}
