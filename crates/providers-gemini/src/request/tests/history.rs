//! The history of this and of other models.

use super::*;

fn call(id: &str) -> Block {
    Block::tool_call(ToolCall::new(id, "weather", r#"{"city":"Zurich"}"#))
}

#[test]
fn roles_are_merged_and_responses_follow_their_calls_in_order() {
    let mut turn = Turn::builder().user("Weather?").build();
    turn.push(Block::llm_text("Let me look."));
    turn.push(call("a"));
    turn.push(Block::tool_call(ToolCall::new("b", "now", "")));
    turn.push(Block::tool_result("b", "noon"));
    turn.push(Block::tool_error("a", "no such city"));
    turn.push_user("And now?", []);
    let contents = Sender::of("gemini-2.5-flash").body(&turn)["contents"].clone();
    assert_eq!(
        contents,
        json!([
            {"role": "user", "parts": [{"text": "Weather?"}]},
            {"role": "model", "parts": [
                {"text": "Let me look."},
                {"functionCall": {"name": "weather", "args": {"city": "Zurich"}}},
                {"functionCall": {"name": "now", "args": {}}}
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "weather", "response": {"error": "Error: no such city"}}},
                {"functionResponse": {"name": "now", "response": {"output": "noon"}}}
            ]},
            {"role": "user", "parts": [{"text": "And now?"}]}
        ])
    );
}

#[test]
fn calls_of_other_models_have_the_placeholder_and_no_id() {
    let mut turn = Turn::builder().user("Weather?").build();
    turn.push(Block::reasoning("The user wants the weather."));
    turn.push(call("toolu_1"));
    turn.push(call("toolu_2"));
    turn.push(Block::tool_result("toolu_1", "sun"));
    turn.push(Block::tool_result("toolu_2", "rain"));
    let contents = body(&turn)["contents"].clone();
    let call = json!({"name": "weather", "args": {"city": "Zurich"}});
    let signature = "skip_thought_signature_validator";
    assert_eq!(
        contents[1]["parts"],
        json!([{"functionCall": call, "thoughtSignature": signature}, {"functionCall": call}])
    );
}

#[test]
fn signatures_go_back_in_their_places_to_the_model_that_made_them() {
    let mut text = made_by(MODEL, signed("c2lnMg==", Block::llm_text("One. Two.")));
    let part = keys::SignedPart {
        end: 4,
        signature: "c2lnMQ==".to_owned(),
    };
    text.metadata.set(&keys::SIGNED_PARTS, &vec![part]).unwrap();
    let mut own = made_by(MODEL, signed("c2lnNA==", call("id1")));
    own.metadata.set(&keys::HAS_CALL_ID, &true).unwrap();
    let mut turn = Turn::builder().user("Hi").build();
    turn.push(made_by(MODEL, signed("c2lnMA==", Block::reasoning("Hm."))));
    turn.push(text);
    turn.push(made_by(MODEL, signed("c2lnMw==", Block::reasoning(""))));
    turn.push(own);
    turn.push(Block::tool_result("id1", "sun"));
    let sent = body(&turn)["contents"].clone();
    assert_eq!(
        sent[1]["parts"],
        json!([
            {"text": "Hm.", "thought": true, "thoughtSignature": "c2lnMA=="},
            {"text": "One.", "thoughtSignature": "c2lnMQ=="},
            {"text": " Two.", "thoughtSignature": "c2lnMg=="},
            {"text": "", "thoughtSignature": "c2lnMw=="},
            {"functionCall": {"id": "id1", "name": "weather", "args": {"city": "Zurich"}},
                "thoughtSignature": "c2lnNA=="}
        ])
    );
    assert_eq!(sent[2]["parts"][0]["functionResponse"]["id"], "id1");
    // Another model of the same server gets the ids, but no signatures.
    let other = Sender::of("gemini-3-pro").body(&turn)["contents"].clone();
    let call = json!({"id": "id1", "name": "weather", "args": {"city": "Zurich"}});
    assert_eq!(
        other[1]["parts"],
        json!([{"text": "One. Two."},
            {"functionCall": call, "thoughtSignature": "skip_thought_signature_validator"}])
    );
}

#[test]
fn signatures_that_the_server_cannot_read_are_not_sent_again() {
    let mut turn = Turn::builder().user("Hi").build();
    turn.push(made_by(MODEL, signed("c2ln", Block::llm_text("Yes."))));
    turn.push_user("Really?", []);
    let sender = Sender::of(MODEL);
    let wire = sender.wire();
    let settings = sender.settings(&wire, &turn);
    let call = Inference::new(&turn, &settings).with_remedy(true);
    let request = wire.request(&call).unwrap();
    let sent: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(sent["contents"][1]["parts"], json!([{"text": "Yes."}]));
    let block = turn.blocks.make_mut(1).unwrap();
    block.metadata.set(&keys::UNREADABLE, &true).unwrap();
    assert_eq!(
        body(&turn)["contents"][1]["parts"],
        json!([{"text": "Yes."}])
    );
}

#[test]
fn parts_of_built_in_tools_go_back_to_their_server() {
    let payload = |fields: Value| -> Map<String, Value> { fields.as_object().unwrap().clone() };
    let part = |fields| {
        made_by(
            MODEL,
            Block::new(Content::Other(OtherContent::new(
                keys::PART_KIND,
                payload(fields),
            ))),
        )
    };
    let code =
        json!({"executableCode": {"code": "1", "language": "PYTHON"}, "thoughtSignature": "c2ln"});
    let search = json!({"toolCall": {"toolType": "GOOGLE_SEARCH_WEB"}, "thoughtSignature": "c2ln"});
    let mut turn = Turn::builder().user("Hi").build();
    turn.push(part(search.clone()));
    turn.push(part(code.clone()));
    turn.push(Block::llm_text("Done."));
    turn.push_user("Again", []);
    let sent = |sender: Sender| sender.body(&turn)["contents"][1]["parts"].clone();
    assert_eq!(
        sent(Sender::of(MODEL)),
        json!([search, code, {"text": "Done."}])
    );
    // Another model cannot read the signatures, and needs that of a search.
    let unsigned = json!({"executableCode": {"code": "1", "language": "PYTHON"}});
    assert_eq!(
        sent(Sender::of("gemini-3-pro")),
        json!([unsigned, {"text": "Done."}])
    );
    let mut other = Sender::of(MODEL);
    other.base = "http://localhost:4000";
    assert_eq!(sent(other), json!([{"text": "Done."}]));
}

#[test]
fn a_content_of_thoughts_alone_is_not_sent() {
    let mut turn = Turn::builder().user("Hi").build();
    turn.push(made_by(MODEL, Block::reasoning("Hm.")));
    turn.push_user("Go on", []);
    let users = json!([
        {"role": "user", "parts": [{"text": "Hi"}]}, {"role": "user", "parts": [{"text": "Go on"}]}
    ]);
    assert_eq!(body(&turn)["contents"], users);
}

#[test]
fn what_was_cut_off_and_what_is_missing_is_repaired() {
    let mut turn = Turn::builder().build();
    turn.push(Block::llm_text("Half an ans").with_incomplete(Incomplete::Truncated));
    turn.push(call("a").with_incomplete(Incomplete::Cancelled));
    turn.push(call("b"));
    turn.push(Block::system("Be brief."));
    // The scripted provider accepts it: user first, every call answered.
    let sent = body(&turn);
    assert_eq!(sent["contents"].as_array().map(Vec::len), Some(4));
    assert_eq!(sent["contents"][3]["parts"][0]["text"], "Be brief.");
}

#[test]
fn results_are_texts_or_objects_without_references() {
    let results = [
        (
            json!("{\"$ref\": \"#/a\"}"),
            json!({"output": "{\"$ref\": \"#/a\"}"}),
        ),
        (json!({"a": [1]}), json!({"output": {"a": [1]}})),
        (
            json!({"a": {"$ref": "#/b"}}),
            json!({"output": "{\"a\":{\"$ref\":\"#/b\"}}"}),
        ),
        (json!(5), json!({"output": "5"})),
    ];
    for (result, expected) in results {
        let mut turn = Turn::builder().user("Weather?").build();
        turn.push(call("a"));
        turn.push(Block::new(Content::ToolUse({
            let mut answer = ToolUse::default();
            answer.id = "a".to_owned();
            answer.result = Some(result);
            answer
        })));
        let sent = body(&turn);
        assert_eq!(
            sent["contents"][2]["parts"][0]["functionResponse"]["response"],
            expected
        );
    }
}

#[test]
fn a_model_without_instructions_gets_them_as_a_message() {
    let turn = Turn::builder().system("Be terse.").user("Hi").build();
    let sent = Sender::of("gemma-3-27b-it").body(&turn);
    assert_eq!(sent.get("systemInstruction"), None);
    assert!(
        sent["contents"][0]["parts"][0]["text"]
            .as_str()
            .unwrap()
            .contains("Be terse.")
    );
}
