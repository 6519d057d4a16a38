//! Histories written by other servers.

use geppetto_turns::OtherContent;

use super::*;

fn call_named(id: &str, name: &str) -> Block {
    Block::tool_call(ToolCall::new(id, name, "{}"))
}

fn field<'a>(input: &'a Value, kind: &str, field: &str) -> Vec<&'a str> {
    let items = input.as_array().unwrap().iter();
    let of_kind = items.filter(|item| item["type"] == kind);
    of_kind.map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn ids_of_another_form_are_left_out() {
    let input = input([
        text("r1", "chatcmpl-1"),
        Block::user("u"),
        text("r2", "msg_2"),
        Block::user("u"),
        // Some servers use one id for everything.
        text("r3", "msg_2"),
        call("r3", "call_3"),
        Block::tool_result("call_call_3", "ok"),
    ]);
    let kinds = kinds(&input);
    let said: Vec<&String> = kinds.iter().filter(|kind| *kind != "message -").collect();
    assert_eq!(
        said,
        ["message msg_2", "function_call -", "function_call_output -"]
    );
}

#[test]
fn a_call_id_that_is_used_again_stays_told_apart() {
    let history = [
        call_named("call_0", "f"),
        Block::tool_result("call_0", "one"),
        call_named("call_0", "f"),
        Block::tool_result("call_0", "two"),
        call_named("call_0_2", "f"),
        Block::tool_result("call_0_2", "three"),
    ];
    let input = input(history);
    let sent = ["call_0", "call_0_2", "call_0_2_2"];
    assert_eq!(field(&input, "function_call", "call_id"), sent);
    assert_eq!(field(&input, "function_call_output", "call_id"), sent);
}

#[test]
fn a_call_id_that_is_too_long_is_shortened_and_stays_told_apart() {
    let long = |end: &str| format!("call_{}{end}", "x".repeat(80));
    let (a, b) = (long("a"), long("b"));
    let input = input([
        call_named(&a, "f"),
        call_named(&b, "f"),
        Block::tool_result(b.as_str(), "b"),
        Block::tool_result(a.as_str(), "a"),
    ]);
    let calls = field(&input, "function_call", "call_id");
    let outputs = field(&input, "function_call_output", "call_id");
    assert_eq!(calls, [outputs[1], outputs[0]]);
    assert_ne!(calls[0], calls[1]);
    assert!(calls.iter().all(|id| id.len() <= 64), "{calls:?}");
}

#[test]
fn a_name_that_no_tool_can_have_is_made_one() {
    let long = "x".repeat(200);
    let input = input([
        call_named("1", "weather.now"),
        call_named("2", &long),
        Block::tool_error("1", "unknown tool"),
        Block::tool_error("2", "unknown tool"),
    ]);
    assert_eq!(
        field(&input, "function_call", "name"),
        [
            "weather_now",
            format!("{}_{}", "x".repeat(40), "x".repeat(23)).as_str()
        ]
    );
}

#[test]
fn the_answer_to_a_custom_tool_of_the_previous_response_is_one() {
    let mut custom = call("resp_1", "ctc_1");
    if let Content::ToolCall(call) = &mut custom.content {
        call.extra.set("type", CUSTOM_TOOL);
    }
    let mut turn = Turn::builder().user("u").build();
    for block in [
        custom,
        call("resp_1", "fc_1"),
        Block::tool_result("call_ctc_1", "patched"),
        Block::tool_result("call_fc_1", "ok"),
    ] {
        turn.push(block);
    }
    let options = ResponsesOptions::new().with_previous_response_id("resp_1");
    let body = body_of(&turn, &options, Purpose::Reply);
    assert_eq!(
        kinds(&body["input"]),
        ["custom_tool_call_output -", "function_call_output -"]
    );
}

#[test]
fn reasoning_that_only_an_empty_text_follows_stays_behind() {
    let mut empty = text("r1", "msg_1");
    if let Content::LlmText(content) = &mut empty.content {
        content.text.clear();
    }
    let input = input([reasoning("r1", "rs_1"), empty, Block::user("u")]);
    assert_eq!(kinds(&input), ["message -"]);
}

#[test]
fn a_store_gets_reasoning_with_the_named_item_that_followed_it_or_not_at_all() {
    let mut unnamed = text("r2", "msg_2");
    if let Content::LlmText(content) = &mut unnamed.content {
        content.item_id = None;
    }
    let mut turn = Turn::builder().user("u").build();
    for block in [
        reasoning("r1", "rs_1"),
        text("r1", "msg_1"),
        Block::user("u"),
        reasoning("r2", "rs_2"),
        unnamed,
    ] {
        turn.push(block);
    }
    let sent = |store: bool| {
        let options = ResponsesOptions::new().with_store(store);
        kinds(&body_of(&turn, &options, Purpose::Reply)["input"])
    };
    let beginning = ["message -", "reasoning rs_1", "message msg_1", "message -"];
    assert_eq!(sent(true), [&beginning[..], &["message -"]].concat());
    assert_eq!(
        sent(false),
        [&beginning[..], &["reasoning rs_2", "message -"]].concat()
    );
}

#[test]
fn a_store_gets_items_of_its_own_tools_with_their_reasoning_or_not_at_all() {
    let kept = |kind: &str| {
        let payload = json!({"type": kind, "id": format!("{kind}_1"), "status": "completed"});
        let payload = payload.as_object().unwrap().clone();
        let block = Block::new(Content::Other(OtherContent::new(own::ITEM_KIND, payload)));
        of_response(block, "r", "")
    };
    let mut foreign = reasoning("r", "rs");
    foreign.metadata.set_raw(own::MODEL.id(), "o3".into());
    let sent = |first: Block, store: bool| {
        let mut turn = Turn::builder().user("u").build();
        for block in [
            first,
            kept("web_search_call"),
            kept("compaction"),
            text("r", "msg"),
        ] {
            turn.push(block);
        }
        let options = ResponsesOptions::new().with_store(store);
        kinds(&body_of(&turn, &options, Purpose::Reply)["input"])
    };
    let [user, search, compaction] = [
        "message -",
        "web_search_call web_search_call_1",
        "compaction compaction_1",
    ];
    assert_eq!(
        sent(reasoning("r", "rs"), true),
        [user, "reasoning rs", search, compaction, "message msg"]
    );
    // The model is another one, so its reasoning is omitted.
    assert_eq!(sent(foreign.clone(), true), [user, compaction, "message -"]);
    assert_eq!(
        sent(foreign, false),
        [user, search, compaction, "message -"]
    );
}

#[test]
fn a_call_that_is_kept_as_an_item_goes_back_with_its_answer_or_not_at_all() {
    let kept = |item: Value| {
        let payload = item.as_object().unwrap().clone();
        Block::new(Content::Other(OtherContent::new(own::ITEM_KIND, payload)))
    };
    let call = json!({"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}});
    let search = json!({"type": "custom_tool_call", "call_id": "x", "name": "s", "input": ""});
    let output = json!({"type": "shell_call_output", "call_id": "c", "output": []});
    let types = |items: &[&Value]| {
        let blocks = items.iter().map(|item| kept((*item).clone()));
        let said = [Block::user("Go."), Block::llm_text("Done.")];
        let input = input(said.into_iter().chain(blocks));
        let types = input.as_array().unwrap().iter().skip(2);
        types.map(|item| item["type"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(types(&[&call, &search]), Vec::<Value>::new());
    assert_eq!(
        types(&[&call, &search, &output]),
        ["shell_call", "shell_call_output"]
    );
}

fn made_by(mut block: Block, server: &str) -> Block {
    let origin = Origin::new(server, "gpt-5");
    block.metadata.set(&own::ORIGIN, &origin).unwrap();
    block
}

fn item(payload: Value) -> Block {
    let map = serde_json::from_value(payload).unwrap();
    Block::new(Content::Other(OtherContent::new(own::ITEM_KIND, map)))
}

#[test]
fn nothing_that_another_server_gave_but_words_and_calls_is_sent() {
    let with_fields = |mut block: Block| {
        let fields = json!({"phase": "final_answer"});
        block.metadata.set_raw(own::ITEM_FIELDS.id(), fields);
        block
    };
    let history = |server: &str| {
        [
            Block::user("q"),
            reasoning("r1", "rs_1"),
            call("r1", "fc_1"),
            Block::tool_result("call_fc_1", "ok"),
            with_fields(text("r2", "msg_2")),
        ]
        .map(|block| made_by(block, server))
    };
    let here = input(history(""));
    assert_eq!(
        kinds(&here),
        [
            "message -",
            "reasoning rs_1",
            "function_call fc_1",
            "function_call_output -",
            "message msg_2"
        ]
    );
    assert_eq!(here[4]["phase"], "final_answer");
    let there = input(history("api.other.test"));
    assert_eq!(
        kinds(&there),
        [
            "message -",
            "function_call -",
            "function_call_output -",
            "message -"
        ]
    );
    assert!(there[3].get("phase").is_none());
}

#[test]
fn items_of_another_server_and_what_answers_them_stay_behind() {
    let call = item(json!({"type": "computer_call", "id": "cu_1", "call_id": "c1"}));
    let answer = item(json!({"type": "computer_call_output", "call_id": "c1", "output": {}}));
    let searched = item(json!({"type": "web_search_call", "id": "ws_1", "status": "completed"}));
    let history = |server: &str| {
        [
            Block::user("q"),
            made_by(call.clone(), server),
            answer.clone(),
            made_by(searched.clone(), server),
        ]
    };
    assert_eq!(input(history("")).as_array().unwrap().len(), 4);
    assert_eq!(kinds(&input(history("api.other.test"))), ["message -"]);
}

#[test]
fn reasoning_that_the_server_could_not_read_is_not_sent_again() {
    let mut unreadable = reasoning("r1", "rs_1");
    unreadable
        .metadata
        .set_raw(own::UNREADABLE.id(), true.into());
    let sent = input([Block::user("q"), unreadable, text("r1", "msg_1")]);
    assert_eq!(kinds(&sent), ["message -", "message -"]);
}
