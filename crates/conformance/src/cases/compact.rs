//! JSON text on one line, otherwise unchanged.
//!
//! Inputs can contain text that no JSON value represents, such as half of a surrogate pair, so the
//! data of an event is not parsed and written again.

/// Returns `json` without the white space between its tokens.
pub(super) fn compact(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            line.push(c);
        } else if !c.is_ascii_whitespace() {
            in_text = c == '"';
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn only_white_space_between_tokens_goes() {
        let json = "{\n \"a b\": [1,\t\"x \\\" \\\\\", \"\\ud83d \"]\r\n}";
        assert_eq!(compact(json), r#"{"a b":[1,"x \" \\","\ud83d "]}"#);
    }
}
