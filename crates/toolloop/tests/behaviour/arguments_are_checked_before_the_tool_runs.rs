use geppetto_toolloop::{
    ToolError, ToolLoop,
    schemars::{self, JsonSchema},
    tool_fn,
};
use serde::Deserialize;

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
