use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::agui::UserContent;

fn user(id: usize) -> Message {
    Message::User {
        id: id.to_string(),
        content: UserContent::Text(format!("text {id}")),
    }
}

fn answer(content: &str, calls: &[(&str, &str)]) -> Message {
    let calls = calls.iter();
    Message::Assistant {
        id: "a".to_owned(),
        content: Some(content.to_owned()),
        tool_calls: calls
            .map(|(id, arguments)| ToolCall::new(id, "pay", arguments))
            .collect(),
    }
}

fn reasoning(content: &str) -> Message {
    Message::Reasoning {
        id: "r".to_owned(),
        content: content.to_owned(),
    }
}

/// Returns the input of a client with these messages.
fn client(messages: impl serde::Serialize) -> RunInput {
    let input = json!({"threadId": "t", "runId": "r", "messages": messages});
    serde_json::from_value(input).unwrap()
}

/// Merges a snapshot into a client's messages, as `@ag-ui/client` does.
fn merge(own: &mut Vec<usize>, snapshot: &[usize]) {
    own.retain(|id| snapshot.contains(id));
    let new = snapshot.iter().filter(|id| !own.contains(id));
    let new: Vec<usize> = new.copied().collect();
    own.extend(new);
}

proptest! {
    /// Whatever a client has, in whatever order, it has the conversation in order at the end.
    #[test]
    fn a_client_has_all_messages_in_order(
        len in 0_usize..8,
        known in Just((0..11_usize).collect::<Vec<_>>()).prop_shuffle(),
        count in 0_usize..11,
    ) {
        let conversation: Vec<Message> = (0..len).map(user).collect();
        let all: Vec<usize> = (0..len).collect();
        let mut own: Vec<usize> = known.into_iter().take(count).collect();
        let input = client(own.iter().copied().map(user).collect::<Vec<_>>());
        prop_assert_eq!(input.has(&conversation), own == all);
        if let Some(first) = input.in_order(&conversation) {
            let mut at_once = own.clone();
            merge(&mut at_once, &all);
            prop_assert_ne!(&at_once, &all);
            merge(&mut own, &all[..first]);
        }
        merge(&mut own, &all);
        prop_assert_eq!(own, all);
    }
}

#[test]
fn a_part_of_a_message_is_another_message() {
    let whole = [answer("one two", &[("c", r#"{"a":1}"#)])];
    let has = |own: Message| client([own]).has(&whole);
    assert!(has(answer("one two", &[("c", r#"{"a":1}"#)])));
    assert!(has(answer("one two ", &[("c", r#"{ "a": 1 }"#)])));
    assert!(!has(answer("one", &[("c", r#"{"a":1}"#)])));
    assert!(!has(answer("one two", &[("c", r#"{"a":"#)])));
    assert!(!has(answer("one two", &[])));
    assert!(!has(answer("one two", &[("d", r#"{"a":1}"#)])));
}

#[test]
fn parts_of_text_and_no_text_are_understood() {
    let parts =
        json!([{"id": "a", "role": "assistant", "content": [{"type": "text", "text": "one"}]}]);
    assert!(client(parts).has(&[answer("one", &[])]));
    let none = json!([{"id": "a", "role": "assistant", "content": null}]);
    assert!(client(none).has(&[answer("", &[])]));
}

#[test]
fn reasoning_may_be_missing_but_not_in_part() {
    let conversation = [user(1), reasoning("I think."), answer("one", &[])];
    let own = |between: Vec<Message>| {
        let all = [vec![user(1)], between, vec![answer("one", &[])]];
        client(all.concat())
    };
    assert!(own(vec![]).has(&conversation));
    assert!(own(vec![reasoning("I think.")]).has(&conversation));
    assert!(!own(vec![reasoning("I")]).has(&conversation));
    // Clients keep their reasoning where a snapshot has none: another one does not help.
    let without = [user(1), answer("one", &[])];
    assert!(own(vec![reasoning("I think.")]).has(&without));
}
