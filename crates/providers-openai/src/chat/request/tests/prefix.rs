//! A history that grew keeps the previous request's messages as a prefix, byte for byte.

use geppetto_testing::validate;
use proptest::{collection::vec, prelude::*};

use super::*;

/// A prompt and its reply, complete or broken off at any point.
fn exchange() -> impl Strategy<Value = Vec<Block>> {
    let why = prop_oneof![
        Just(None),
        Just(Some(Incomplete::Cancelled)),
        Just(Some(Incomplete::Truncated))
    ];
    let said = prop_oneof![
        "[a-z\"\\\\é]{0,6}".prop_map(Block::llm_text),
        "[a-z]{0,6}".prop_map(Block::reasoning),
        "[a-z]{1,6}".prop_map(Block::refusal),
        ("[a-d]?", "[fg]?", "[{}a-z]{0,4}")
            .prop_map(|(id, name, args)| Block::tool_call(ToolCall::new(id, name, args))),
        ("[a-d]", "[a-z]{0,4}").prop_map(|(id, text)| Block::tool_result(id, text)),
    ];
    let said = (said, why).prop_map(|(block, why)| match why {
        Some(why) => block.with_incomplete(why),
        None => block,
    });
    ("[a-z]{1,6}", vec(said, 0..8)).prop_map(|(asked, said)| {
        let mut blocks = vec![Block::user(asked)];
        blocks.extend(said);
        blocks
    })
}

fn encoded(blocks: &[Block], dialect: &Dialect) -> Vec<u8> {
    let turn = blocks
        .iter()
        .cloned()
        .fold(Turn::builder(), TurnBuilder::block)
        .build();
    let settings = settings(&turn, &InferenceConfig::new(), "m", true, dialect).unwrap();
    encode(&settings, &turn, dialect, "").unwrap()
}

/// Returns the bytes up to the end of the last message, without the closing bracket of the list.
fn messages(body: &[u8]) -> &[u8] {
    let text = std::str::from_utf8(body).unwrap();
    let end = text.find(r#"],"stream":true"#).unwrap();
    &body[..end]
}

/// Returns the bytes without the end of an unanswered prompt, to which the next one is appended.
fn up_to_an_open_prompt(messages: &[u8]) -> &[u8] {
    let text = std::str::from_utf8(messages).unwrap();
    let is_prompt = text
        .rsplit(r#"{"role":"#)
        .next()
        .is_some_and(|last| last.starts_with(r#""user""#));
    let end = if is_prompt { 2 } else { 0 };
    &messages[..messages.len() - end]
}

proptest! {
    #[test]
    fn a_grown_history_only_adds_bytes(
        exchanges in vec(exchange(), 1..6),
        server in prop::sample::select(vec!["openai", "openrouter", ""]),
    ) {
        let dialect = Dialect::named(server).unwrap_or_default();
        let mut blocks = vec![Block::system("Be terse.")];
        let mut last: Option<Vec<u8>> = None;
        for exchange in exchanges {
            blocks.extend(exchange);
            let body = encoded(&blocks, &dialect);
            if let Some(last) = last {
                let last = messages(&last);
                let prefix = if server == "openai" { last } else { up_to_an_open_prompt(last) };
                prop_assert!(body.starts_with(prefix));
            }
            let value: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(validate::chat_request(&value).map_err(|e| format!("{e:?}")), Ok(()));
            // Calls wait for their answers until the model goes on without them.
            blocks.extend([Block::user("And?"), Block::llm_text("Next.")]);
            last = Some(encoded(&blocks, &dialect));
        }
    }
}
