use serde_json::json;

use super::{
    super::{responses_count, responses_request},
    accepts, call, input, named, output, reasoning, refuses, said, user,
};

#[test]
fn calls_and_their_outputs_belong_together() {
    accepts(&input(json!([user(), call("a"), output("a")])));
    accepts(&input(json!([
        user(),
        call("a"),
        call("b"),
        output("b"),
        output("a"),
        said()
    ])));
    // Output of the model after its call does not separate the two.
    accepts(&input(json!([
        user(),
        call("a"),
        said(),
        output("a"),
        user()
    ])));
    refuses(
        &input(json!([user(), output("a")])),
        "No tool call found for function call output with call_id a.",
        "input",
        None,
    );
    refuses(
        &input(json!([user(), output("a"), call("a")])),
        "No tool call found for function call output with call_id a.",
        "input",
        None,
    );
    refuses(
        &input(json!([user(), call("a"), call("b"), output("a")])),
        "No tool output found for function call b.",
        "input",
        None,
    );
    refuses(
        &input(json!([call("a"), user(), output("a")])),
        "No tool output found for function call a.",
        "input",
        None,
    );
}

#[test]
fn a_call_is_there_once_and_so_is_its_output() {
    for twice in [
        json!([call("a"), call("a"), output("a")]),
        json!([call("a"), output("a"), output("a")]),
        json!([call("a"), output("a"), call("a"), output("a")]),
    ] {
        refuses(&input(twice), "Duplicate 'call_id': a", "input", None);
    }
}

#[test]
fn custom_tools_have_calls_and_outputs_of_their_own() {
    let custom = json!({
        "type": "custom_tool_call", "call_id": "a", "name": "patch", "input": "x",
    });
    let answer = json!({"type": "custom_tool_call_output", "call_id": "a", "output": "ok"});
    accepts(&input(json!([custom, answer])));
    refuses(
        &input(json!([custom, output("a")])),
        "No tool call found for function call output with call_id a.",
        "input",
        None,
    );
    refuses(
        &input(json!([custom])),
        "No tool output found for custom tool call a.",
        "input",
        None,
    );
}

#[test]
fn outputs_may_answer_calls_that_the_server_has() {
    let mut request = input(json!([output("a"), output("b"), user()]));
    request["previous_response_id"] = json!("resp_1");
    accepts(&request);
    request["input"] = json!([output("a"), output("a")]);
    refuses(&request, "Duplicate 'call_id': a", "input", None);
    request["input"] = json!([call("c"), user()]);
    refuses(
        &request,
        "No tool output found for function call c.",
        "input",
        None,
    );
}

#[test]
fn items_are_there_once() {
    let twice = named(said(), "msg_1");
    refuses(
        &input(json!([twice, user(), twice])),
        "Duplicate item found with id msg_1. Remove duplicate items from your input and try again.",
        "input",
        None,
    );
    accepts(&input(json!([said(), user(), said()])));
}

#[test]
fn reasoning_needs_what_followed_it() {
    let message = named(said(), "msg_1");
    let call_a = named(call("a"), "fc_1");
    accepts(&input(json!([user(), reasoning("rs_1"), message])));
    accepts(&input(json!([
        user(),
        reasoning("rs_1"),
        call_a,
        output("a")
    ])));
    accepts(&input(json!([
        user(),
        reasoning("rs_1"),
        reasoning("rs_2"),
        message,
        user()
    ])));
    for (items, orphan) in [
        (json!([user(), reasoning("rs_1")]), "rs_1"),
        (json!([user(), reasoning("rs_1"), user(), message]), "rs_1"),
        (
            json!([call("a"), reasoning("rs_1"), output("a"), message]),
            "rs_1",
        ),
        (
            json!([reasoning("rs_1"), message, reasoning("rs_2"), user()]),
            "rs_2",
        ),
    ] {
        let mut request = input(items);
        for store in [true, false] {
            request["store"] = json!(store);
            refuses(
                &request,
                &format!(
                    "Item '{orphan}' of type 'reasoning' was provided without its required \
                     following item."
                ),
                "input",
                None,
            );
        }
    }
}

#[test]
fn stored_reasoning_is_followed_by_an_item_with_an_id() {
    let mut request = input(json!([user(), reasoning("rs_1"), said(), user()]));
    refuses(
        &request,
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
        "input",
        None,
    );
    request["store"] = json!(false);
    accepts(&request);
    let mut unnamed = reasoning("rs_1");
    unnamed["id"] = json!(null);
    accepts(&input(json!([user(), unnamed, said(), user()])));
}

#[test]
fn what_only_a_store_has_is_not_found_where_nothing_is_stored() {
    let only_named = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    let mut request = input(json!([only_named, named(said(), "msg_1")]));
    accepts(&request);
    request["store"] = json!(false);
    let refusal = responses_request(&request).unwrap_err();
    assert_eq!(refusal.status, 404);
    let message = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to";
    assert!(refusal.message.starts_with(message), "{refusal}");
    // Counting stores nothing either way.
    assert_eq!(responses_count(&request), Ok(()));
    request["input"] = json!([{"type": "item_reference", "id": "msg_1"}, user()]);
    assert_eq!(responses_request(&request).unwrap_err().status, 404);
    request["input"] = json!([reasoning("rs_1"), said()]);
    accepts(&request);
}
