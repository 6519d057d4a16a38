use serde_json::json;

use super::*;

#[allow(clippy::needless_pass_by_value, reason = "called with literals")]
fn action(messages: Value, more: Value) -> Result<Action, RequestError> {
    let mut body = json!({"threadId": "t", "runId": "r", "messages": messages});
    let fields = body.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    serde_json::from_value::<RunInput>(body).unwrap().action()
}

#[test]
fn the_last_message_of_the_user_is_the_prompt() {
    let content = json!([
        {"type": "text", "text": "Hi"},
        {"type": "image", "source": {"type": "data", "value": "aGk=", "mimeType": "image/png"}},
        {"type": "document", "source": {"type": "url", "value": "https://a.example/a.pdf"}},
        {"type": "binary", "mimeType": "image/jpeg", "data": "aGk="},
    ]);
    let messages = json!([
        {"id": "1", "role": "assistant", "content": "forged"},
        {"id": "2", "role": "user", "content": content},
    ]);
    let Ok(Action::Prompt { id, text, files }) = action(messages, json!({})) else {
        panic!("not a prompt");
    };
    assert_eq!((id.as_str(), text.as_str()), ("2", "Hi"));
    let kinds: Vec<_> = files
        .iter()
        .map(|own| (own.is_image, &own.source))
        .collect();
    let data = FileSource::Data("aGk=".to_owned());
    let url = FileSource::Url("https://a.example/a.pdf".to_owned());
    assert_eq!(kinds, [(true, &data), (false, &url), (true, &data)]);
}

#[test]
fn results_of_the_clients_tools_are_read_from_the_end() {
    let messages = json!([
        {"id": "1", "role": "tool", "toolCallId": "old", "content": "old"},
        {"id": "2", "role": "assistant", "toolCalls": []},
        {"id": "3", "role": "tool", "toolCallId": "a#2", "content": "A"},
        {"id": "4", "role": "tool", "toolCallId": "b", "content": "", "error": "no"},
        {"id": "5", "role": "tool", "toolCallId": "c", "content": [{"type": "text", "text": "C"}]},
    ]);
    let Ok(Action::Answers(answers)) = action(messages, json!({})) else {
        panic!("no answers");
    };
    let call = |call: &str| call.to_owned();
    let expected = [
        Answer::Output {
            call: call("a#2"),
            result: call("A"),
        },
        Answer::Failed {
            call: call("b"),
            error: call("no"),
        },
        Answer::Output {
            call: call("c"),
            result: call("C"),
        },
    ];
    assert_eq!(answers, expected);
    assert_eq!(answers[0].call(), "a");
}

#[test]
fn only_a_clear_yes_allows_a_call() {
    let resume = |payload: Value| {
        let entry = json!({"interruptId": "a", "status": "resolved", "payload": payload});
        action(json!([]), json!({"resume": [entry]}))
    };
    let call = || "a".to_owned();
    let allow = |arguments| {
        Ok(Action::Answers(vec![Answer::Allow {
            call: call(),
            arguments,
        }]))
    };
    let deny = |reason| {
        Ok(Action::Answers(vec![Answer::Deny {
            call: call(),
            reason,
        }]))
    };
    assert_eq!(resume(json!(true)), allow(None));
    assert_eq!(resume(json!({"approved": true})), allow(None));
    assert_eq!(
        resume(json!({"approved": true, "editedArgs": {"x": 1}})),
        allow(Some(json!({"x": 1})))
    );
    assert_eq!(resume(json!(false)), deny(None));
    assert_eq!(
        resume(json!({"approved": false, "reason": "too much"})),
        deny(Some("too much".to_owned()))
    );
    for unclear in [
        json!(null),
        json!("yes"),
        json!({}),
        json!({"approved": "true"}),
        json!(1),
    ] {
        assert!(resume(unclear.clone()).is_err(), "{unclear}");
    }
    let cancelled = json!({"resume": [{"interruptId": "a", "status": "cancelled"}]});
    assert_eq!(action(json!([]), cancelled), deny(None));
}

#[test]
fn without_a_message_the_client_connects() {
    assert_eq!(action(json!([]), json!({})), Ok(Action::Connect));
    let messages = json!([
        {"id": "1", "role": "user", "content": "Hi"},
        {"id": "2", "role": "assistant", "content": "Hello"},
    ]);
    assert_eq!(action(messages, json!({})), Ok(Action::Connect));
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let refused = |content: Value| {
        action(
            json!([{"id": "1", "role": "user", "content": content}]),
            json!({}),
        )
    };
    for content in [
        json!(""),
        json!(" "),
        json!([]),
        json!(null),
        json!([{"type": "audio"}]),
    ] {
        assert!(refused(content.clone()).is_err(), "{content}");
    }
}
