//! Tools return images and files, end the run, and report the arguments they ran with.

use async_trait::async_trait;
use geppetto_engine::{RunContext, RunStop};
use geppetto_toolloop::{
    MASK, Rejection, ToolError, ToolExecutor, ToolLoop, ToolOutput, raw_tool_fn,
};
use geppetto_turns::{Args, FilePart, ImagePart, ToolCall};
use serde_json::{Value, json};

use crate::support::*;

fn asks_once(call: Do) -> std::sync::Arc<Script> {
    Script::new([vec![call], vec![Do::Say("ok")]])
}

#[tokio::test(start_paused = true)]
async fn images_and_files_stand_beside_the_text_and_are_not_cut() {
    let png = ImagePart::bytes("image/png", vec![7; 500]);
    let pdf = FilePart::bytes("a.pdf", "application/pdf", vec![9; 500]);
    let output = ToolOutput::text("x".repeat(50))
        .with_image(png.clone())
        .with_file(pdf.clone());
    let tool = raw_tool_fn("look", "", any(), move |_: Value| {
        let output = output.clone();
        async move { Ok::<_, ToolError>(output) }
    })
    .output_limit(10);
    let tools = registry(vec![Box::new(tool)]);
    let done = run(&ToolLoop::new(
        asks_once(Do::Call("c", "look", "{}")),
        tools,
    ))
    .await;
    let answer = done.turn.tool_answer("c").unwrap();
    assert!(answer.output().starts_with("xxxxxxxxxx… [output cut"));
    assert_eq!((&answer.images, &answer.files), (&vec![png], &vec![pdf]));
    assert_eq!(done.turn.assistant_text(), "ok");
}

#[tokio::test(start_paused = true)]
async fn a_tool_ends_the_run_well_after_the_calls_of_its_reply() {
    let diary = Diary::default();
    let submit = raw_tool_fn("submit", "", any(), |_: Value| async {
        ToolOutput::text("filed").ending_run()
    });
    let tools = registry(vec![Box::new(submit), Box::new(slow(&diary, "slow", 5))]);
    let reply = vec![Do::Call("a", "submit", "{}"), Do::Call("b", "slow", "{}")];
    // A second request would panic.
    let done = run(&ToolLoop::new(Script::new([reply]), tools)).await;
    assert_eq!(done.outcome.unwrap().stop, RunStop::Finished);
    assert_eq!(diary.lines(), ["+b", "-b"]);
    let answers = done.turn.blocks.iter().filter_map(|b| b.as_tool_use());
    assert_eq!(
        answers
            .map(geppetto_turns::ToolUse::output)
            .collect::<Vec<_>>(),
        ["filed", "done b"]
    );
}

/// Corrects the address of a mail, like a person who is asked.
struct Corrects;

#[async_trait]
impl ToolExecutor for Corrects {
    async fn pre_execute(&self, _: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        Ok(match call.args.object() {
            Ok(args) if args["to"] == "ann" => Args::from(json!({"to": "bob", "token": "hunter2"})),
            _ => call.args.clone(),
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_tells_with_which_arguments_the_tool_ran() {
    let diary = Diary::default();
    let notes = diary.clone();
    let send = raw_tool_fn("send", "", any(), move |args: Value| {
        notes.note(args.to_string());
        async { "sent" }
    })
    .secret_args(["token"]);
    let tools = registry(vec![Box::new(send)]);
    let reply = vec![
        Do::Call("a", "send", r#"{"to": "ann"}"#),
        Do::Call("b", "send", r#"{"to": "eve"}"#),
    ];
    let engine = Script::new([reply, vec![Do::Say("ok")]]);
    let tool_loop = ToolLoop::new(engine.clone(), tools).with_executor(Corrects);
    let done = run(&tool_loop).await;
    assert_eq!(
        diary.lines(),
        [r#"{"to":"bob","token":"hunter2"}"#, r#"{"to":"eve"}"#]
    );
    let shown = format!(r#"(run with other arguments: {{"to":"bob","token":"{MASK}"}})"#);
    assert_eq!(
        done.answers(),
        pairs(&[("a", &format!("{shown}\nsent")), ("b", "sent")])
    );
    // The call stays as the model wrote it.
    let calls = done.turn.blocks.iter().filter_map(|b| b.as_tool_call());
    let calls: Vec<_> = calls.map(|call| call.args.as_str()).collect();
    assert_eq!(calls, [r#"{"to": "ann"}"#, r#"{"to": "eve"}"#]);
}
