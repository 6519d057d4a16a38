//! Content of messages: a text, or parts of the types allowed for the role.

use serde_json::Value;

use super::{ProviderRefusal, typed};

const IMAGE_TYPES: [&str; 5] = ["png", "jpeg", "jpg", "gif", "webp"];

pub(super) fn user(message: &Value, param: &str) -> Result<(), ProviderRefusal> {
    let types = ["text", "image_url", "input_audio", "file"];
    content(message, param, &types)
}

pub(super) fn text_only(message: &Value, param: &str) -> Result<(), ProviderRefusal> {
    content(message, param, &["text"])
}

pub(super) fn tool(message: &Value, param: &str) -> Result<(), ProviderRefusal> {
    text_only(message, param)
}

/// Checks the content of an assistant message; it may be absent if the message has other content.
pub(super) fn assistant(
    message: &Value,
    param: &str,
    says_something_else: bool,
) -> Result<(), ProviderRefusal> {
    if message["content"].is_null() && says_something_else {
        return Ok(());
    }
    content(message, param, &["text", "refusal"])
}

fn content(message: &Value, param: &str, types: &[&str]) -> Result<(), ProviderRefusal> {
    let param = format!("{param}.content");
    match &message["content"] {
        Value::String(_) => Ok(()),
        Value::Null => Err(ProviderRefusal::invalid_request(
            "Invalid value for 'content': expected a string, got null.",
        )
        .param(param)),
        parts @ Value::Array(_) => typed::filled_array(parts, &param)?
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| part(item, &format!("{param}[{index}]"), types)),
        other => Err(typed::wrong_type(
            &param,
            "one of a string or array of objects",
            other,
        )),
    }
}

fn part(part: &Value, param: &str, types: &[&str]) -> Result<(), ProviderRefusal> {
    let kind = typed::string(&part["type"], &format!("{param}.type"))?;
    if !types.contains(&kind) {
        let param = format!("{param}.type");
        let refusal = match types {
            [only] => ProviderRefusal::invalid_request(format!(
                "Invalid value: '{kind}'. Value must be '{only}'."
            ))
            .param(param)
            .code("invalid_value"),
            _ => typed::unsupported_value(&param, kind, types),
        };
        return Err(refusal);
    }
    match kind {
        "image_url" => image(&part["image_url"], &format!("{param}.image_url")),
        "text" => typed::string(&part["text"], &format!("{param}.text")).map(drop),
        "refusal" => typed::string(&part["refusal"], &format!("{param}.refusal")).map(drop),
        _ => match &part[kind] {
            Value::Object(_) => Ok(()),
            Value::Null => Err(typed::missing(&format!("{param}.{kind}"))),
            other => Err(typed::wrong_type(
                &format!("{param}.{kind}"),
                "an object",
                other,
            )),
        },
    }
}

fn image(image: &Value, param: &str) -> Result<(), ProviderRefusal> {
    match image {
        Value::Object(_) => {}
        Value::Null => return Err(typed::missing(param)),
        other => return Err(typed::wrong_type(param, "an object", other)),
    }
    if !image["detail"].is_null() {
        let param = format!("{param}.detail");
        let detail = typed::string(&image["detail"], &param)?;
        let details = ["low", "high", "original", "auto"];
        if !details.contains(&detail) {
            return Err(typed::unsupported_value(&param, detail, &details));
        }
    }
    let param = format!("{param}.url");
    image_url(typed::string(&image["url"], &param)?, &param)
}

pub(super) fn image_url(url: &str, param: &str) -> Result<(), ProviderRefusal> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(());
    }
    let refuse = |problem: &str, code: &str| {
        Err(ProviderRefusal::invalid_request(problem)
            .param(param)
            .code(code))
    };
    let Some((media_type, data)) = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"))
    else {
        return refuse(
            "Invalid image URL. Expected a valid URL, or base64-encoded data with a mime type.",
            "invalid_image_url",
        );
    };
    let supported = media_type
        .strip_prefix("image/")
        .is_some_and(|kind| IMAGE_TYPES.contains(&kind));
    if !supported {
        return refuse(
            "You uploaded an unsupported image. Please make sure your image has of one the \
             following formats: ['png', 'jpeg', 'gif', 'webp'].",
            "invalid_image_format",
        );
    }
    if !is_base64(data) {
        return refuse("Invalid base64 image_url.", "invalid_base64");
    }
    Ok(())
}

fn is_base64(data: &str) -> bool {
    let digits = data.trim_end_matches('=');
    let padding = data.len() - digits.len();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    !digits.is_empty() && padding <= 2 && data.len().is_multiple_of(4) && digits.bytes().all(fits)
}
