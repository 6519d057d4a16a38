//! Known secrets, in the forms in which servers echo them.

use super::MASK;

/// Returns `text` with `secret` masked in any case and percent-encoding; `None` if it does not
/// occur.
pub(super) fn mask(text: &str, secret: &str) -> Option<String> {
    let plain = secret.to_ascii_lowercase();
    let encoded = percent_encoded(secret).to_ascii_lowercase();
    let masked = mask_form(text, &plain);
    if encoded == plain {
        return masked;
    }
    mask_form(masked.as_deref().unwrap_or(text), &encoded).or(masked)
}

/// Returns `text` with every occurrence of the lower-case `form` masked, ignoring case.
fn mask_form(text: &str, form: &str) -> Option<String> {
    // ASCII lower-casing keeps every byte position, so positions are valid in both texts.
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut end = 0;
    for (at, _) in lower.match_indices(form) {
        out.push_str(text.get(end..at)?);
        out.push_str(MASK);
        end = at + form.len();
    }
    if end == 0 {
        return None;
    }
    out.push_str(text.get(end..)?);
    Some(out)
}

/// All bytes except those that no encoder converts to `%XX`.
///
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
fn percent_encoded(secret: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| {
        HEX.get(usize::from(nibble))
            .map_or('0', |byte| char::from(*byte))
    };
    let mut out = String::with_capacity(secret.len());
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}
