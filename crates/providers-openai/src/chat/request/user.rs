//! What a user said, as the request writes it.

use std::borrow::Cow;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_turns::{ImagePart, ImageSource, UserContent};
use serde::Serialize;

/// A text, or parts where there are images.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Said<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl<'a> },
    File { file: File<'a> },
}

#[derive(Debug, Serialize)]
pub(super) struct ImageUrl<'a> {
    url: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct File<'a> {
    file_id: &'a str,
}

impl<'a> Said<'a> {
    /// # Errors
    ///
    /// Of kind `Configuration`, when it is not known where an image is.
    pub(super) fn of(user: &'a UserContent) -> Result<Self, EngineError> {
        if user.images.is_empty() {
            return Ok(Self::Text(&user.text));
        }
        let text = (!user.text.is_empty()).then_some(Part::Text { text: &user.text });
        let images = user.images.iter().map(image);
        text.into_iter()
            .map(Ok)
            .chain(images)
            .collect::<Result<_, _>>()
            .map(Self::Parts)
    }
}

fn image(image: &ImagePart) -> Result<Part<'_>, EngineError> {
    let url = match &image.source {
        ImageSource::FileId(file_id) => {
            return Ok(Part::File {
                file: File { file_id },
            });
        }
        ImageSource::Url(url) => Some(Cow::Borrowed(url.as_str())),
        _ => image.to_url().map(Cow::Owned),
    };
    let Some(url) = url else {
        return Err(EngineError::new(
            ErrorKind::Configuration,
            "an image of a user block has neither an address nor content nor a file id",
        ));
    };
    Ok(Part::ImageUrl {
        image_url: ImageUrl {
            url,
            detail: image.detail.as_deref(),
        },
    })
}
