use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, RunContext, SeededIds};
use geppetto_events::{EventKind, EventSink, EventStream, MemorySink};
use geppetto_provider::offline;
use geppetto_turns::{Block, FinishClass, Incomplete, InferenceResult, Turn, keys::block_meta};
use serde_json::{Value, json};

use super::*;

mod choices;
mod ends;
mod many;
mod odd;
mod pieces;
mod repeat;
mod unread;
mod whole_and_stream;

/// Result of a fold.
struct Folded {
    turn: Turn,
    outcome: Result<InferenceResult, EngineError>,
    kinds: Vec<EventKind>,
}

/// Folds events; `done` adds the end marker.
fn fold(fold: ChatFold, events: &[Value], done: bool) -> Folded {
    let mut data: Vec<String> = events.iter().map(Value::to_string).collect();
    if done {
        data.push("[DONE]".to_owned());
    }
    run(|ctx, turn| {
        let frames = data.iter().map(|data| ("message", data.as_str()));
        offline::fold_frames(ctx, turn, fold, frames)
    })
}

/// Folds the data of events as received.
fn fold_data(events: &[&str]) -> Folded {
    run(|ctx, turn| {
        let frames = events.iter().map(|data| ("message", *data));
        offline::fold_frames(ctx, turn, ChatFold::stream(), frames)
    })
}

/// Folds a body as received.
fn fold_body(body: &str) -> Folded {
    run(|ctx, turn| offline::fold_body(ctx, turn, ChatFold::stream(), body))
}

fn run(
    fold: impl FnOnce(&RunContext, &mut Turn) -> Result<InferenceResult, EngineError>,
) -> Folded {
    let sink = Arc::new(MemorySink::new());
    let ids = Arc::new(SeededIds::new(1));
    let ctx = RunContext::for_stream(EventStream::fragment(), ids)
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::new();
    let outcome = fold(&ctx, &mut turn);
    assert_eq!(ctx.stream().violations(), []);
    let kinds = sink.take().into_iter().map(|event| event.kind).collect();
    Folded {
        turn,
        outcome,
        kinds,
    }
}

fn stream(deltas: &[Value], reason: &Value) -> Folded {
    let event = |delta: &Value| json!({"choices": [{"index": 0, "delta": delta}]});
    let mut events: Vec<Value> = deltas.iter().map(event).collect();
    events.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}));
    fold(ChatFold::stream(), &events, true)
}

/// Returns the message and the data of each `info` event.
fn infos(folded: &Folded) -> Vec<(String, Value)> {
    let info = |kind: &EventKind| match kind {
        EventKind::Info(info) => Some((info.message.clone(), json!(info.data))),
        _ => None,
    };
    folded.kinds.iter().filter_map(info).collect()
}

fn said(turn: &Turn) -> Vec<String> {
    let text = |block: &Arc<Block>| match block.as_tool_call() {
        Some(call) => format!("{}:{}", call.name, call.args.as_str()),
        None => format!("{}:{}", block.kind(), block.text().unwrap_or_default()),
    };
    turn.blocks.iter().map(text).collect()
}

#[test]
fn the_class_follows_from_the_reason_and_from_what_arrived() {
    let text = json!({"content": "x"});
    let call = json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]});
    let half = json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}]});
    let refusal = json!({"refusal": "no"});
    let none = json!({});
    for (delta, reason, class) in [
        (&text, json!("stop"), FinishClass::Completed),
        (&text, json!("EOS"), FinishClass::Completed),
        (&text, json!(""), FinishClass::Completed),
        (&text, json!(null), FinishClass::Completed),
        (&none, json!("stop"), FinishClass::Completed),
        (&none, json!(null), FinishClass::Unknown),
        (&text, json!("tool_calls"), FinishClass::Completed),
        (&call, json!("tool_calls"), FinishClass::ToolCallsPending),
        (&call, json!("stop"), FinishClass::ToolCallsPending),
        (&call, json!(null), FinishClass::ToolCallsPending),
        (&call, json!("made_up"), FinishClass::ToolCallsPending),
        (&half, json!("tool_calls"), FinishClass::ToolCallsPending),
        (&call, json!("length"), FinishClass::MaxTokens),
        (&half, json!("length"), FinishClass::MaxTokens),
        (&text, json!("model_length"), FinishClass::ContextWindow),
        (&text, json!("content_filter"), FinishClass::Refused),
        (&refusal, json!("stop"), FinishClass::Refused),
        (&text, json!("made_up"), FinishClass::Unknown),
    ] {
        let result = stream(std::slice::from_ref(delta), &reason)
            .outcome
            .unwrap();
        assert_eq!(result.finish_class, class, "{delta} {reason}");
        let word = reason.as_str().filter(|word| !word.is_empty());
        assert_eq!(result.stop_reason.as_deref(), word);
    }
}

#[test]
fn a_call_that_the_limit_cut_is_kept_but_not_requested() {
    let deltas = [json!({"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}},
        {"index": 1, "id": "b", "function": {"name": "g", "arguments": "{\"x"}},
    ]})];
    let folded = stream(&deltas, &json!("length"));
    let marks: Vec<_> = folded
        .turn
        .blocks
        .iter()
        .map(|block| block.incomplete())
        .collect();
    assert_eq!(marks, [None, Some(Incomplete::Truncated)]);
    let requested = |kind: &&EventKind| matches!(kind, EventKind::ToolCallRequested(_));
    assert_eq!(folded.kinds.iter().filter(requested).count(), 1);
}

#[test]
fn what_is_said_in_turns_becomes_blocks_in_turns() {
    let deltas = [
        json!({"role": "assistant", "content": ""}),
        json!({"content": null, "reasoning_content": "Let "}),
        json!({"reasoning_content": "me see."}),
        json!({"content": "Wait"}),
        json!({"content": "."}),
        json!({"reasoning": "Again.", "content": "Now"}),
        json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]}),
        json!({"content": " then"}),
    ];
    assert_eq!(
        said(&stream(&deltas, &json!("stop")).turn),
        [
            "reasoning:Let me see.",
            "llm_text:Wait.",
            "reasoning:Again.",
            "llm_text:Now",
            "f:",
            "llm_text: then"
        ]
    );
}

#[test]
fn reasoning_that_stands_twice_is_shown_once() {
    let detail =
        |text: &str| json!([{"type": "reasoning.text", "index": 0, "text": text, "format": "x"}]);
    let both = [
        json!({"reasoning": "Hm", "reasoning_content": "Hm", "reasoning_details": detail("Hm")}),
        json!({"reasoning": "m.", "reasoning_details": detail("m.")}),
        json!({"reasoning_details": [{"type": "reasoning.text", "index": 0, "signature": "sig"}]}),
        json!({"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "gAA"}]}),
        json!({"content": "Yes"}),
    ];
    let folded = stream(&both, &json!("stop"));
    assert_eq!(said(&folded.turn), ["reasoning:Hmm.", "llm_text:Yes"]);
    let geppetto_turns::Content::Reasoning(reasoning) =
        folded.turn.blocks.first().unwrap().content.clone()
    else {
        panic!("no reasoning");
    };
    assert_eq!(
        reasoning.extra.get("reasoning_details"),
        Some(&json!([
            {"type": "reasoning.text", "index": 0, "text": "Hmm.", "format": "x", "signature": "sig"},
            {"type": "reasoning.encrypted", "index": 1, "data": "gAA"},
        ]))
    );
    let alone = [json!({"reasoning_details": detail("Alone.")})];
    assert_eq!(
        said(&stream(&alone, &json!("stop")).turn),
        ["reasoning:Alone."]
    );
}

#[test]
fn encrypted_reasoning_has_its_place_without_text() {
    let deltas = [
        json!({"reasoning_details": [{"type": "reasoning.encrypted", "data": "gAA"}]}),
        json!({"content": "Yes"}),
    ];
    let folded = stream(&deltas, &json!("stop"));
    assert_eq!(said(&folded.turn), ["reasoning:", "llm_text:Yes"]);
}

#[test]
fn calls_are_announced_in_the_order_in_which_they_were_begun() {
    let deltas = [
        json!({"tool_calls": [{"index": 3, "function": {"name": "late", "arguments": "{"}}]}),
        json!({"tool_calls": [{"index": 7, "id": "b", "function": {"name": "soon", "arguments": "{}"}}]}),
        json!({"tool_calls": [{"index": 3, "id": "a", "function": {"arguments": "}"}}]}),
    ];
    let folded = stream(&deltas, &json!("tool_calls"));
    assert_eq!(said(&folded.turn), ["late:{}", "soon:{}"]);
    let ids: Vec<&str> = folded
        .turn
        .tool_calls()
        .map(|call| call.id.as_str())
        .collect();
    assert_eq!(ids, ["a", "b"]);
}

#[test]
fn an_id_that_is_missing_or_taken_is_made_up() {
    let whole = json!({"choices": [{"message": {"tool_calls": [
        {"function": {"name": "f", "arguments": "{}"}},
        {"id": "x", "function": {"name": "f", "arguments": "{}"}},
        {"id": "x", "function": {"name": "g", "arguments": "{}"}},
    ]}, "finish_reason": "tool_calls"}]});
    let folded = fold(ChatFold::whole(), &[whole], false);
    let ids: Vec<&str> = folded
        .turn
        .tool_calls()
        .map(|call| call.id.as_str())
        .collect();
    assert!(
        ids[0].starts_with("call_") && ids[2].starts_with("call_"),
        "{ids:?}"
    );
    assert_eq!(ids[1], "x");
}

#[test]
fn the_end_marker_or_a_reason_is_an_end_and_neither_is_none() {
    let text = json!({"choices": [{"delta": {"content": "x"}}]});
    let reason = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
    assert!(
        fold(ChatFold::stream(), &[text.clone(), reason], false)
            .outcome
            .is_ok()
    );
    assert!(
        fold(ChatFold::stream(), std::slice::from_ref(&text), true)
            .outcome
            .is_ok()
    );
    let cut = fold(ChatFold::stream(), &[text], false);
    assert_eq!(cut.outcome.unwrap_err().kind(), ErrorKind::Truncated);
    assert_eq!(
        cut.turn.blocks.first().unwrap().incomplete(),
        Some(Incomplete::Truncated)
    );
}

#[test]
fn an_error_beside_the_choices_keeps_what_they_say() {
    let event = json!({
        "choices": [{"index": 0, "delta": {"content": "half"}, "finish_reason": "error"}],
        "error": {"code": 502, "message": "upstream broke"},
    });
    let folded = fold(ChatFold::stream(), &[event], true);
    let error = folded.outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.provider_message()),
        (ErrorKind::Server, Some("upstream broke"))
    );
    assert_eq!(said(&folded.turn), ["llm_text:half"]);
    let own = json!({"choices": [{"index": 0, "error": {"code": 429, "message": "slow"}}]});
    let error = fold(ChatFold::stream(), &[own], true).outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let silent = json!({"choices": [{"index": 0, "finish_reason": "error"}]});
    let error = fold(ChatFold::stream(), &[silent], true)
        .outcome
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
}

#[test]
fn what_stands_beside_the_text_is_kept_with_it() {
    let cite = json!({"type": "url_citation", "url_citation":
        {"url": "https://a.test", "title": "A", "start_index": 0, "end_index": 3}});
    let events = [
        json!({"id": "one", "model": "answered", "provider": "Who", "service_tier": "default",
            "choices": [{"index": 0, "delta": {"content": "yes"},
                "logprobs": {"content": [{"token": "yes", "logprob": -0.1}], "refusal": null}}]}),
        json!({"id": "two", "choices": [{"index": 0, "delta": {"annotations": [cite, cite]}}]}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop",
            "usage": {"prompt_tokens": 3, "completion_tokens": 2}}]}),
        json!({"choices": [], "usage": {"prompt_tokens": null}}),
    ];
    let folded = fold(ChatFold::stream(), &events, true);
    let result = folded.outcome.unwrap();
    assert_eq!(result.model, "answered");
    assert_eq!(result.response_id.as_deref(), Some("one"));
    assert_eq!(
        result
            .usage
            .map(|usage| (usage.input_tokens, usage.output_tokens)),
        Some((3, 2))
    );
    assert_eq!(result.details.get("provider"), Some(&json!("Who")));
    assert_eq!(result.details.get("service_tier"), Some(&json!("default")));
    let metadata = &folded.turn.blocks.first().unwrap().metadata;
    assert_eq!(
        metadata.raw(block_meta::ANNOTATIONS.id()),
        Some(&json!([cite]))
    );
    assert_eq!(
        metadata.raw(block_meta::LOGPROBS.id()),
        Some(&json!([{"token": "yes", "logprob": -0.1}]))
    );
    let cited =
        |kind: &&EventKind| matches!(kind, EventKind::Citation(c) if c.url == "https://a.test");
    assert_eq!(folded.kinds.iter().filter(cited).count(), 1);
}

#[test]
fn sources_of_a_search_are_announced_once() {
    let event = |text: &str| {
        json!({"citations": ["https://a.test", "https://b.test"],
            "search_results": [{"url": "https://b.test", "title": "B"}],
            "choices": [{"index": 0, "delta": {"content": text}, "message": {"content": "so far"}}]})
    };
    let folded = fold(ChatFold::stream(), &[event("a"), event("b")], true);
    assert_eq!(said(&folded.turn), ["llm_text:ab"]);
    let titles: Vec<&str> = folded
        .kinds
        .iter()
        .filter_map(|kind| match kind {
            EventKind::Citation(citation) => Some(citation.title.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(titles, ["", "B"]);
}

#[test]
fn speech_is_text_that_carries_its_sound() {
    let deltas = [
        json!({"audio": {"id": "audio_1", "transcript": "Hel"}}),
        json!({"audio": {"transcript": "lo", "data": "AAA"}}),
        json!({"audio": {"data": "BBB"}}),
        json!({"audio": {"expires_at": 17}}),
    ];
    let folded = stream(&deltas, &json!(null));
    assert_eq!(said(&folded.turn), ["llm_text:Hello"]);
    assert_eq!(
        folded
            .turn
            .blocks
            .first()
            .unwrap()
            .metadata
            .raw("openai_chat.audio@v1"),
        Some(&json!({"id": "audio_1", "data": "AAABBB", "expires_at": 17}))
    );
}

#[test]
fn images_that_a_model_made_are_blocks() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}});
    let folded = stream(&[json!({"images": [image]})], &json!("stop"));
    let geppetto_turns::Content::Other(other) = folded.turn.blocks.first().unwrap().content.clone()
    else {
        panic!("no image");
    };
    assert_eq!(
        (other.kind.as_str(), json!(other.payload)),
        ("image", image)
    );
}

#[test]
fn the_first_choice_is_the_reply_and_the_others_are_kept() {
    let events = [
        json!({"choices": [{"index": 1, "delta": {"content": "se"}}, {"index": 0, "delta": {"content": "first"}}]}),
        json!({"choices": [{"index": 1, "delta": {"content": "cond"}, "finish_reason": "length"}]}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    ];
    let folded = fold(ChatFold::stream().with_alternatives(true), &events, true);
    assert_eq!(said(&folded.turn), ["llm_text:first"]);
    let result = folded.outcome.unwrap();
    assert_eq!(result.finish_class, FinishClass::Completed);
    assert_eq!(
        result.details.get("other_choices"),
        Some(&json!([{"index": 1, "text": "second", "finish_reason": "length"}]))
    );
}

#[test]
fn a_message_in_a_stream_is_the_reply_of_a_server_that_does_not_stream() {
    let event =
        json!({"choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}]});
    assert_eq!(
        said(&fold(ChatFold::stream(), &[event], true).turn),
        ["llm_text:all at once"]
    );
}
