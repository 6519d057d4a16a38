//! Runs that pause between their steps: after each inference that asks for tools, before the tools
//! run, and after the tools, before the next inference. A consumer of the events resumes the run;
//! without one, a deadline decides what happens.
//!
//! ```text
//! $ cargo run -p step-control
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{error::Error, time::Duration};

use example_run::println;
use geppetto_enginebuilder::Builder;
use geppetto_events::EventKind;
use geppetto_session::{ExecutionHandle, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{AtDeadline, StepController, ToolError, ToolRegistry, tool_fn};

/// In place of a model: asks to delete a file, then reports what it did.
fn model() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new().tool_call("call_1", "delete_file", "{}"),
        Script::new().text("It is gone."),
    ])
}

/// A session whose runs pause.
fn session(control: &StepController) -> Result<Session, Box<dyn Error>> {
    let delete = tool_fn("delete_file", "Deletes the file", || async {
        Ok::<_, ToolError>("deleted")
    });
    let builder = Builder::new(model())
        .tools(ToolRegistry::new().with(delete)?)
        .step_control(control.clone());
    let session = Session::new(builder);
    control.enable(session.id()); // and disable() lets its runs go through again
    Ok(session)
}

/// Prints the events; at each pause, `decide` is asked whether to resume the run.
async fn watch(run: &ExecutionHandle, control: &StepController, decide: impl Fn(&str) -> bool) {
    let mut events = run.events();
    while let Some(event) = events.next().await {
        match &event.kind {
            EventKind::DebuggerPause(pause) => {
                println!("paused {}: {}", pause.phase, pause.summary);
                if decide(&pause.phase) {
                    println!("go on");
                    control.continue_run(&pause.pause_id);
                }
            }
            EventKind::ToolResultReady(answer) => {
                println!("{}: {}", answer.tool_name, answer.result);
            }
            EventKind::TextSegmentFinished(text) => println!("model: {}", text.text),
            EventKind::RunFinished(_) => println!("finished"),
            EventKind::RunStopped(stop) => println!("stopped: {}", stop.reason),
            _ => {}
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    println!("--- somebody lets each step go on");
    let control = StepController::new();
    let run = session(&control)?.submit("Delete it.").await?;
    watch(&run, &control, |_| true).await;

    println!("--- nobody is there: after the deadline the run goes on");
    let control = StepController::new().with_deadline(Duration::from_millis(50));
    let run = session(&control)?.submit("Delete it.").await?;
    watch(&run, &control, |_| false).await;

    println!("--- nobody is there: after the deadline the run stops, and the tool has not run");
    let control = control.with_at_deadline(AtDeadline::Stop);
    let run = session(&control)?.submit("Delete it.").await?;
    watch(&run, &control, |_| false).await;

    println!("--- somebody looks, and cancels");
    let control = StepController::new();
    let run = session(&control)?.submit("Delete it.").await?;
    watch(&run, &control, |_| {
        run.cancel();
        false
    })
    .await;
    Ok(())
}
