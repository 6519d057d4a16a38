//! HTTP's basic authentication: <https://www.rfc-editor.org/rfc/rfc7617>.

use http::HeaderValue;

/// The header for the user info of a URL, `user:password` percent-encoded; `None` if it is empty.
pub(crate) fn basic(user_info: &str) -> Option<HeaderValue> {
    if user_info.is_empty() {
        return None;
    }
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let pair = format!("{}:{}", percent_decoded(user), percent_decoded(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", base64(pair.as_bytes()))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Text with each `%XX` replaced by its byte; what is no such triple stays.
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

/// Base64 with padding: <https://www.rfc-editor.org/rfc/rfc4648#section-4>.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let group = (at(0) << 16) | (at(1) << 8) | at(2);
        for place in 0..4_usize {
            let sextet = (group >> (18 - 6 * place)) & 63;
            let letter = usize::try_from(sextet).ok().and_then(|at| ALPHABET.get(at));
            let is_padding = place > chunk.len();
            out.push(if is_padding {
                '='
            } else {
                letter.map_or('=', |byte| char::from(*byte))
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

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
