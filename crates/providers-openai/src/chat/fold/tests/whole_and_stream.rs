//! A reply is the same in a single body and in arbitrary pieces.

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

use super::*;

#[derive(Debug, Clone)]
struct Reply {
    reasoning: String,
    text: String,
    refusal: String,
    /// Name, and a value to pass.
    calls: Vec<(String, String)>,
}

fn reply() -> impl Strategy<Value = Reply> {
    let text = || prop_oneof![Just(String::new()), ".{1,40}"];
    (text(), text(), text(), vec(("[a-z]{1,8}", ".{0,20}"), 0..4)).prop_map(
        |(reasoning, text, refusal, calls)| Reply {
            reasoning,
            text,
            refusal,
            calls,
        },
    )
}

impl Reply {
    fn arguments(&self) -> Vec<String> {
        let object = |value: &String| json!({"value": value}).to_string();
        self.calls.iter().map(|(_, value)| object(value)).collect()
    }

    fn message(&self, ids: bool, field: &str) -> Value {
        let calls: Vec<Value> = (self.calls.iter().zip(self.arguments()).enumerate())
            .map(|(at, ((name, _), args))| {
                let id = if ids {
                    json!(format!("id-{at}"))
                } else {
                    Value::Null
                };
                json!({"id": id, "type": "function", "function": {"name": name, "arguments": args}})
            })
            .collect();
        json!({"role": "assistant", field: self.reasoning, "content": self.text,
            "refusal": self.refusal, "tool_calls": calls})
    }

    /// Returns the deltas, with every text split into pieces of `sizes` characters, and the calls'
    /// pieces interleaved.
    fn deltas(&self, ids: bool, field: &str, sizes: &[usize]) -> Vec<Value> {
        let mut deltas = Vec::new();
        let texts = [
            (field, &self.reasoning),
            ("content", &self.text),
            ("refusal", &self.refusal),
        ];
        for (name, text) in texts {
            deltas.extend(
                pieces(text, sizes)
                    .into_iter()
                    .map(|piece| json!({name: piece})),
            );
        }
        let begin = |(at, (name, _)): (usize, &(String, String))| {
            let mut call = Map::new();
            call.insert("index".into(), json!(at * 1000));
            call.insert("function".into(), json!({"name": name}));
            if ids {
                call.insert("id".into(), json!(format!("id-{at}")));
            }
            json!({"tool_calls": [call]})
        };
        deltas.extend(self.calls.iter().enumerate().map(begin));
        let cut: Vec<Vec<String>> = self
            .arguments()
            .iter()
            .map(|args| pieces(args, sizes))
            .collect();
        for round in 0..cut.iter().map(Vec::len).max().unwrap_or_default() {
            let grown = cut.iter().enumerate().filter_map(|(at, pieces)| {
                let piece = pieces.get(round)?;
                Some(json!({"index": at * 1000, "function": {"arguments": piece}}))
            });
            deltas.push(json!({"tool_calls": grown.collect::<Vec<Value>>()}));
        }
        deltas
    }
}

fn pieces(text: &str, sizes: &[usize]) -> Vec<String> {
    let mut rest = text.chars().peekable();
    let mut sizes = sizes.iter().cycle();
    let mut pieces = Vec::new();
    while rest.peek().is_some() {
        let size = sizes.next().copied().unwrap_or(1);
        pieces.push(rest.by_ref().take(size).collect());
    }
    pieces
}

/// Returns the part of a turn that must be the same: all except ids and durations, which differ
/// from run to run.
fn blocks(folded: &Folded) -> Vec<(geppetto_turns::Content, bool)> {
    let same = |block: &Arc<Block>| (block.content.clone(), block.incomplete().is_some());
    folded.turn.blocks.iter().map(same).collect()
}

proptest! {
    #[test]
    fn a_stream_cut_anywhere_is_the_whole_reply(
        reply in reply(),
        sizes in vec(1usize..9, 1..5),
        ids in any::<bool>(),
        field in prop_oneof![Just("reasoning"), Just("reasoning_content")],
        reason in prop_oneof![Just("stop"), Just("tool_calls"), Just("length")],
    ) {
        let message = reply.message(ids, field);
        let whole = json!({"choices": [{"message": message, "finish_reason": reason}]});
        let whole = fold(ChatFold::whole(), &[whole], false);
        let stream = stream(&reply.deltas(ids, field, &sizes), &json!(reason));
        prop_assert_eq!(blocks(&whole), blocks(&stream));
        let ends = |folded: &Folded| folded.outcome.as_ref().map(|result| {
            (result.finish_class.clone(), result.stop_reason.clone())
        }).ok();
        prop_assert_eq!(ends(&whole), ends(&stream));
    }
}
