//! An event that equals the previous one except for its text is not parsed, without any effect on
//! the result.

use proptest::prelude::*;

use super::*;

/// Returns an event with this text, in JSON notation, and this end.
fn event(text: &str, end: &str) -> String {
    format!(
        r#"{{"id":"c","model":"m","choices":[{{"index":0,"delta":{{"content":"{text}"}},"logprobs":null,"finish_reason":null}}]{end}}}"#
    )
}

/// Returns the same events, such that no two consecutive ones have the same bytes around their
/// text.
fn told_apart(events: &[String]) -> Vec<String> {
    let apart = |(n, event): (usize, &String)| {
        let rest = event.strip_prefix('{').unwrap();
        format!("{{{}{rest}", " ".repeat(n % 2))
    };
    events.iter().enumerate().map(apart).collect()
}

fn check(events: &[String]) {
    let data = |events: &[String]| -> Vec<String> {
        let end = [
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            "[DONE]",
        ];
        events
            .iter()
            .cloned()
            .chain(end.map(str::to_owned))
            .collect()
    };
    let folded = [events.to_vec(), told_apart(events)].map(|events| {
        let events = data(&events);
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let mut folded = fold_data(&events);
        for kind in &mut folded.kinds {
            if let EventKind::ProviderCallFinished(finished) = kind {
                finished.duration_ms = None;
            }
        }
        let outcome = folded.outcome.map_err(|error| error.to_string());
        (
            said(&folded.turn),
            folded.kinds,
            outcome.map(|result| (result.finish_class, result.usage)),
        )
    });
    assert_eq!(folded[0], folded[1], "{events:#?}");
}

const ENDS: &[&str] = &[
    "",
    r#","obfuscation":"abc""#,
    r#","obfuscation":"""#,
    r#","obfuscation":"k7","usage":null"#,
    r#","obfuscation":"a\"b""#,
    r#","obfuscation":"x","usage":{"prompt_tokens":3,"completion_tokens":4}"#,
    r#","usage":{"prompt_tokens":3,"completion_tokens":5}"#,
    r#","usage":{"prompt_tokens":3,"completion_tokens":127}"#,
    r#","service_tier":"flex""#,
    r#","error":{"message":"no"}"#,
];

const TEXTS: &[&str] = &[
    "a",
    "b c",
    "",
    "é",
    "\\n",
    "\\u00e9",
    "\\ud83d",
    "\\ude00",
    "\\\"",
    "\\\\",
    "a\\n\\n\\tb\\r\\/\\b\\f c",
    "\\x",
    "obfuscation",
    "{}",
    "\u{fffd}",
];

fn one() -> impl Strategy<Value = String> {
    let text = || prop::sample::select(TEXTS);
    prop_oneof![
        20 => (text(), prop::sample::select(&ENDS[..4])).prop_map(|(text, end)| event(text, end)),
        10 => (text(), prop::sample::select(&ENDS[5..8])).prop_map(|(text, end)| event(text, end)),
        4 => (text(), prop::sample::select(ENDS)).prop_map(|(text, end)| event(text, end)),
        1 => text().prop_map(|text| event(text, "").replace("content", "reasoning_content")),
        1 => text().prop_map(|text| event(text, "").replace("content", "refusal")),
        1 => text().prop_map(|text| event(text, "").replace("\"index\":0", "\"index\":1")),
        1 => text().prop_map(|text| event(text, "").replace(
            "\"logprobs\":null", r#""logprobs":{"content":[{"token":"t"}]}"#)),
        1 => text().prop_map(|text| event(text, "").replace(
            "\"finish_reason\":null", r#""finish_reason":"length""#)),
        1 => Just(event("x", "").replace(
            "\"content\":\"x\"",
            r#""tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#)),
    ]
}

proptest! {
    #[test]
    fn it_makes_no_difference(events in prop::collection::vec(one(), 0..12)) {
        check(&events);
    }
}

/// Parses an event and learns it.
fn learn(repeat: &mut Repeat, event: &str) {
    let mut chunk = Chunk::default();
    parse_into(&mut chunk, event).unwrap();
    let parts = only_text(&chunk, Some(0)).unwrap();
    repeat.learn(event, &parts);
}

/// Returns the text of an event that is not parsed.
fn text(repeat: &mut Repeat, event: &str) -> Option<String> {
    repeat
        .find(event)
        .map(|repeated| repeated.text.into_owned())
}

#[test]
fn of_a_stream_of_texts_the_first_one_alone_is_parsed() {
    let (sample, noise) = (event("a", ENDS[1]), event("b \u{e9}", ENDS[2]));
    let mut repeat = Repeat::default();
    assert_eq!(text(&mut repeat, &sample), None);
    learn(&mut repeat, &sample);
    assert_eq!(text(&mut repeat, &noise), Some("b \u{e9}".into()));
    assert_eq!(text(&mut repeat, &event("", ENDS[1])), Some(String::new()));
    let escaped = event("a\\n\\t\\\"\\\\\\/\\r\\b\\fb", ENDS[1]);
    let plain = "a\n\t\"\\/\r\u{8}\u{c}b";
    assert_eq!(text(&mut repeat, &escaped), Some(plain.into()));
    for other in [
        event("c", ENDS[0]),
        event("c", ENDS[5]),
        event("\\u000a", ENDS[1]),
        event("\\x", ENDS[1]),
        event("\\", ENDS[1]),
        event("c", ENDS[4]),
        event("c", ENDS[1]).replace("\"m\"", "\"n\""),
    ] {
        let mut repeat = Repeat::default();
        learn(&mut repeat, &sample);
        assert_eq!(text(&mut repeat, &other), None, "{other}");
        // The state of the reply may differ afterwards.
        assert_eq!(text(&mut repeat, &sample), None, "{other}");
    }
}

#[test]
fn a_stream_whose_events_all_differ_is_not_kept_for_long() {
    let mut repeat = Repeat::default();
    let event = |n: u32| event("a", &format!(",\"created\":{n}"));
    for n in 0..16 {
        learn(&mut repeat, &event(n));
        assert_eq!(text(&mut repeat, &event(n + 1)), None);
    }
    learn(&mut repeat, &event(17));
    assert_eq!(text(&mut repeat, &event(17)), None);
}
