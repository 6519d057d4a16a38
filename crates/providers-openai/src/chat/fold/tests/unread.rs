//! Unreadable data is read as far as possible, and reported.

use super::*;

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

fn delta(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#)
}

fn data(deltas: &[&str]) -> Folded {
    let events: Vec<String> = deltas.iter().map(|text| delta(text)).collect();
    let mut events: Vec<&str> = events.iter().map(String::as_str).collect();
    events.push(STOP);
    fold_data(&events)
}

#[test]
fn halves_of_a_character_join_across_deltas_of_the_same_field() {
    for (first, second, expect) in [
        (
            r#"{"content":"a\ud83d"}"#,
            r#"{"content":"\ude00b"}"#,
            "llm_text:a😀b",
        ),
        (
            r#"{"reasoning_content":"a\ud83d"}"#,
            r#"{"reasoning_content":"\ude00b"}"#,
            "reasoning:a😀b",
        ),
        (
            r#"{"content":[{"type":"text","text":"a\ud83d"}]}"#,
            r#"{"content":[{"type":"text","text":"\ude00b"}]}"#,
            "llm_text:a😀b",
        ),
        (
            r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"x\":\"\ud83d"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"\ude00\"}"}}]}"#,
            r#"f:{"x":"😀"}"#,
        ),
        (
            r#"{"tool_calls":[{"index":0,"id":"c","custom":{"name":"f","input":"\ud83d"}}]}"#,
            r#"{"tool_calls":[{"index":0,"custom":{"input":"\ude00"}}]}"#,
            "f:😀",
        ),
    ] {
        let folded = data(&[first, second]);
        assert_eq!(said(&folded.turn), [expect]);
        assert_eq!(infos(&folded), []);
        assert!(folded.outcome.unwrap().details.is_empty());
    }
}

#[test]
fn halves_without_a_partner_are_replaced_and_said_once() {
    let folded = data(&[
        r#"{"content":"a\ud83d"}"#,
        r#"{"content":"b\ude00"}"#,
        r#"{"content":"\ud83d"}"#,
        r#"{"tool_calls":[{"index":0,"id":"\ud83d","function":{"name":"f\udfff","arguments":"{\"x\":\"\ud83d\"}"}}]}"#,
    ]);
    assert_eq!(
        said(&folded.turn),
        [
            "llm_text:a\u{fffd}b\u{fffd}\u{fffd}",
            "f\u{fffd}:{\"x\":\"\u{fffd}\"}"
        ]
    );
    let message = "part of the reply could not be read".to_owned();
    assert_eq!(
        infos(&folded),
        [(message, json!({"replaced_characters": 6}))]
    );
    let result = folded.outcome.unwrap();
    assert_eq!(result.details.get("replaced_characters"), Some(&json!(6)));
}

#[test]
fn a_body_is_read_like_a_stream() {
    let folded = fold_body(
        r#"{"choices":[{"message":{"content":"a\ud83d","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"only\":\"old \ud83d\"}"}}]},"finish_reason":"tool_calls"}]}"#,
    );
    assert_eq!(
        said(&folded.turn),
        ["llm_text:a\u{fffd}", "f:{\"only\":\"old \u{fffd}\"}"]
    );
    assert_eq!(infos(&folded).len(), 1);
}

#[test]
fn details_of_reasoning_are_kept_with_what_can_be_read() {
    let details = |folded: &Folded| match &folded.turn.blocks.first().unwrap().content {
        geppetto_turns::Content::Reasoning(r) => r.extra.get("reasoning_details").cloned(),
        _ => None,
    };
    let folded = data(&[
        r#"{"reasoning_details":[{"type":"reasoning.text","index":0,"text":"h\ud83d"}]}"#,
        r#"{"reasoning_details":[{"type":"reasoning.text","index":0,"text":"\ude00\ud83d","signature":"c2ln","score":1e400}]}"#,
    ]);
    assert_eq!(said(&folded.turn), ["reasoning:h😀\u{fffd}"]);
    assert_eq!(
        details(&folded),
        Some(
            json!([{"type": "reasoning.text", "index": 0, "text": "h😀\u{fffd}",
                "signature": "c2ln", "score": null}])
        )
    );
}

#[test]
fn numbers_and_control_characters_that_json_does_not_have_are_no_errors() {
    let folded = fold_data(&[
        "{\"created\":NaN,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\tb\"},\"logprobs\":{\"content\":[{\"token\":\"a\",\"logprob\":-Infinity}]}}]}",
        r#"{"choices":[{"index":1e400,"delta":{"content":"c"}}]}"#,
        STOP,
    ]);
    assert_eq!(said(&folded.turn), ["llm_text:a\tbc"]);
    assert!(folded.outcome.is_ok());
    let body = r#"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"score":NaN}"#;
    assert_eq!(said(&fold_body(body).turn), ["llm_text:x"]);
}

#[test]
fn counts_that_are_none_are_said_and_do_not_count() {
    for (usage, input, output, unreported, odd) in [
        (
            r#"{"prompt_tokens":-3,"completion_tokens":4}"#,
            0,
            4,
            1,
            true,
        ),
        (
            r#"{"prompt_tokens":"3","completion_tokens":4.0}"#,
            3,
            4,
            0,
            false,
        ),
        (
            r#"{"prompt_tokens":2.5,"completion_tokens":4}"#,
            3,
            4,
            0,
            true,
        ),
        (
            r#"{"prompt_tokens":1e400,"completion_tokens":4}"#,
            0,
            4,
            1,
            true,
        ),
        (
            r#"{"prompt_tokens":18446744073709551616,"completion_tokens":4}"#,
            0,
            4,
            1,
            true,
        ),
    ] {
        let event = format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"x"}},"finish_reason":"stop"}}],"usage":{usage}}}"#
        );
        let folded = fold_data(&[&event]);
        assert_eq!(infos(&folded).len(), usize::from(odd), "{usage}");
        let result = folded.outcome.unwrap();
        assert_eq!(result.details.get("unreadable_usage").is_some(), odd);
        let counted = result.usage.unwrap();
        assert_eq!(
            (
                counted.input_tokens,
                counted.output_tokens,
                counted.unreported_calls
            ),
            (input, output, unreported),
            "{usage}"
        );
    }
}

#[test]
fn words_of_the_server_hold_no_secrets_and_are_bounded() {
    let key: &str = &format!("sk-{}", "0123456789abcdef0123");
    let long = "x".repeat(5000);
    let event = format!(
        r#"{{"id":"{key}","model":"m {key}","system_fingerprint":"{long}","service_tier":"{key}","provider":"{key}",
            "choices":[{{"index":0,"delta":{{"content":"x","tool_calls":[{{"index":0,"id":"{key}","function":{{"name":"f","arguments":"{{}}"}}}}]}},"finish_reason":"{key}"}}]}}"#
    );
    let folded = fold_data(&[&event]);
    let shown = format!("{:?} {:?} {:?}", folded.turn, folded.kinds, folded.outcome);
    assert!(!shown.contains(key) && !shown.contains(&long), "{shown}");
    let result = folded.outcome.unwrap();
    assert_eq!(result.response_id.as_deref(), Some("sk-***"));
    assert_eq!(result.model, "m sk-***");
}
