//! HTTP basic authentication: <https://www.rfc-editor.org/rfc/rfc7617>.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;

/// Returns the header for the user info of a URL (percent-encoded `user:password`); `None` if it is
/// empty.
pub(crate) fn basic(user_info: &str) -> Option<HeaderValue> {
    if user_info.is_empty() {
        return None;
    }
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let pair = format!("{}:{}", percent_decoded(user), percent_decoded(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Decodes each `%XX`; other text is unchanged.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%');
        let decoded = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_decoded_before_they_are_sent() {
        assert_eq!(
            basic("Aladdin:open%20sesame").unwrap(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(basic("robot").unwrap(), "Basic cm9ib3Q6");
        assert_eq!(basic(""), None);
        assert_eq!(percent_decoded("100%+%zz%4"), "100%+%zz%4");
    }
}
