//! Tools of the corpus.

use std::time::Duration;

use geppetto_toolloop::{RegistryError, ToolContext, ToolError, ToolRegistry, raw_tool_fn};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::simulate::{SetupError, World};

/// Observed tools of all kinds:
///
/// - `look` and `write`, which is exclusive, return a result after a while, and `again` at its
///   third attempt;
/// - `listen` returns a result as soon as it is cancelled, and `stop` an error;
/// - `deaf` takes 20 s and ignores cancellation;
/// - `fail` fails, `burst` panics.
pub(super) fn all(world: &World) -> Result<ToolRegistry, SetupError> {
    let mut tools = ToolRegistry::new();
    that_work(world, &mut tools)?;
    that_hear(&mut tools)?;
    that_fail(world, &mut tools)?;
    Ok(world.tools(&tools)?)
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"n": {"type": "integer"}}})
}

fn that_work(world: &World, tools: &mut ToolRegistry) -> Result<(), RegistryError> {
    let delay = |most| world.delay(Duration::from_millis(most));
    let (look, write, again) = (delay(40), delay(40), delay(20));
    let looks = move |args: Value| async move {
        sleep(look).await;
        Ok::<_, ToolError>(format!("seen {args}"))
    };
    tools.register(raw_tool_fn("look", "Looks", schema(), looks))?;
    let writes = move |_: Value| async move {
        sleep(write).await;
        Ok::<_, ToolError>("written")
    };
    tools.register(raw_tool_fn("write", "Writes", schema(), writes).exclusive())?;
    let tries = move |_: Value, ctx: ToolContext| async move {
        sleep(again).await;
        match ctx.attempt {
            3.. => Ok("third time"),
            _ => Err(ToolError::new("not yet")),
        }
    };
    tools.register(raw_tool_fn("again", "Tries", schema(), tries).idempotent())
}

/// Tools that react to cancellation.
fn that_hear(tools: &mut ToolRegistry) -> Result<(), RegistryError> {
    let listens = |_: Value, ctx: ToolContext| async move {
        Ok::<_, ToolError>(match waited(&ctx).await {
            true => "heard",
            false => "heard half",
        })
    };
    tools.register(raw_tool_fn("listen", "Listens", schema(), listens))?;
    let stops = |_: Value, ctx: ToolContext| async move {
        match waited(&ctx).await {
            true => Ok("stopped"),
            false => Err(ToolError::new("stopped early")),
        }
    };
    tools.register(raw_tool_fn("stop", "Stops", schema(), stops))?;
    let sleeps = |_: Value| async {
        sleep(Duration::from_secs(20)).await;
        Ok::<_, ToolError>("slept")
    };
    tools.register(raw_tool_fn("deaf", "Sleeps", schema(), sleeps))
}

fn that_fail(world: &World, tools: &mut ToolRegistry) -> Result<(), RegistryError> {
    let delay = world.delay(Duration::from_millis(40));
    let fails = move |_: Value| async move {
        sleep(delay).await;
        Err::<(), _>(ToolError::new("nothing there"))
    };
    tools.register(raw_tool_fn("fail", "Fails", schema(), fails))?;
    let bursts = move |_: Value| async move {
        sleep(delay).await;
        burst()
    };
    tools.register(raw_tool_fn("burst", "Bursts", schema(), bursts))
}

/// Waits some milliseconds; returns `false` if the call was cancelled first.
async fn waited(ctx: &ToolContext) -> bool {
    tokio::select! {
        biased;
        () = ctx.cancelled() => false,
        () = sleep(Duration::from_millis(60)) => true,
    }
}

/// Panics, without the report that the process's hook would print.
fn burst() -> Result<(), ToolError> {
    std::panic::resume_unwind(Box::new("the tool burst"));
}
