use super::*;

/// Returns the arguments of these pieces, and the number of surplus bytes.
fn written(pieces: &[&str]) -> (String, usize) {
    let mut args = StreamedArgs::default();
    let mut published = String::new();
    for piece in pieces {
        args.push(piece);
        if !args.waits() {
            published.push_str(args.take_news());
        }
    }
    args.settle();
    published.push_str(args.take_news());
    assert_eq!(published, args.as_str(), "{pieces:?}");
    (published, args.surplus())
}

#[test]
fn nothing_follows_a_whole_object() {
    let object = r#"{"a":"} {"}"#;
    for (pieces, surplus) in [
        (vec![object], 0),
        (vec![object, " \n"], 0),
        (vec![object, object], 0),
        (
            vec!["{\"a\":", "\"} {\"}", "{\"a\":\"} ", "{\"}", object],
            0,
        ),
        (vec![r#"{"a":"} {"}{"a":"} {"}"#], 0),
        (vec![object, r#"{"a":"b"}"#], 9),
        (vec![object, "}"], 1),
        (vec!["{}", object], 0),
        (vec!["{}", "{}", object], 0),
        (vec![r#"{}{} {"a":"} {"}"#], 0),
    ] {
        assert_eq!(written(&pieces), (object.to_owned(), surplus), "{pieces:?}");
    }
}

#[test]
fn what_stands_for_none_is_none() {
    for pieces in [
        vec!["null"],
        vec!["nu", "ll"],
        vec![" null "],
        vec![""],
        vec!["  ", "\n"],
        vec!["[]"],
        vec!["\"\""],
        vec!["\"null\""],
    ] {
        assert_eq!(written(&pieces).0, "", "{pieces:?}");
    }
    assert_eq!(written(&["{}"]).0, "{}");
}

#[test]
fn what_the_model_forgot_to_escape_is_escaped() {
    for (pieces, meant) in [
        (vec!["{\"a\":\"b\n", "\tc\"}"], r#"{"a":"b\u000a\u0009c"}"#),
        (vec![r#"{"a":"\d+"#, r#""}"#], r#"{"a":"\\d+"}"#),
        // No object after that, either.
        (vec!["{\"a\":\"b\n"], "{\"a\":\"b\n"),
        (vec!["{\"a\":\"b\n\"} and"], "{\"a\":\"b\n\"} and"),
        (vec![r#"{"a": NaN}"#], r#"{"a": NaN}"#),
        (vec!["{\"a\": \\n1}"], "{\"a\": \\n1}"),
    ] {
        let mut args = StreamedArgs::default();
        for piece in &pieces {
            args.push(piece);
            args.take_news();
        }
        args.settle();
        assert_eq!(args.as_str(), meant, "{pieces:?}");
        assert_eq!(
            args.take_replacement().is_some(),
            args.is_over(),
            "{pieces:?}"
        );
    }
}

#[test]
fn an_object_in_a_string_is_the_object() {
    assert_eq!(written(&[r#""{\"a\":"#, r#"1}""#]).0, r#"{"a":1}"#);
    assert_eq!(written(&[r#""just text""#]).0, r#""just text""#);
}

#[test]
fn what_is_no_object_stays_as_it_was_written() {
    for text in [
        "{a}",
        "{\"a\":",
        "nul",
        "ls -l",
        "[1]",
        "{\"a\":1]{\"a\":1}",
    ] {
        assert_eq!(written(&[text]).0, text);
    }
}

#[test]
fn the_end_counts_where_the_pieces_are_not_whole() {
    let whole = r#"{"a":1}"#;
    for (pieces, published, end, expect) in [
        (vec![], false, whole, whole),
        (vec!["{\"a\""], true, whole, whole),
        (vec!["{\"a\":2"], false, whole, whole),
        (vec!["{\"a\":2"], true, whole, whole),
        (vec!["{\"a\":2}"], false, whole, "{\"a\":2}"),
        (vec![whole], false, "", whole),
        (vec!["{}"], false, whole, whole),
        (vec![], false, r#"{"a":1}{"a":1}"#, whole),
    ] {
        let mut args = StreamedArgs::default();
        for piece in &pieces {
            args.push(piece);
        }
        if published {
            args.take_news();
        }
        args.complete(end);
        args.settle();
        assert_eq!(args.as_str(), expect, "{pieces:?} {end}");
    }
}

proptest::proptest! {
    #[test]
    fn the_pieces_do_not_matter(
        parts in proptest::collection::vec(
            proptest::sample::select(vec!["{}", "{", "}", " ", "\"", "a", ":", "1", r#"{"a":1}"#, "null", "[]", "\\"]), 0..8),
        cuts in proptest::collection::vec(proptest::arbitrary::any::<bool>(), 64),
    ) {
        let text = parts.concat();
        let mut pieces = vec![String::new()];
        for (at, byte) in text.chars().enumerate() {
            if cuts[at % cuts.len()] {
                pieces.push(String::new());
            }
            pieces.last_mut().unwrap().push(byte);
        }
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        proptest::prop_assert_eq!(written(&[text.as_str()]), written(&pieces));
    }
}
