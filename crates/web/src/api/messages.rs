//! Messages of the user.

use axum::{Json, extract::State};
use geppetto_turns::{ImagePart, MediaSource};
use http::StatusCode;

use crate::{
    Problem,
    app::App,
    extract::{Input, Key, RunId, Target},
    model::{Accepted, ImageInput, SendMessage},
};

use super::runs::{self, Sent};

/// Maximum number of images of a message.
pub(crate) const MAX_IMAGES: usize = 20;

/// Media types that providers accept.
pub(crate) const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

pub(crate) async fn send(
    State(app): State<App>,
    Target(session): Target,
    Key(key): Key,
    Input(input): Input<SendMessage>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    if input.images.len() > MAX_IMAGES {
        let detail = format!("the message has more than {MAX_IMAGES} images");
        return Err(Problem::unprocessable(detail));
    }
    let images = input.images.into_iter().map(image);
    let images = images.collect::<Result<Vec<_>, _>>()?;
    if input.text.trim().is_empty() && images.is_empty() {
        return Err(Problem::unprocessable(
            "the message has neither text nor images",
        ));
    }
    let text = input.text.clone();
    let mut submit = session.prompt(input.text).images(images);
    if input.join {
        submit = submit.join_running();
    }
    let submit = Sent::new(submit).with_text(text);
    runs::start(&app, &session, submit, input.profile, key).await
}

/// Removes a message from the queue.
pub(crate) async fn withdraw(
    Target(session): Target,
    RunId(run): RunId,
) -> Result<StatusCode, Problem> {
    if session.remove_queued(&run).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = "no message of this run waits in the queue";
    Err(Problem::new(StatusCode::CONFLICT, "not-queued", detail)
        .help("the run may have started; cancel it with POST /sessions/{id}/cancel"))
}

fn image(input: ImageInput) -> Result<ImagePart, Problem> {
    if let Some(url) = input.url.filter(|_| input.data.is_none()) {
        if !url.starts_with("https://") {
            let detail = "the address of an image must start with `https://`";
            return Err(Problem::unprocessable(detail));
        }
        return Ok(ImagePart::url(url));
    }
    let Some(data) = input.data else {
        return Err(Problem::unprocessable(
            "an image has neither `data` nor `url`",
        ));
    };
    let media_type = input.media_type.unwrap_or_default();
    if !IMAGE_TYPES.contains(&media_type.as_str()) {
        let known = IMAGE_TYPES.join(", ");
        let detail = format!("the media type of an image must be one of {known}");
        return Err(Problem::unprocessable(detail));
    }
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if data.is_empty() || !data.bytes().all(is_base64) {
        return Err(Problem::unprocessable("`data` of an image must be base64"));
    }
    let mut part = ImagePart::new(MediaSource::Inline(data));
    part.media_type = Some(media_type);
    Ok(part)
}
