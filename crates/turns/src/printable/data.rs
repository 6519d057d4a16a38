//! Base64 data, such as images, embedded in text.

use std::{borrow::Cow, fmt::Write as _};

/// Length of the longest run of base64 that is printed in full, in bytes. Keys, hashes and
/// signatures are shorter.
const LONGEST_WHOLE: usize = 512;

/// Printed length of a longer run, in bytes.
const SHOWN: usize = 32;

/// Shortens runs of base64 longer than 512 characters to their beginning and their length, for
/// output of tools and files: a screenshot would fill the terminal with 100,000 characters. Borrows
/// if there are none.
///
/// ```
/// use geppetto_turns::printable::shorten_data;
///
/// let image = format!("<img src=\"data:image/png;base64,iVBOR{}\">", "A".repeat(50_000));
/// let shown = shorten_data(&image);
/// assert_eq!(
///     shown,
///     "<img src=\"data:image/png;base64,iVBORAAAAAAAAAAAAAAAAAAAAAAAAAAA… (50005 characters)\">",
/// );
/// ```
#[must_use]
pub fn shorten_data(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_WHOLE {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut copied = 0;
    let mut start = 0;
    let bytes = text.as_bytes();
    while start < bytes.len() {
        let rest = bytes.get(start..).unwrap_or_default();
        let len = rest.iter().take_while(|byte| is_base64(**byte)).count();
        if len > LONGEST_WHOLE {
            shown.push_str(text.get(copied..start + SHOWN).unwrap_or_default());
            let _ = write!(shown, "… ({len} characters)");
            copied = start + len;
        }
        start += len + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(shown)
}

/// Both alphabets of RFC 4648, and padding.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}
