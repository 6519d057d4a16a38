//! An event that equals the previous one except for its text is not parsed, without any effect on
//! the result.

use super::*;

/// Returns an event with a piece of text, as OpenAI sends it. The text is in JSON notation.
fn piece(text: &str, number: &str, index: u64, logprobs: &str) -> String {
    format!(
        r#"{{"type":"response.output_text.delta","content_index":{index},"delta":"{text}","item_id":"msg_1","logprobs":{logprobs},"obfuscation":"{}","output_index":0,"sequence_number":{number}}}"#,
        "x".repeat(text.len() % 8),
    )
}

/// Returns the same events, such that no two consecutive different ones have the same bytes around
/// their text.
fn told_apart(events: &[String]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut spaces = 0;
    for (n, event) in events.iter().enumerate() {
        if n > 0 && events[n - 1] != *event {
            spaces = 1 - spaces;
        }
        let rest = event.strip_prefix('{').unwrap();
        told.push(format!("{{{}{rest}", " ".repeat(spaces)));
    }
    told
}

fn check(events: &[String]) {
    let folded = [events.to_vec(), told_apart(events)].map(|events| {
        let seen = fold_named(events.iter().map(|data| ("", data.as_str())));
        let mut kinds: Vec<_> = seen.events.into_iter().map(|event| event.kind).collect();
        for kind in &mut kinds {
            if let EventKind::ProviderCallFinished(finished) = kind {
                finished.duration_ms = None;
            }
        }
        let outcome = seen.outcome.map_err(|error| error.to_string());
        let blocks: Vec<_> = seen.turn.blocks.iter().map(|b| b.content.clone()).collect();
        (blocks, kinds, outcome.map(|result| result.finish_class))
    });
    assert_eq!(folded[0], folded[1], "{events:#?}");
}

fn one() -> impl Strategy<Value = (String, u8)> {
    const TEXTS: &[&str] = &[
        "a",
        "b c",
        "",
        "\u{e9}",
        "\\n",
        "\\ud83d",
        "\\ude00",
        "obfuscation",
    ];
    let text = || prop::sample::select(TEXTS);
    // The increment of the sequence number: rarely zero.
    let step = || prop_oneof![1 => Just(0_u8), 8 => Just(1)];
    let message = r#"{"type":"message","id":"msg_2"}"#;
    let others = [
        format!(r#"{{"type":"response.output_item.added","output_index":1,"item":{message}}}"#),
        r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"item_id":"msg_1","text":"a"}"#.to_owned(),
        r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"no"}"#.to_owned(),
    ];
    prop_oneof![
        20 => (text(), step()).prop_map(|(text, step)| (piece(text, "@", 0, "[]"), step)),
        2 => (text(), step()).prop_map(|(text, step)| (piece(text, "@", 1, "[]"), step)),
        1 => text().prop_map(|text| (piece(text, "@", 0, r#"[{"token":"t"}]"#), 1)),
        1 => text().prop_map(|text| (piece(text, "\"@\"", 0, "[]"), 1)),
        1 => text().prop_map(|text| (piece(text, "null", 0, "[]"), 1)),
        2 => prop::sample::select(others.to_vec()).prop_map(|other| (other, 1)),
    ]
}

proptest! {
    #[test]
    fn it_makes_no_difference(events in prop::collection::vec(one(), 0..16)) {
        let mut number = 7_u64;
        let numbered = events.iter().map(|(event, step)| {
            number += u64::from(*step);
            event.replace('@', &number.to_string())
        });
        let mut events: Vec<_> = numbered.collect();
        events.push(r#"{"type":"response.completed","response":{"status":"completed"}}"#.into());
        check(&events);
    }
}

#[test]
fn of_a_stream_of_texts_the_first_one_alone_is_parsed() {
    let mut folds = ResponsesFold::default();
    let sample = piece("a", "9", 0, "[]");
    let event = read::event(&sample).unwrap();
    assert_eq!(folds.repeat.find(&sample), None);
    folds.learn_text(&event, &sample);
    for (text, number) in [("bcd", 10), ("", 11), ("\u{e9}", 1_000)] {
        let event = piece(text, &number.to_string(), 0, "[]");
        let found = folds.repeat.find(&event).unwrap();
        assert_eq!((&*found.text, found.sequence), (text, Some(number)));
    }
    for other in [
        piece("b", "010", 0, "[]"),
        piece("b", "1.5", 0, "[]"),
        piece("b", "10", 1, "[]"),
        piece("\\u000a", "10", 0, "[]"),
        piece("b", "10", 0, "[{}]"),
    ] {
        folds.learn_text(&event, &sample);
        assert_eq!(folds.repeat.find(&other), None, "{other}");
    }
}

#[test]
fn an_event_that_came_twice_counts_once() {
    let events = [
        piece("a", "1", 0, "[]"),
        piece("b", "2", 0, "[]"),
        piece("b", "2", 0, "[]"),
        piece("b", "3", 0, "[]"),
        r#"{"type":"response.completed","response":{"status":"completed"}}"#.to_owned(),
    ];
    let seen = fold_named(events.iter().map(|data| ("", data.as_str())));
    assert_eq!(seen.turn.assistant_text(), "abb");
}
