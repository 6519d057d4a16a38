//! Tools of the corpus.

use std::time::Duration;

use geppetto_toolloop::{ToolContext, ToolError, ToolRegistry, raw_tool_fn};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::simulate::{SetupError, World};

/// Tools of all kinds, watched:
///
/// - `look` gives a result after a while, `write` too, alone, and `again` at its third attempt;
/// - `listen` ends at once when it is cancelled, with a result, and `stop` with an error;
/// - `deaf` takes a minute and does not see a cancel;
/// - `fail` fails, `burst` panics.
pub(super) fn all(world: &World) -> Result<ToolRegistry, SetupError> {
    let delay = |most| world.delay(Duration::from_millis(most));
    let (look, write, again) = (delay(40), delay(40), delay(20));
    let schema = || json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let mut tools = ToolRegistry::new();
    tools.register(raw_tool_fn(
        "look",
        "Looks",
        schema(),
        move |args: Value| async move {
            sleep(look).await;
            Ok::<_, ToolError>(format!("seen {args}"))
        },
    ))?;
    tools.register(
        raw_tool_fn("write", "Writes", schema(), move |_: Value| async move {
            sleep(write).await;
            Ok::<_, ToolError>("written")
        })
        .exclusive(),
    )?;
    tools.register(
        raw_tool_fn(
            "again",
            "Tries",
            schema(),
            move |_: Value, ctx: ToolContext| async move {
                sleep(again).await;
                match ctx.attempt {
                    3.. => Ok("third time"),
                    _ => Err(ToolError::new("not yet")),
                }
            },
        )
        .idempotent(),
    )?;
    tools.register(raw_tool_fn(
        "listen",
        "Listens",
        schema(),
        |_: Value, ctx| async move {
            Ok::<_, ToolError>(match waited(&ctx, 60).await {
                true => "heard",
                false => "heard half",
            })
        },
    ))?;
    tools.register(raw_tool_fn(
        "stop",
        "Stops",
        schema(),
        |_: Value, ctx| async move {
            match waited(&ctx, 60).await {
                true => Ok("stopped"),
                false => Err(ToolError::new("stopped early")),
            }
        },
    ))?;
    tools.register(raw_tool_fn("deaf", "Sleeps", schema(), |_: Value| async {
        sleep(Duration::from_secs(20)).await;
        Ok::<_, ToolError>("slept")
    }))?;
    tools.register(raw_tool_fn(
        "fail",
        "Fails",
        schema(),
        move |_: Value| async move {
            sleep(look).await;
            Err::<(), _>(ToolError::new("nothing there"))
        },
    ))?;
    tools.register(raw_tool_fn(
        "burst",
        "Bursts",
        schema(),
        move |_: Value| async move {
            sleep(write).await;
            burst()
        },
    ))?;
    Ok(world.tools(&tools)?)
}

/// Waits some milliseconds; `false` when the call was cancelled before.
async fn waited(ctx: &ToolContext, ms: u64) -> bool {
    tokio::select! {
        biased;
        () = ctx.cancelled() => false,
        () = sleep(Duration::from_millis(ms)) => true,
    }
}

/// Panics, without the report that the process's hook would print.
fn burst() -> Result<(), ToolError> {
    std::panic::resume_unwind(Box::new("the tool burst"));
}
