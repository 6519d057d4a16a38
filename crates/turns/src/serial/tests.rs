use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Block, FilePart, ImagePart, Incomplete, ToolCall, Turn};

const EXAMPLE: &str = r#"
id: 7f0b5c4e
blocks:
    - id: b1
      kind: system
      role: system
      payload: {text: You are terse.}
      metadata: {geppetto.middleware@v1: systemprompt}
    - kind: user
      role: user
      payload:
        text: Weather in Zurich?
        images: [{media_type: image/png, url: "https://example.com/a.png", detail: high}, {file_id: f1}, {content: [102, 111, 111]}]
    - kind: reasoning
      payload: {text: hm, encrypted_content: gAAA, item_id: rs_01, summary: [{type: summary_text, text: Need the tool.}]}
    - kind: tool_call
      payload: {id: call_1, name: lookup_weather, args: {city: Zurich}, item_id: fc_01, correlation: {run_id: r}}
    - kind: tool_use
      payload: {id: call_1, result: {temperature: 21.0}, error: ""}
    - kind: llm_text
      role: assistant
      payload: {text: "Clear, 21 C."}
    - kind: hologram
      payload: {depth: 3}
      order: 7
metadata:
    geppetto.session_id@v1: sess-1
    my_app.unknown@v3: [1, 2.5, null]
data:
    geppetto.tool_config@v1: {enabled: true}
run_id: older
"#;

#[test]
fn everything_known_and_unknown_survives_both_formats() {
    let turn = Turn::from_yaml(EXAMPLE).unwrap();
    assert_eq!(turn.blocks.len(), 7);
    assert_eq!(turn.session_id(), Some("sess-1"));
    assert_eq!(Turn::from_yaml(&turn.to_yaml().unwrap()).unwrap(), turn);
    assert_eq!(Turn::from_json(&turn.to_json().unwrap()).unwrap(), turn);
    let written = serde_json::to_value(&turn).unwrap();
    assert_eq!(
        written["blocks"][6],
        json!({"kind": "hologram", "payload": {"depth": 3}, "order": 7})
    );
    assert_eq!(
        written["blocks"][4]["payload"]["result"],
        json!({"temperature": 21.0})
    );
    assert_eq!(
        written["blocks"][1]["payload"]["images"][2],
        json!({"content": "Zm9v"})
    );
    assert_eq!(written["run_id"], json!("older"));
}

#[test]
fn older_files_name_the_session_run_id() {
    assert_eq!(
        Turn::from_yaml("run_id: r1\nblocks: []")
            .unwrap()
            .session_id(),
        Some("r1")
    );
}

#[test]
fn fixtures_are_told_from_turns() {
    let text = "version: 1\nturn: {blocks: [{kind: user, payload: {text: hi}}]}\nfollowups: [{kind: user, payload: {text: more}}]\nnote: kept\n";
    let document = Document::from_yaml(text).unwrap();
    let Document::Fixture(fixture) = &document else {
        panic!("{document:?}")
    };
    assert_eq!((fixture.version, fixture.followups.len()), (1, 1));
    assert_eq!(
        Document::from_yaml(&document.to_yaml().unwrap()).unwrap(),
        document
    );
    assert_eq!(
        Document::from_json(&document.to_json().unwrap()).unwrap(),
        document
    );
}

#[test]
fn errors_name_the_place() {
    let check = |yaml: &str, expect: &str| {
        let said = Turn::from_yaml(yaml).unwrap_err().to_string();
        assert!(said.starts_with(expect), "{said}");
    };
    check(
        "blocks: [{kind: user}, {payload: {text: x}}]",
        "blocks[1].kind: missing",
    );
    check(
        "blocks: [{kind: user, payload: {text: 42}}]",
        "blocks[0].payload.text: expected text (put it in quotes), found the number 42",
    );
    check(
        "blocks: [{kind: user, payload: {images: [{url: []}]}}]",
        "blocks[0].payload.images[0].url: expected text",
    );
    check("blocks: {}", "blocks: expected a list, found a map");
    check("- 1", "expected a map, found a list");
    let error = Turn::from_yaml("blocks:\n  - kind: [").unwrap_err();
    assert!(error.to_string().starts_with("not valid YAML"), "{error}");
    assert!(error.line().is_some());
    let error = Turn::from_json("{\n\"id\": }").unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(2), Some(7)));
}

#[test]
fn empty_fields_are_left_out() {
    let turn = Turn::builder().block(Block::llm_text("")).build();
    assert_eq!(
        serde_json::to_value(&turn).unwrap(),
        json!({"blocks": [{"kind": "llm_text", "role": "assistant"}]})
    );
    assert_eq!(
        serde_json::to_value(Turn::new()).unwrap(),
        json!({"blocks": []})
    );
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ \\n\\t:#'\"\\-?\\[\\]{}&*!|>%@`a-z0-9~]{0,12}",
        prop::sample::select(vec![
            "null",
            "~",
            "yes",
            "no",
            "on",
            "true",
            "1e3",
            "0x1f",
            "1_000",
            "2026-01-01",
            "",
            " lead",
            "trail ",
            "multi\nline\n",
            "\u{feff}bom",
            "\u{85}nel",
            "\r\n",
            ".inf",
            "=",
            "<<"
        ])
        .prop_map(str::to_owned),
    ]
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        text().prop_map(Block::system),
        text().prop_map(Block::user),
        (text(), text(), prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(t, u, bytes)| {
            Block::user_with_images(
                t,
                [
                    ImagePart::url(u).with_detail("low"),
                    ImagePart::bytes("image/png", bytes),
                ],
            )
        }),
        text().prop_map(Block::llm_text),
        text().prop_map(|t| Block::reasoning(t).with_incomplete(Incomplete::Truncated)),
        (text(), text(), text()).prop_map(|(id, name, args)| Block::tool_call(ToolCall::new(
            id,
            name,
            args.as_str()
        ))),
        (text(), text()).prop_map(|(id, result)| Block::tool_result(id, result)),
        (text(), text()).prop_map(|(id, error)| Block::tool_error(id, error)),
    ]
}

proptest! {
    #[test]
    fn any_turn_goes_through_yaml_and_json_unchanged(
        id in text(),
        blocks in prop::collection::vec(block(), 0..6),
        key in text(),
        value in text(),
    ) {
        let mut turn = Turn::builder().id(id).build();
        turn.blocks = blocks.into_iter().collect();
        turn.metadata.set_raw(format!("x.{key}@v1"), json!({"v": value, key: [1, -2, 0.5, true]}));
        prop_assert_eq!(&Turn::from_json(&turn.to_json().unwrap()).unwrap(), &turn);
        let yaml = turn.to_yaml().unwrap();
        prop_assert_eq!(&Turn::from_yaml(&yaml).unwrap(), &turn, "{}", yaml);
    }
}

#[test]
fn any_yaml_reads_as_a_value() {
    assert_eq!(
        yaml_value("1: [a, 2]\nb: {c: null}\n").unwrap(),
        serde_json::json!({"1": ["a", 2], "b": {"c": null}})
    );
    let error = yaml_value("a: [1").unwrap_err();
    assert!(error.line().is_some(), "{error}");
}

#[test]
fn json_is_safe_to_print_and_reads_the_same() {
    let bad =
        "a\u{7f}\u{85}\u{9b}2J\u{2028}\u{2029}\u{202e}\u{2066}\u{fff9}\u{e0041}\u{1b}\0é\u{1f600}";
    let json = json_string(&json!({bad: [bad]})).unwrap();
    let shown = crate::printable(&json);
    assert_eq!(shown, json);
    assert!(
        json.contains(
            r"\u009b2J\u2028\u2029\u202e\u2066\ufff9\udb40\udc41\u001b\u0000é\u{1f600}"
                .replace("\\u{1f600}", "\u{1f600}")
                .as_str()
        ),
        "{json}"
    );
    assert_eq!(json_value(&json), Ok(json!({bad: [bad]})));
    let turn = Turn::builder().user(bad).build();
    let json = turn.to_json().unwrap();
    assert_eq!(crate::printable(&json), json);
    assert_eq!(Turn::from_json(&json), Ok(turn));
}

#[test]
fn yaml_escapes_what_controls_a_terminal_but_for_the_order_of_text() {
    let bad = "a\u{7f}\u{9b}2J\u{1b}[2J\0\u{7}\u{8}\r";
    for value in [json!(bad), json!({bad: 1}), json!([[bad]])] {
        let yaml = yaml_string(&value).unwrap();
        assert_eq!(crate::printable(&yaml), yaml);
        assert_eq!(yaml_value(&yaml), Ok(value));
    }
}

#[test]
fn images_and_files_of_users_and_tools_survive() {
    let text = r#"
blocks:
  - kind: user
    payload: {text: Read this., files: [{name: a.pdf, media_type: application/pdf, content: Zm9v, pages: 3}]}
  - kind: tool_call
    payload: {id: c1, name: screenshot, args: {area: all}}
  - kind: tool_use
    payload:
      id: c1
      result: done
      ran_with: {area: left}
      ends_run: true
      images: [{media_type: image/png, content: Zm9v}]
      files: [{file_id: f1}, {url: "https://example.com/b.pdf"}]
"#;
    let turn = Turn::from_yaml(text).unwrap();
    let answer = turn.tool_answer("c1").unwrap();
    assert_eq!(
        answer.output(),
        "(run with other arguments: {\"area\":\"left\"})\ndone"
    );
    assert!(answer.ends_run);
    assert_eq!(answer.images, [ImagePart::bytes("image/png", "foo")]);
    assert_eq!(answer.files[0], FilePart::file_id("f1"));
    assert_eq!(answer.files[1], FilePart::url("https://example.com/b.pdf"));
    let again = Turn::from_yaml(&turn.to_yaml().unwrap()).unwrap();
    assert_eq!(again, turn);
    let json = serde_json::to_value(&turn).unwrap();
    assert_eq!(json["blocks"][0]["payload"]["files"][0]["pages"], 3);
    assert_eq!(json["blocks"][2]["payload"]["ends_run"], true);
}
