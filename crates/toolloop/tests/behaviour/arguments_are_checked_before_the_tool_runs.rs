use std::sync::Mutex;

use async_trait::async_trait;
use geppetto_engine::RunContext;
use geppetto_toolloop::{
    Rejection, Tool, ToolError, ToolExecutor, ToolLoop, raw_tool_fn,
    schemars::{self, JsonSchema},
    tool_fn,
};
use geppetto_turns::ToolCall;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::*;

#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Query {
    city: String,
    #[schemars(range(min = 1, max = 7))]
    days: Option<u32>,
    unit: Option<Unit>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Celsius,
    Fahrenheit,
}

#[tokio::test(start_paused = true)]
async fn arguments_that_do_not_fit_are_answered_with_what_is_wrong() {
    let diary = Diary::default();
    let notes = diary.clone();
    let tool = tool_fn("weather", "Weather for a city", move |query: Query| {
        notes.note(format!("{} {:?} {:?}", query.city, query.days, query.unit));
        async { Ok::<_, ToolError>("sunny") }
    });
    let script = Script::new([
        vec![
            Do::Call(
                "1",
                "weather",
                r#"{"city": "Bern", "days": 3, "unit": "celsius"}"#,
            ),
            Do::Call("2", "weather", r#"{"days": 9}"#),
            Do::Call("3", "weather", r#"{"city": 7}"#),
            Do::Call("4", "weather", r#"{"city": "Bern", "unit": "kelvin"}"#),
            Do::Call("5", "weather", r#"{"city": "Bern", "wind": 1}"#),
            Do::Call("6", "weather", r#"{"city": "#),
            Do::Call("7", "weather", "[]"),
            Do::Call("8", "weather", ""),
            Do::Call("9", "weather", r#"{"city": "Bern", "days": null}"#),
        ],
        vec![Do::Say("ok")],
    ]);
    let done = run(&ToolLoop::new(script, registry(vec![Box::new(tool)]))).await;
    let not_run = |problem: &str| format!("Error: the tool was not run: {problem}");
    let texts: Vec<String> = done.answers().into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        texts,
        [
            "sunny".to_owned(),
            not_run("arguments.city: missing; arguments.days: must be at most 7"),
            not_run("arguments.city: must be string, not number"),
            not_run(r#"arguments.unit: must be one of "celsius", "fahrenheit", null"#),
            not_run("arguments.wind: unknown; known are: city, days, unit"),
            not_run(
                "the arguments are not valid JSON: EOF while parsing a value at line 1 column 9"
            ),
            not_run("the arguments must be a JSON object, not a list"),
            not_run("arguments.city: missing"),
            "sunny".to_owned(),
        ]
    );
    assert_eq!(
        diary.lines(),
        ["Bern Some(3) Some(Celsius)", "Bern None None"]
    );
    let starts = done.tool_events();
    let starts = starts.iter().filter(|line| line.starts_with("start"));
    assert_eq!(starts.count(), 9);
}

/// Records the arguments that it decides about.
#[derive(Default)]
struct Decides(Mutex<Vec<String>>);

#[async_trait]
impl ToolExecutor for Decides {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        self.0.lock().unwrap().push(call.args.to_string());
        Ok(())
    }
}

/// <https://github.com/earendil-works/pi/issues/5697>, <https://github.com/earendil-works/pi/issues/9931>,
/// <https://github.com/AtomicBot-ai/atomic-agent/issues/182>: values that models quote are read, where the
/// schema has no string.
/// <https://github.com/coder/coder/pull/28044>: a hook decides about what runs.
#[tokio::test(start_paused = true)]
async fn values_that_arrive_as_text_are_read_before_the_hooks_decide() {
    let schema = json!({"type": "object", "properties": {
        "edits": {"type": "array", "items": {"type": "object", "required": ["old"]}},
        "lines": {"type": ["integer", "null"]},
        "path": {"type": "string"},
        "title": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    }});
    let tool = raw_tool_fn("edit", "Edits", schema, |args: Value| async move {
        Ok::<_, ToolError>(args.to_string())
    });
    let script = Script::new([
        vec![
            Do::Call("1", "edit", r#"{"edits": "[{\"old\": \"[1]\"}]"}"#),
            Do::Call("2", "edit", r#"{"edits": ["{\"old\": 1}"], "lines": "20"}"#),
            Do::Call(
                "3",
                "edit",
                r#"{"path": "[1]", "title": "7", "lines": "null"}"#,
            ),
            Do::Call("4", "edit", r#"{"path": "[1]", "title": "7"}"#),
            Do::Call("5", "edit", r#"{"edits": "[{\"new\": 1}]"}"#),
            Do::Call("6", "edit", r#"{"lines": "\"20\""}"#),
        ],
        vec![Do::Say("ok")],
    ]);
    let hook = std::sync::Arc::new(Decides::default());
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(tool)]));
    let done = run(&tool_loop.with_executor(std::sync::Arc::clone(&hook))).await;
    let ran = [
        r#"{"edits":[{"old":"[1]"}]}"#,
        r#"{"edits":[{"old":1}],"lines":20}"#,
        r#"{"lines":null,"path":"[1]","title":"7"}"#,
        r#"{"path":"[1]","title":"7"}"#,
        "Error: the tool was not run: arguments.edits: must be array, not string",
        "Error: the tool was not run: arguments.lines: must be integer or null, not string",
    ];
    let answers: Vec<String> = done.answers().into_iter().map(|(_, text)| text).collect();
    assert_eq!(answers, ran);
    let decided = hook.0.lock().unwrap().clone();
    assert_eq!(decided[..3], ran[..3]);
    // The meaning is the model's, so its answer does not repeat the arguments.
    assert_eq!(done.turn.tool_answer("2").unwrap().ran_with, None);
}
