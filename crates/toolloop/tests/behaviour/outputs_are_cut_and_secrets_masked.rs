use geppetto_engine::RunContext;
use geppetto_events::EventKind;
use geppetto_toolloop::{Rejection, Tool, ToolError, ToolExecutor, ToolLoop, raw_tool_fn};
use geppetto_turns::{Args, ToolCall};
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn long_outputs_and_errors_are_cut_visibly() {
    let long = raw_tool_fn("long", "", any(), |_: Value| async {
        Ok::<_, ToolError>("ä".repeat(700_000))
    });
    let short = raw_tool_fn("short", "", any(), |_: Value| async {
        Ok::<_, ToolError>(json!({"n": 12345}))
    });
    let fails = raw_tool_fn("fails", "", any(), |_: Value| async {
        Err::<(), _>(ToolError::new("x".repeat(30)))
    });
    let script = Script::new([
        vec![
            Do::Call("1", "long", "{}"),
            Do::Call("2", "short", "{}"),
            Do::Call("3", "fails", "{}"),
        ],
        vec![Do::Say("ok")],
    ]);
    let tools = registry(vec![
        Box::new(long),
        Box::new(short.output_limit(5)),
        Box::new(fails.output_limit(7)),
    ]);
    let done = run(&ToolLoop::new(script, tools)).await;
    let answers = done.answers();
    let (shown, note) = answers[0].1.split_once('…').unwrap();
    assert_eq!((shown.len(), shown.chars().count()), (64 * 1024, 32 * 1024));
    assert_eq!(note, " [output cut: 64 KiB of 1.3 MiB shown]");
    assert_eq!(answers[1].1, "{\"n\":… [output cut: 5 B of 11 B shown]");
    assert_eq!(
        answers[2].1,
        "Error: xxxxxxx… [output cut: 7 B of 30 B shown]"
    );
}

#[tokio::test(start_paused = true)]
async fn secrets_do_not_show_in_events_and_reach_the_tool() {
    const SECRET: &str = "sk-0123456789";
    let tool = |name| {
        raw_tool_fn(name, "", any(), move |args: Value| async move {
            assert_eq!(args["auth"]["api_key"], SECRET);
            if name == "fails" {
                return Err(ToolError::new(format!("key {SECRET} was refused")));
            }
            Ok(format!("logged in with {SECRET}"))
        })
        .secret_args(["api_key"])
    };
    let args = r#"{"user":"me","auth":{"api_key":"sk-0123456789"}}"#;
    let script = Script::new([
        vec![
            Do::Call("1", "login", args),
            Do::Call("2", "fails", args),
            Do::Call("3", "login", "{api_key: sk-0123456789"),
        ],
        vec![Do::Say("ok")],
    ]);
    let tools = registry(vec![Box::new(tool("login")), Box::new(tool("fails"))]);
    let done = run(&ToolLoop::new(script, tools)).await;
    let events = done.tool_events();
    for line in [
        r#"start 1 {"auth":{"api_key":"***"},"user":"me"}"#,
        "success 1 logged in with ***",
        "error 2 Error: key *** was refused",
    ] {
        assert!(events.contains(&line.to_owned()), "{events:#?}");
    }
    assert!(events.contains(&"start 3 ***".to_owned()));
    assert!(
        events.iter().all(|line| !line.contains(SECRET)),
        "{events:#?}"
    );
    // Nor in those of the provider call, which the model wrote.
    for event in &done.events {
        let json = serde_json::to_string(event).unwrap();
        assert!(!json.contains("0123456789"), "{json}");
    }
    let requested: Vec<&str> = done
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ToolCallRequested(call) => Some(call.input.as_str()),
            _ => None,
        })
        .collect();
    let masked = r#"{"auth":{"api_key":"***"},"user":"me"}"#;
    assert_eq!(requested, [masked, masked, "***"]);
    assert!(!done.names().contains(&"tool-call-arguments-delta"));
    // The history has the model's arguments, and the model receives the tool's output.
    assert_eq!(done.turn.tool_calls().next().unwrap().args.as_str(), args);
    assert_eq!(done.answers()[0].1, format!("logged in with {SECRET}"));
}

#[tokio::test(start_paused = true)]
async fn a_cut_leaves_no_part_of_a_secret() {
    let tool = raw_tool_fn("echo", "", any(), |args: Value| async move {
        Ok::<_, ToolError>(format!("key {}", args["key"].as_str().unwrap_or_default()))
    });
    let script = Script::new([
        vec![Do::Call("1", "echo", r#"{"key":"sk-0123456789"}"#)],
        vec![Do::Say("ok")],
    ]);
    let tool = tool.secret_args(["key"]).output_limit(9);
    let done = run(&ToolLoop::new(script, registry(vec![Box::new(tool)]))).await;
    assert_eq!(done.tool_events()[1], "success 1 key ***");
    assert_eq!(
        done.answers()[0].1,
        "key sk-01… [output cut: 9 B of 17 B shown]"
    );
}

/// Action of a hook on a call.
#[derive(Debug, Clone, Copy)]
enum Hook {
    EndsRun,
    Cancels,
    CancelsAndHangs,
    PanicsFirst,
    Panics,
    Swaps,
}

struct Repeats(Hook);

#[async_trait::async_trait]
impl ToolExecutor for Repeats {
    async fn pre_execute(&self, _: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        match self.0 {
            Hook::PanicsFirst => panic!("cannot look at {}", call.args),
            Hook::Swaps => Ok(Args::from(r#"{"pin":"from-the-vault"}"#)),
            _ => Ok(call.args.clone()),
        }
    }

    async fn is_allowed(
        &self,
        ctx: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        let reason = format!("no: {}", call.args);
        match self.0 {
            Hook::EndsRun => Err(Rejection::new(reason).ending_run()),
            Hook::Cancels => {
                ctx.cancel_because(&*reason);
                Err(Rejection::new(reason))
            }
            Hook::CancelsAndHangs => {
                ctx.cancel_because(reason);
                std::future::pending().await
            }
            Hook::Panics => panic!("{reason}"),
            _ => Ok(()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_hook_repeats_of_a_secret_shows_nowhere() {
    for hook in [
        Hook::EndsRun,
        Hook::Cancels,
        Hook::CancelsAndHangs,
        Hook::PanicsFirst,
        Hook::Panics,
        Hook::Swaps,
    ] {
        let args = r#"{"pin":"swordfish"}"#;
        let script = Script::new([
            vec![Do::Call("1", "pay", args), Do::Call("2", "pay", args)],
            vec![Do::Say("ok")],
        ]);
        let pay = raw_tool_fn("pay", "", any(), |args: Value| async move {
            Ok::<_, ToolError>(format!("paid with {args}"))
        });
        let tools = registry(vec![Box::new(pay.secret_args(["pin"]))]);
        let tool_loop = ToolLoop::new(script, tools).with_executor(Repeats(hook));
        let done = run(&tool_loop).await;
        for event in &done.events {
            let json = serde_json::to_string(event).unwrap();
            assert!(!json.contains("swordfish"), "{hook:?}: {json}");
            assert!(!json.contains("vault"), "{hook:?}: {json}");
        }
        // The last event of the run and its error are built from this.
        if let Err(error) = &done.outcome {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("swordfish"), "{hook:?}: {shown}");
            assert!(shown.contains("***"), "{hook:?}: {shown}");
        }
        assert_eq!(done.outcome.is_ok(), matches!(hook, Hook::Swaps));
    }
}
