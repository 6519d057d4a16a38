//! A chunk that equals the previous one except for its text and its counts is not parsed, without any
//! effect on the result.

use proptest::prelude::*;

use super::*;

/// Returns a chunk with this part and this usage, in JSON notation.
fn chunk(part: &str, usage: &str) -> String {
    format!(
        r#"{{"candidates": [{{"content": {{"parts": [{{{part}}}],"role": "model"}},"index": 0}}],{usage}"modelVersion": "m"}}"#
    )
}

fn text(text: &str, usage: &str) -> String {
    chunk(&format!(r#""text": "{text}""#), usage)
}

/// Returns the same chunks, such that no two consecutive ones have the same bytes around their text.
fn told_apart(chunks: &[String]) -> Vec<String> {
    let apart = |(n, chunk): (usize, &String)| format!("{}{chunk}", " ".repeat(n % 2));
    chunks.iter().enumerate().map(apart).collect()
}

fn check(chunks: &[String]) {
    let folded = [chunks.to_vec(), told_apart(chunks)].map(|chunks| {
        let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
        let mut folded = fold_data(&chunks);
        for kind in &mut folded.kinds {
            if let EventKind::ProviderCallFinished(finished) = kind {
                finished.duration_ms = None;
            }
        }
        let outcome = folded.outcome.as_ref().map_err(ToString::to_string);
        let usage = outcome.as_ref().ok().map(|result| result.usage.clone());
        (
            folded.blocks(),
            folded.kinds.clone(),
            outcome.map(|result| result.finish_class.clone()),
            usage,
        )
    });
    assert_eq!(folded[0], folded[1], "{chunks:#?}");
}

const USAGES: &[&str] = &[
    "",
    r#""usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 1,"totalTokenCount": 10},"#,
    r#""usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 12,"totalTokenCount": 21},"#,
    r#""usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 0,"totalTokenCount": 9},"#,
    r#""usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 007,"totalTokenCount": 9},"#,
    r#""usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 1.5,"totalTokenCount": 9},"#,
    r#""usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": -1,"totalTokenCount": 9},"#,
    r#""usageMetadata": {"promptTokenCount": 9,"totalTokenCount": 9, "thoughtsTokenCount":4},"#,
    r#""usageMetadata": {"promptTokenCount": 9,"totalTokenCount": 9, "thoughtsTokenCount":99999999999999999999},"#,
    r#""usageMetadata": {"trafficType": "ON_DEMAND 1"},"#,
    r#""usageMetadata": {"trafficType": "a: 1","totalTokenCount": 3},"#,
    r#""usageMetadata": {"trafficType": "a: 2","totalTokenCount": 4},"#,
];

const TEXTS: &[&str] = &[
    "a", "b c", "", "\u{e9}", "\\n", "\\ud83d", "\\ude00", "\\\"", "\\x", "{}",
];

fn one() -> impl Strategy<Value = String> {
    let usage = || prop::sample::select(USAGES);
    let word = || prop::sample::select(TEXTS);
    prop_oneof![
        20 => (word(), prop::sample::select(&USAGES[1..4])).prop_map(|(word, usage)| text(word, usage)),
        6 => (word(), usage()).prop_map(|(word, usage)| text(word, usage)),
        4 => (word(), usage()).prop_map(|(word, usage)| {
            chunk(&format!(r#""text": "{word}","thought": true"#), usage)
        }),
        1 => (word(), usage()).prop_map(|(word, usage)| {
            chunk(&format!(r#""text": "{word}","thoughtSignature": "s""#), usage)
        }),
        1 => usage().prop_map(|usage| chunk(r#""functionCall": {"name": "f","args": {}}"#, usage)),
        1 => word().prop_map(|word| text(word, "").replace("\"index\": 0", "\"index\": 1")),
        1 => word().prop_map(|word| {
            text(word, "").replace("\"index\": 0", r#""index": 0,"groundingMetadata": {"webSearchQueries": ["q"]}"#)
        }),
        1 => word().prop_map(|word| {
            text(word, USAGES[1]).replace("\"index\": 0", r#""index": 0,"finishReason": "STOP""#)
        }),
    ]
}

proptest! {
    #[test]
    fn it_makes_no_difference(chunks in prop::collection::vec(one(), 0..12)) {
        check(&chunks);
    }
}

#[test]
fn counts_of_later_chunks_are_kept_without_parsing() {
    let mut chunks: Vec<String> = (0..40)
        .map(|n| {
            let usage = format!(
                r#""usageMetadata": {{"promptTokenCount": 9,"candidatesTokenCount": {n},"totalTokenCount": {}}},"#,
                n + 9
            );
            text("a", &usage)
        })
        .collect();
    chunks.push(text("", "").replace("\"index\": 0", r#""index": 0,"finishReason": "STOP""#));
    let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
    let folded = fold_data(&chunks);
    let usage = folded.result().usage.as_ref().unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (9, 39));
    assert_eq!(folded.blocks()[0].1, "a".repeat(40));
}
