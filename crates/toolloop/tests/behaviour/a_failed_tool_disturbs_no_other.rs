use std::time::Duration;

use async_trait::async_trait;
use geppetto_engine::ToolDefinition;
use geppetto_toolloop::{Tool, ToolContext, ToolError, ToolLoop, ToolOutput, raw_tool_fn};
use serde_json::Value;
use tokio::time::Instant;

use crate::support::*;

/// Panics before it returns a future, or when the future is dropped.
struct Rude {
    definition: ToolDefinition,
    on_drop: bool,
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[async_trait]
impl Tool for Rude {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    #[allow(clippy::manual_async_fn, reason = "the call itself is to panic")]
    fn call<'a: 'b, 'b>(
        &'a self,
        _: ToolContext,
        _: Value,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<ToolOutput, ToolError>> + Send + 'b>>
    where
        Self: 'b,
    {
        assert!(self.on_drop, "at once");
        Box::pin(async {
            let _bomb = PanicsOnDrop;
            std::future::pending().await
        })
    }
}

fn rude(name: &str, on_drop: bool) -> Box<dyn Tool> {
    Box::new(Rude {
        definition: ToolDefinition::new(name, "", any()),
        on_drop,
    })
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_the_answer_to_its_own_call() {
    let diary = Diary::default();
    let script = Script::new([
        vec![
            Do::Call("1", "good", "{}"),
            Do::Call("2", "late", "{}"),
            Do::Call("3", "panics", "{}"),
            Do::Call("4", "rude", "{}"),
            Do::Call("5", "bomb", "{}"),
            Do::Call("6", "fails", "{}"),
            Do::Call("7", "nowhere", "{}"),
            Do::Call("8", "good", "{}"),
        ],
        vec![Do::Say("ok")],
    ]);
    let tools = registry(vec![
        Box::new(slow(&diary, "good", 10)),
        Box::new(slow(&diary, "late", 5000).timeout(Duration::from_secs(2))),
        Box::new(raw_tool_fn("panics", "", any(), |_: Value| async {
            panic!("in the middle");
            #[allow(unreachable_code, reason = "tells the type")]
            Ok::<_, ToolError>(())
        })),
        rude("rude", false),
        rude("bomb", true),
        Box::new(raw_tool_fn("fails", "", any(), |_: Value| async {
            let port: u16 = "x".parse()?;
            Ok::<_, ToolError>(port)
        })),
    ]);
    let done = run(&ToolLoop::new(script, tools)).await;
    assert_eq!(
        done.answers(),
        pairs(&[
            ("1", "done 1"),
            ("2", "Error: timed out: the tool took longer than 2s"),
            ("3", "Error: the tool panicked: in the middle"),
            ("4", "Error: the tool panicked: at once"),
            ("5", "Error: timed out: the tool took longer than 30s"),
            ("6", "Error: invalid digit found in string"),
            (
                "7",
                "Error: unknown tool `nowhere`; there are: bomb, fails, good, late, panics, rude"
            ),
            ("8", "done 8"),
        ])
    );
    assert_eq!(done.turn.assistant_text(), "ok");
    for id in ["2", "3", "4", "5", "6", "7"] {
        let of_call: Vec<String> = done
            .tool_events()
            .into_iter()
            .filter(|line| line.split(' ').nth(1) == Some(id))
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(of_call, ["start", "error", "finish"], "call {id}");
    }
    assert!(done.outcome.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_tool_sees_that_its_time_is_up() {
    let diary = Diary::default();
    let seen = diary.clone();
    let started = Instant::now();
    let tool = raw_tool_fn("spawns", "", any(), move |_: Value, ctx: ToolContext| {
        let seen = seen.clone();
        async move {
            let left_behind = ctx.clone();
            tokio::spawn(async move {
                left_behind.cancelled().await;
                seen.note(format!("told after {:?}", started.elapsed()));
            });
            std::future::pending::<Result<(), ToolError>>().await
        }
    })
    .timeout(ms(50));
    let script = Script::new([
        vec![Do::Call("1", "spawns", "{}"), Do::Call("2", "slow", "{}")],
        vec![Do::Say("ok")],
    ]);
    let tools = registry(vec![Box::new(tool), Box::new(slow(&diary, "slow", 200))]);
    let done = run(&ToolLoop::new(script, tools)).await;
    assert!(done.outcome.is_ok());
    assert_eq!(diary.lines(), ["+2", "told after 50ms", "-2"]);
}
