//! Images of the user's messages.

use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use geppetto_turns::{Content, ImagePart, MediaSource};
use http::{HeaderValue, StatusCode, header};

use crate::{
    Problem,
    extract::{ImagePlace, Target},
};

use super::messages::IMAGE_TYPES;

/// Returns the content of an image. Images that a provider fetches have an address of their own.
pub(crate) async fn read(
    Target(session): Target,
    ImagePlace(message, index): ImagePlace,
) -> Result<Response, Problem> {
    let none = || {
        let detail = "the session has no such image";
        Problem::new(StatusCode::NOT_FOUND, "no-such-image", detail)
            .help("use the id of a message of the timeline, and the index of one of its images")
    };
    let turns = session.turns().await?;
    let mut blocks = turns.iter().rev().flat_map(|turn| turn.blocks.iter());
    let block = blocks.find(|block| block.id == message);
    let image = block.and_then(|block| match &block.content {
        Content::User(user) => user.images.get(index),
        _ => None,
    });
    let (media_type, bytes) = image.and_then(content).ok_or_else(none)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("inline"),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// Decodes an image of a known type. Others, such as SVG, can contain scripts.
fn content(image: &ImagePart) -> Option<(&'static str, Vec<u8>)> {
    let MediaSource::Inline(text) = &image.source else {
        return None;
    };
    let url = image.to_url()?;
    let (head, _) = url.split_once(';')?;
    let media_type = head.strip_prefix("data:")?;
    let known = IMAGE_TYPES.into_iter().find(|own| *own == media_type)?;
    let data = text.rsplit(',').next()?;
    Some((known, STANDARD.decode(data).ok()?))
}
