use super::*;

/// Returns the end of the object, with the text split after each byte in turn.
fn end(text: &str) -> Option<usize> {
    let whole = ObjectEnd::default().read(text);
    for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
        let mut object = ObjectEnd::default();
        let (before, after) = text.split_at(at);
        let first = object.read(before);
        let second = object.read(after).map(|end| at + end);
        assert_eq!(first.or(second), whole, "{text} cut at {at}");
    }
    whole
}

#[test]
fn an_object_ends_with_its_own_bracket() {
    for (text, expect) in [
        ("{}", Some(2)),
        (r#" {"a":"}\"{"}}"#, Some(13)),
        (r#"{"a":[{"b":1}]}{"a":2}"#, Some(15)),
        (r#"{"a":"é\\"} "#, Some(12)),
        (r#"{"a":1"#, None),
        ("null", None),
        ("[{}]", None),
        ("}", None),
        ("", None),
    ] {
        assert_eq!(end(text), expect, "{text}");
    }
}

#[test]
fn an_object_is_one_whatever_its_values_are() {
    for (text, expect) in [
        (r#"{"a":1e999,"b":"\ud83d"}"#, true),
        (" {} ", true),
        ("{a}", false),
        ("[]", false),
        ("{}{}", false),
    ] {
        assert_eq!(is_object(text), expect, "{text}");
    }
}
