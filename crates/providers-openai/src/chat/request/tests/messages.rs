//! Conversion of blocks to messages.

use crate::chat::SystemRole;
use geppetto_turns::{FilePart, ImagePart, Reasoning};

use super::*;

fn messages_as(blocks: Vec<Block>, dialect: &Dialect) -> Value {
    let turn = blocks
        .into_iter()
        .fold(Turn::builder(), TurnBuilder::block)
        .build();
    body_as(&turn, dialect, false).unwrap()["messages"].take()
}

fn messages(blocks: Vec<Block>) -> Value {
    messages_as(blocks, &Dialect::default())
}

fn call(id: &str, args: &str) -> Block {
    Block::tool_call(ToolCall::new(id, "f", args))
}

fn wire_call(id: &str, args: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": args}})
}

#[test]
fn what_a_model_said_without_a_break_is_one_message() {
    let blocks = vec![
        Block::system("Be terse."),
        Block::user("Hi"),
        Block::reasoning("hm"),
        Block::llm_text("Let me "),
        Block::llm_text("look."),
        call("a", r#"{"x": 1}"#),
        call("b", ""),
        Block::tool_result("a", "one"),
        Block::tool_error("b", "broke"),
        Block::llm_text("Done."),
    ];
    assert_eq!(
        messages(blocks),
        json!([
            {"role": "system", "content": "Be terse."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Let me look.",
                "tool_calls": [wire_call("a", r#"{"x": 1}"#), wire_call("b", "{}")]},
            {"role": "tool", "tool_call_id": "a", "content": "one"},
            {"role": "tool", "tool_call_id": "b", "content": "Error: broke"},
            {"role": "assistant", "content": "Done."},
        ])
    );
}

#[test]
fn a_call_without_an_answer_gets_one_and_half_a_call_is_left_out() {
    let blocks = vec![
        Block::user("Hi"),
        call("a", "{}"),
        call("b", r#"{"x"#).with_incomplete(Incomplete::Cancelled),
        Block::user("Go on"),
    ];
    let missing = ToolUse::clone(
        Block::tool_error("a", geppetto_turns::repair::MISSING_ANSWER)
            .as_tool_use()
            .unwrap(),
    );
    assert_eq!(
        messages(blocks),
        json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": null, "tool_calls": [wire_call("a", "{}")]},
            {"role": "tool", "tool_call_id": "a", "content": missing.output()},
            {"role": "user", "content": "Go on"},
        ])
    );
}

#[test]
fn an_empty_message_is_never_sent() {
    let blocks = vec![
        Block::user("Hi"),
        Block::reasoning("only this"),
        Block::llm_text(""),
        Block::user("And?"),
    ];
    assert_eq!(
        messages(blocks),
        json!([{"role": "user", "content": "Hi\n\nAnd?"}])
    );
}

#[test]
fn images_go_by_address_content_and_file() {
    let images = [
        ImagePart::url("https://a.test/i.png").with_detail("low"),
        ImagePart::bytes("image/png", b"abc"),
        ImagePart::file_id("file-1"),
    ];
    let part = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let mut first = part("https://a.test/i.png");
    first["image_url"]["detail"] = json!("low");
    let images_alone = vec![Block::user_with_images(
        "",
        [ImagePart::url("https://a.test/j")],
    )];
    assert_eq!(
        messages(vec![Block::user_with_images("Look", images)])[0]["content"],
        json!([
            {"type": "text", "text": "Look"},
            first,
            part("data:image/png;base64,YWJj"),
            {"type": "file", "file": {"file_id": "file-1"}},
        ])
    );
    assert_eq!(
        messages(images_alone)[0]["content"],
        json!([part("https://a.test/j")])
    );
    let nowhere = ImagePart::new(geppetto_turns::MediaSource::Unknown);
    let turn = Turn::builder().user_with_images("Look", [nowhere]).build();
    assert!(refused(&turn).contains("image"));
}

#[test]
fn a_refusal_goes_back_as_the_dialect_has_it() {
    let blocks = || {
        vec![
            Block::user("Hi"),
            Block::refusal("No."),
            Block::user("Why?"),
        ]
    };
    let openai = Dialect::for_base_url("https://api.openai.com/v1");
    assert_eq!(
        messages(blocks())[1],
        json!({"role": "assistant", "content": "No."})
    );
    assert_eq!(
        messages_as(blocks(), &openai)[1],
        json!({"role": "assistant", "content": null, "refusal": "No."})
    );
}

#[test]
fn instructions_have_the_role_of_the_dialect() {
    let developer = Dialect {
        system_role: SystemRole::Developer,
        ..Dialect::default()
    };
    let blocks = vec![Block::system("Be terse."), Block::user("Hi")];
    assert_eq!(messages_as(blocks, &developer)[0]["role"], "developer");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn reasoning_goes_back_where_the_dialect_wants_it() {
    let details = json!([{"type": "reasoning.encrypted", "data": "gAA"}]);
    let reasoning = || {
        let mut block = Block::reasoning("hm");
        if let geppetto_turns::Content::Reasoning(Reasoning { extra, .. }) = &mut block.content {
            extra.set("reasoning_details", details.clone());
        }
        block
    };
    let blocks = || {
        vec![
            Block::user("Hi"),
            reasoning(),
            Block::llm_text("A"),
            Block::user("And?"),
            reasoning(),
            call("a", "{}"),
            Block::tool_result("a", "one"),
        ]
    };
    let replay = |reasoning| {
        let dialect = Dialect {
            reasoning,
            ..Dialect::default()
        };
        let messages = messages_as(blocks(), &dialect);
        (messages[1].clone(), messages[3].clone())
    };
    let plain = json!({"role": "assistant", "content": "A"});
    let with = |mut message: Value, name: &str, value: &Value| {
        message[name] = value.clone();
        message
    };
    let calling =
        json!({"role": "assistant", "content": null, "tool_calls": [wire_call("a", "{}")]});
    use crate::chat::{ReasoningField as Field, ReasoningReplay as Replay};
    assert_eq!(replay(Replay::Never), (plain.clone(), calling.clone()));
    assert_eq!(
        replay(Replay::WithToolCalls(Field::ReasoningContent)),
        (
            plain.clone(),
            with(calling.clone(), "reasoning_content", &json!("hm"))
        )
    );
    assert_eq!(
        replay(Replay::Always(Field::Reasoning)),
        (
            with(plain.clone(), "reasoning", &json!("hm")),
            with(calling.clone(), "reasoning", &json!("hm"))
        )
    );
    assert_eq!(
        replay(Replay::Always(Field::Details)),
        (
            with(plain.clone(), "reasoning_details", &details),
            with(calling.clone(), "reasoning_details", &details)
        )
    );
    let thinking = json!({"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]});
    assert_eq!(
        replay(Replay::Always(Field::ThinkingPart)),
        (
            with(
                plain,
                "content",
                &json!([thinking, {"type": "text", "text": "A"}])
            ),
            with(calling, "content", &json!([thinking]))
        )
    );
}

#[test]
fn a_custom_call_goes_back_as_one() {
    let mut block = Block::tool_call(ToolCall::new("a", "shell", "ls -l"));
    if let geppetto_turns::Content::ToolCall(call) = &mut block.content {
        call.extra.set("type", "custom");
    }
    assert_eq!(
        messages(vec![Block::user("Hi"), block])[1]["tool_calls"],
        json!([{"id": "a", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}])
    );
}

#[test]
fn images_and_files_of_tools_follow_the_results() {
    let mut shot = Block::tool_result("a", "done");
    let mut paper = Block::tool_result("b", "");
    for block in [&mut shot, &mut paper] {
        if let geppetto_turns::Content::ToolUse(answer) = &mut block.content {
            if answer.id == "a" {
                answer.images.push(ImagePart::bytes("image/png", "foo"));
            } else {
                answer.files = vec![
                    FilePart::bytes("a.pdf", "application/pdf", "foo"),
                    FilePart::file_id("f1"),
                    FilePart::url("https://example.com/b.pdf"),
                ];
            }
        }
    }
    let blocks = vec![
        Block::user("Hi"),
        call("a", "{}"),
        call("b", "{}"),
        shot,
        paper,
    ];
    let all = messages(blocks);
    assert_eq!(
        all[2],
        json!({"role": "tool", "tool_call_id": "a", "content": "done"})
    );
    assert_eq!(
        all[3],
        json!({"role": "tool", "tool_call_id": "b", "content": "(attached below)"})
    );
    assert_eq!(
        all[4],
        json!({"role": "user", "content": [
            {"type": "text", "text": "(attached to the result of f: 1 image)\n\n\
                (attached to the result of f: 3 files)"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,Zm9v"}},
            {"type": "file", "file": {
                "file_data": "data:application/pdf;base64,Zm9v", "filename": "a.pdf"}},
            {"type": "file", "file": {"file_id": "f1"}},
            {"type": "text", "text": "(file: https://example.com/b.pdf)"},
        ]})
    );
}
