//! Invalid UTF-8 is replaced in any form of reply, and the result and one event report the number
//! of replacements.

use geppetto_events::{Event, EventKind};
use geppetto_transport::memory::Reply;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::{Run, in_memory};

/// Returns the reports of unreadable parts in the events.
fn said(events: &[Event]) -> Vec<Option<Value>> {
    let said = |event: &Event| match &event.kind {
        EventKind::Info(info) if info.message == "part of the reply could not be read" => {
            Some(info.data.clone())
        }
        _ => None,
    };
    events.iter().filter_map(said).collect()
}

#[tokio::test]
async fn invalid_utf_8_is_replaced_and_said() {
    let choice = |name: &str| {
        let text = format!(r#""{name}":{{"content":"caf#"}},"finish_reason":"stop""#);
        format!(r#"{{"choices":[{{"index":0,{text}}}]}}"#)
    };
    let broken = |text: String| -> Vec<u8> {
        let byte = |byte| if byte == b'#' { 0xe9 } else { byte };
        text.into_bytes().into_iter().map(byte).collect()
    };
    let stream = format!("data: {}\n\ndata: [DONE]\n\n", choice("delta"));
    for (kind, body) in [
        ("text/event-stream", broken(stream)),
        ("application/json", broken(choice("message"))),
    ] {
        let reply = Reply::ok()
            .header(CONTENT_TYPE, kind.parse().unwrap())
            .chunk(body);
        let (engine, _transport) = in_memory([reply]);
        let mut run = Run::new("Hi");
        let result = run.with(&engine).await.unwrap();
        assert_eq!(run.turn.assistant_text(), "caf\u{fffd}", "{kind}");
        assert_eq!(
            result.details.get("replaced_characters"),
            Some(&json!(1)),
            "{kind}"
        );
        let data = json!({"replaced_characters": 1});
        assert_eq!(said(&run.events()), [Some(data)], "{kind}");
    }
}
