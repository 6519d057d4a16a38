//! Built-in tools, their sources, and generated media.

use geppetto_events::kind::ServerToolPhase;

use super::*;

/// Returns tool and phase of each progress event.
fn progress(folded: &Folded) -> Vec<(String, ServerToolPhase)> {
    let steps = folded.kinds.iter().filter_map(|kind| match kind {
        EventKind::ServerTool(step) => Some((step.tool.to_string(), step.phase.clone())),
        _ => None,
    });
    steps.collect()
}

#[test]
fn parts_of_tools_are_blocks_and_progress() {
    let code = json!({"executableCode": {"id": "x", "language": "PYTHON", "code": "1"}, "thoughtSignature": "c2ln"});
    let folded = parts(&[
        json!({"text": "Let me compute."}),
        code.clone(),
        json!({"codeExecutionResult": {"id": "x", "outcome": "OUTCOME_FAILED", "output": "no"}}),
        json!({"toolCall": {"id": "y", "toolType": "URL_CONTEXT", "args": {}}}),
        json!({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
        json!({"text": "Done."}),
    ]);
    let kinds: Vec<&str> = folded.blocks().iter().map(|(kind, _, _)| *kind).collect();
    assert_eq!(
        kinds,
        ["llm_text", "other", "other", "other", "other", "llm_text"]
    );
    let Content::Other(own) = &folded.turn.blocks.get(1).unwrap().content else {
        panic!("no part")
    };
    assert_eq!(
        (own.kind.as_str(), Value::Object(own.payload.clone())),
        (keys::PART_KIND, code)
    );
    assert_eq!(
        progress(&folded),
        [
            ("code_interpreter".to_owned(), ServerToolPhase::InputDone),
            ("code_interpreter".to_owned(), ServerToolPhase::Failed),
            ("url_context".to_owned(), ServerToolPhase::Started),
        ]
    );
}

#[test]
fn grounding_is_citations_of_the_text() {
    let grounding = json!({
        "webSearchQueries": ["rust", ""],
        "groundingChunks": [
            {"web": {"uri": "https://a.test", "title": "A"}},
            {"retrievedContext": {"uri": "gs://b", "title": "B"}}
        ],
        "groundingSupports": [{"segment": {"endIndex": 5, "text": "Hello"}, "groundingChunkIndices": [0, 9]}]
    });
    let mut last = stop("STOP");
    last["candidates"][0]["groundingMetadata"] = grounding.clone();
    let mut first = chunk(&json!([{"text": "Hello"}]));
    first["candidates"][0]["groundingMetadata"] = json!({});
    let folded = fold(&[first, last]);
    let block = folded.turn.blocks.get(0).unwrap();
    assert_eq!(
        block.metadata.raw(block_meta::ANNOTATIONS.id()),
        Some(&json!([
            {"type": "url_citation", "url": "https://a.test", "title": "A", "start_index": 0, "end_index": 5},
            {"type": "url_citation", "url": "gs://b", "title": "B"}
        ]))
    );
    assert_eq!(
        folded.result().details.get("grounding_metadata"),
        Some(&grounding)
    );
    let cited = folded
        .kinds
        .iter()
        .filter(|kind| matches!(kind, EventKind::Citation(_)));
    assert_eq!(cited.count(), 2);
    assert_eq!(
        progress(&folded),
        [("web_search".to_owned(), ServerToolPhase::Completed)]
    );
}

#[test]
fn recited_texts_have_sources_and_probabilities_are_kept() {
    let mut first = chunk(&json!([{"text": "Hello"}]));
    let source = json!({"startIndex": 1, "endIndex": 4, "uri": "https://a.test", "license": ""});
    first["candidates"][0]["citationMetadata"] = json!({"citationSources": [source]});
    first["candidates"][0]["logprobsResult"] = json!({"chosenCandidates": [{"token": "Hello"}]});
    let mut again = stop("STOP");
    again["candidates"][0]["citationMetadata"] = json!({"citations": [source]});
    let folded = fold(&[first, again]);
    let block = folded.turn.blocks.get(0).unwrap();
    let list = |key: &str| {
        block
            .metadata
            .raw(key)
            .and_then(Value::as_array)
            .map(Vec::len)
    };
    assert_eq!(list(block_meta::ANNOTATIONS.id()), Some(1));
    assert_eq!(list(block_meta::LOGPROBS.id()), Some(1));
}
