//! Events, lines or one body: the form of a reply does not depend on the request.

use geppetto_engine::ErrorKind;
use geppetto_transport::memory::Reply;
use geppetto_turns::{FinishClass, InferenceResult, Turn};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

use crate::support::{Asked, turn};

/// Steps of the reply. The second item starts first.
const STEPS: [&str; 7] = [
    r#"{"type":"text","index":1,"id":"r-1","text":"Hel"}"#,
    r#"{"type":"new","what":["not","known"]}"#,
    r#"{"type":"thought","index":0,"text":"h{m}"}"#,
    r#"{"type":"alive"}"#,
    r#"{"type":"text","index":1,"full":"Hello \"there\""}"#,
    r#"{"type":"tokens","tokens":"7"}"#,
    r#"{"type":"stop","reason":"stop"}"#,
];

fn joined(before: &str, between: &str) -> String {
    let steps = STEPS.iter().map(|step| format!("{before}{step}{between}"));
    steps.collect()
}

fn pretty() -> String {
    let steps = STEPS.iter().map(|step| {
        let value: serde_json::Value = serde_json::from_str(step).unwrap();
        format!("{value:#}\r\n")
    });
    steps.collect()
}

/// All forms in which the steps may arrive.
fn forms() -> Vec<(&'static str, String)> {
    vec![
        ("events", joined("data: ", "\n\n")),
        ("named events", joined("event: step\r\ndata: ", "\r\n\r\n")),
        ("unparted events", joined("data: ", "\n")),
        (
            "a marked end",
            joined("data: ", "\n\n") + "data: [DONE]\n\n",
        ),
        ("lines", joined("", "\n")),
        ("lines with CR", joined("", "\r\n")),
        (
            "lines without an end",
            joined("", "\n").trim_end().to_owned(),
        ),
        ("a marked end of lines", joined("", "\n") + "[DONE]\n"),
        ("objects without lines", joined("", "")),
        ("objects over several lines", pretty()),
        ("one body", format!("{{\"steps\":[{}]}}", STEPS.join(","))),
        (
            "one body, printed",
            format!("\u{feff}{{\"steps\":\n[{}]\n}}\n", STEPS.join(",\n")),
        ),
    ]
}

async fn asked<const LINES: bool>(
    body: &str,
    cut: usize,
    stream: bool,
    content_type: &'static str,
) -> (Turn, InferenceResult) {
    let mut reply =
        Reply::new(StatusCode::OK).header(CONTENT_TYPE, HeaderValue::from_static(content_type));
    for chunk in body.as_bytes().chunks(cut) {
        reply = reply.chunk(chunk.to_vec());
    }
    let asked = Asked::<LINES>::new([reply], |builder| builder.stream(stream));
    let mut turn = turn();
    let result = asked.ask(&mut turn).await.unwrap();
    (turn, result)
}

fn check(form: &str, (turn, result): &(Turn, InferenceResult)) {
    let texts: Vec<&str> = turn
        .blocks
        .iter()
        .filter_map(|block| block.text())
        .collect();
    assert_eq!(texts, ["Hi", "h{m}", "Hello \"there\""], "{form}");
    assert_eq!(result.finish_class, FinishClass::Completed, "{form}");
    assert_eq!(result.response_id.as_deref(), Some("r-1"), "{form}");
    assert_eq!(result.usage.as_ref().unwrap().output_tokens, 7, "{form}");
    assert!(
        result.details.get("replaced_characters").is_none(),
        "{form}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_form_gives_the_same_reply() {
    for (form, body) in forms() {
        for cut in [1, 7, 10_000] {
            for content_type in ["text/event-stream", "application/json", "text/plain"] {
                for stream in [true, false] {
                    check(
                        form,
                        &asked::<false>(&body, cut, stream, content_type).await,
                    );
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wire_of_lines_reads_every_form_but_a_body_where_it_asked_for_lines() {
    for (form, body) in forms() {
        let is_body = form.starts_with("one body");
        for cut in [1, 7, 10_000] {
            check(
                form,
                &asked::<true>(&body, cut, false, "application/x-ndjson").await,
            );
            if !is_body {
                check(
                    form,
                    &asked::<true>(&body, cut, true, "application/x-ndjson").await,
                );
            }
        }
    }
}

/// If lines are requested, none waits for the next one.
#[tokio::test(start_paused = true)]
async fn a_line_is_shown_when_it_is_there() {
    let reply = Reply::ok().chunk(format!("{}\n", STEPS[0])).hang();
    let asked = Asked::<true>::new([reply], |builder| builder);
    let mut turn = turn();
    let error = asked.ask(&mut turn).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(turn.assistant_text(), "Hel");
}

async fn cut<const LINES: bool>(form: &str, body: &str) {
    let end = body.rfind("stop").unwrap();
    let cuts = (1..end).step_by(3);
    for cut in cuts {
        let begin = body.as_bytes().get(..cut).unwrap();
        let reply = Reply::ok()
            .header(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))
            .chunk(begin.to_vec());
        let never = geppetto_transport::RetryPolicy::never();
        let asked = Asked::<LINES>::new([reply], |builder| builder.retry_policy(never));
        let mut turn = turn();
        let error = asked.ask(&mut turn).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{form} {cut}: {error}");
        let said = turn.assistant_text();
        assert!("Hello \"there\"".starts_with(&said), "{form} {cut}: {said}");
    }
}

/// A single line is a body for a wire of events.
#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_anywhere_is_truncated_and_keeps_what_arrived() {
    for (form, body) in forms() {
        if form.contains("lines") || form.contains("objects") {
            cut::<true>(form, &body).await;
        } else {
            cut::<false>(form, &body).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn halves_of_characters_are_joined_and_broken_json_is_mended() {
    let body = concat!(
        r#"data: {"type":"text","text":"a\ud83d"}"#,
        "\n\n",
        r#"data: {"type":"text","text":"\ude00b","nan":NaN}"#,
        "\n\n",
        r#"data: {"type":"stop","reason":"stop"}"#,
        "\n\n",
    );
    let asked = Asked::<false>::new([Reply::ok().chunk(body)], |builder| builder);
    let mut turn = turn();
    let result = asked.ask(&mut turn).await.unwrap();
    assert_eq!(turn.assistant_text(), "a😀b");
    // Only the number was lost.
    assert_eq!(result.details.get("replaced_characters"), Some(&1.into()));
    assert_eq!(asked.infos(), ["part of the reply could not be read"]);
}
