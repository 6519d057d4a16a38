//! Event types listed by the API.

use super::*;

/// Treatment of an event type of the API.
enum Taken {
    /// Folded into the reply or its state, without an event.
    Folded,
    /// Published as a typed event.
    Typed(&'static str),
    /// Published as a custom event with the API's name and fields.
    ByName,
}

/// Event types of the API, as listed by its reference and its own client libraries. Source:
/// <https://platform.openai.com/docs/api-reference/responses-streaming>.
const API: &[(&str, Taken)] = &[
    ("response.audio.delta", Taken::ByName),
    ("response.audio.done", Taken::ByName),
    ("response.audio.transcript.delta", Taken::ByName),
    ("response.audio.transcript.done", Taken::ByName),
    (
        "response.code_interpreter_call_code.delta",
        Taken::Typed("code-interpreter-code-delta"),
    ),
    (
        "response.code_interpreter_call_code.done",
        Taken::Typed("code-interpreter-code-done"),
    ),
    (
        "response.code_interpreter_call.completed",
        Taken::Typed("code-interpreter-done"),
    ),
    (
        "response.code_interpreter_call.in_progress",
        Taken::Typed("code-interpreter-started"),
    ),
    (
        "response.code_interpreter_call.interpreting",
        Taken::Typed("code-interpreter-interpreting"),
    ),
    ("response.compaction.compacting", Taken::ByName),
    ("response.content_part.added", Taken::Folded),
    ("response.content_part.done", Taken::Folded),
    ("response.created", Taken::Folded),
    (
        "response.file_search_call.completed",
        Taken::Typed("file-search-done"),
    ),
    (
        "response.file_search_call.in_progress",
        Taken::Typed("file-search-started"),
    ),
    (
        "response.file_search_call.searching",
        Taken::Typed("file-search-searching"),
    ),
    ("response.in_progress", Taken::Folded),
    ("response.shell_call_command.added", Taken::ByName),
    ("response.shell_call_command.delta", Taken::ByName),
    ("response.shell_call_command.done", Taken::ByName),
    ("response.shell_call_output_content.delta", Taken::ByName),
    ("response.shell_call_output_content.done", Taken::ByName),
    (
        "response.web_search_call.completed",
        Taken::Typed("web-search-done"),
    ),
    (
        "response.web_search_call.in_progress",
        Taken::Typed("web-search-started"),
    ),
    (
        "response.web_search_call.searching",
        Taken::Typed("web-search-searching"),
    ),
    (
        "response.image_generation_call.completed",
        Taken::Typed("image-generation-completed"),
    ),
    (
        "response.image_generation_call.generating",
        Taken::Typed("image-generation-generating"),
    ),
    (
        "response.image_generation_call.in_progress",
        Taken::Typed("image-generation-in-progress"),
    ),
    (
        "response.image_generation_call.partial_image",
        Taken::Typed("image-generation-partial-image"),
    ),
    (
        "response.mcp_call_arguments.delta",
        Taken::Typed("mcp-args-delta"),
    ),
    (
        "response.mcp_call_arguments.done",
        Taken::Typed("mcp-args-done"),
    ),
    ("response.mcp_call.completed", Taken::Typed("mcp-completed")),
    ("response.mcp_call.failed", Taken::Typed("mcp-failed")),
    (
        "response.mcp_call.in_progress",
        Taken::Typed("mcp-in-progress"),
    ),
    (
        "response.mcp_list_tools.completed",
        Taken::Typed("mcp-list-tools-completed"),
    ),
    (
        "response.mcp_list_tools.failed",
        Taken::Typed("mcp-list-tools-failed"),
    ),
    (
        "response.mcp_list_tools.in_progress",
        Taken::Typed("mcp-list-tools-in-progress"),
    ),
    (
        "response.output_text.annotation.added",
        Taken::Typed("citation"),
    ),
    ("response.queued", Taken::Folded),
    (
        "response.apply_patch_call_operation_diff.delta",
        Taken::ByName,
    ),
    (
        "response.apply_patch_call_operation_diff.done",
        Taken::ByName,
    ),
];

#[test]
fn every_event_type_of_the_api_that_is_no_item_is_taken_by_its_name() {
    for (name, taken) in API {
        let event = json!({"type": name, "item_id": "i", "delta": "d", "code": "c",
            "arguments": "{}", "partial_image_b64": "b", "output_index": 0, "content_index": 0,
            "annotation": {"type": "url_citation", "url": "u"},
            "part": {"type": "summary_text", "text": ""}, "response": {"id": "r"}});
        let events = fold(&[event, completed(&json!([]))]).events;
        let kinds: Vec<&str> = events.iter().map(Published::type_name).collect();
        let by_name = name.replacen("response.", "openai.responses.", 1);
        match taken {
            Taken::Folded => assert!(!kinds.contains(&by_name.as_str()), "{name}: {kinds:?}"),
            Taken::Typed(kind) => assert!(kinds.contains(kind), "{name}: {kinds:?}"),
            Taken::ByName => assert!(kinds.contains(&by_name.as_str()), "{name}: {kinds:?}"),
        }
    }
}
