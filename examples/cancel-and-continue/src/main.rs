//! A session is never stuck. One run is cancelled in the middle of a text, another in the middle of
//! a tool call, and each time the next prompt works. The partial text stays in the history, marked
//! as such, and every tool call has exactly one result.
//!
//! ```text
//! $ cargo run -p cancel-and-continue
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{error::Error, future::pending, io};

use example_run::{print, println};
use geppetto_enginebuilder::Builder;
use geppetto_events::{EventKind, printer::HumanPrinter};
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};

/// A tool that never returns and ignores the cancellation.
async fn dig() -> Result<String, ToolError> {
    pending().await
}

/// In place of a model: writes half a sentence and hangs, calls two tools, answers.
fn model() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new().text("The treasure lies").hang(),
        Script::new()
            .text("I will dig.")
            .tool_call("call_1", "look", "{}")
            .tool_call("call_2", "dig", "{}"),
        Script::new().text("We were here before."),
    ])
}

fn tools() -> Result<ToolRegistry, Box<dyn Error>> {
    let look = tool_fn("look", "Looks around", || async {
        Ok::<_, ToolError>("sand, palms")
    });
    let dig = tool_fn("dig", "Digs a hole", dig);
    Ok(ToolRegistry::new().with(look)?.with(dig)?)
}

/// Submits a prompt and cancels its run at the first event that `when` accepts.
async fn cancel_when(
    session: &Session,
    prompt: &str,
    when: impl Fn(&EventKind) -> bool,
) -> Result<(), Box<dyn Error>> {
    println!("> {prompt}");
    let run = session.submit(prompt).await?;
    let mut events = run.events();
    while let Some(event) = events.next().await {
        if when(&event.kind) {
            run.cancel(); // twice, or too late: it changes nothing
        }
    }
    match run.wait().await {
        Err(error) if error.is_cancelled() => println!("running: {}", session.is_running()),
        Err(error) => return Err(error.into()),
        Ok(_) => println!("the run was faster than the cancel"),
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let builder = Builder::new(model())
        .tools(tools()?)
        .event_sink(HumanPrinter::new(io::stdout()));
    let session = Session::new(builder);

    println!("--- cancelled in the middle of a text");
    let text = |kind: &EventKind| matches!(kind, EventKind::TextDelta(_));
    cancel_when(&session, "Where is the treasure?", text).await?;

    println!("--- cancelled in the middle of a tool, when the other one is done");
    let looked = |kind: &EventKind| matches!(kind, EventKind::ToolCallFinished(call) if call.tool_name == "look");
    cancel_when(&session, "Find it!", looked).await?;

    println!("--- the next prompt works");
    println!("> Where are we?");
    let turn = session.submit("Where are we?").await?.wait().await?;

    println!("--- the history");
    print!("{turn}");
    Ok(())
}
