use std::{io, sync::Arc};

use geppetto_engine::RunContext;
use serde::Serialize;
use serde_json::json;

use super::*;
use crate::{Extension, RegistryError, State, ToolRegistry};

#[derive(Deserialize, JsonSchema)]
struct Order {
    id: u64,
}

fn context(run: RunContext) -> ToolContext {
    ToolContext {
        run,
        call_id: "call_1".to_owned(),
        tool_name: "tool".to_owned(),
        idempotency_key: "key".to_owned(),
        attempt: 1,
        resumed: None,
        state: Extensions::default(),
    }
}

async fn call(tool: impl Tool, run: RunContext) -> Result<String, String> {
    let output = tool.call(context(run), json!({"id": 7})).await;
    output
        .map(|output| output.text)
        .map_err(|error| error.to_string())
}

macro_rules! check {
    ($function:expr, $expected:expr) => {
        let tool = tool_fn("tool", "", $function);
        let expected: Result<&str, &str> = $expected;
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(call(tool, RunContext::new()).await, expected);
    };
}

#[derive(Serialize)]
struct Status {
    shipped: bool,
}

#[tokio::test]
async fn plain_values_are_output() {
    check!(
        async |order: Order| format!("order {}", order.id),
        Ok("order 7")
    );
    check!(async |_: Order| "on its way", Ok("on its way"));
    check!(async |order: Order| order.id, Ok("7"));
    check!(
        async |_: Order| Status { shipped: true },
        Ok(r#"{"shipped":true}"#)
    );
    check!(async |_: Order| vec![1, 2], Ok("[1,2]"));
    check!(async |_: Order| {}, Ok("null"));
    check!(async |_: Order| Some(1), Ok("1"));
    check!(async |_: Order| json!({"Ok": 1}), Ok(r#"{"Ok":1}"#));
    check!(
        async |_: Order| ToolOutput::text("as it is"),
        Ok("as it is")
    );
    check!(async || "no input", Ok("no input"));
}

#[tokio::test]
async fn any_error_is_an_error() {
    check!(async |_: Order| Ok::<_, ToolError>(1), Ok("1"));
    check!(
        async |_: Order| Ok::<_, String>(Status { shipped: true }),
        Ok(r#"{"shipped":true}"#)
    );
    check!(
        async |_: Order| Err::<(), _>("try another".to_owned()),
        Err("try another")
    );
    check!(async |_: Order| Err::<u8, _>("a literal"), Err("a literal"));
    check!(
        async |_: Order| Err::<(), _>(io::Error::other("disk")),
        Err("disk")
    );
    check!(
        async |_: Order| Err::<(), _>(ToolError::new("own")),
        Err("own")
    );
    type Boxed = Box<dyn std::error::Error + Send + Sync>;
    check!(
        async |_: Order| Err::<(), Boxed>("boxed".into()),
        Err("boxed")
    );
    check!(async |_: Order| Ok::<_, Boxed>("fine"), Ok("fine"));
    check!(async |_: Order| Ok::<_, anyhow::Error>("fine"), Ok("fine"));
    check!(
        async |_: Order| {
            let error = anyhow::Error::new(io::Error::other("disk"));
            Err::<String, _>(error.context("cannot read the order"))
        },
        Err("cannot read the order: disk")
    );
}

fn read(text: &str) -> anyhow::Result<u8> {
    anyhow::ensure!(!text.is_empty(), "empty");
    Ok(text.parse()?)
}

#[test]
fn the_question_mark_converts_any_error() {
    fn all(text: &str) -> Result<u8, ToolError> {
        let number = read(text)?;
        let small = number.checked_sub(1).ok_or("too small")?;
        small
            .checked_sub(1)
            .ok_or_else(|| format!("{small} is too small"))?;
        let boxed: Result<u8, Box<dyn std::error::Error + Send + Sync>> = Ok(small);
        Ok(boxed?)
    }
    let message = |text| all(text).unwrap_err().to_string();
    assert_eq!(message(""), "empty");
    assert_eq!(message("x"), "invalid digit found in string");
    assert_eq!(message("0"), "too small");
    assert_eq!(message("1"), "0 is too small");
    assert_eq!(all("3").unwrap(), 2);
}

struct Db(&'static str);

#[derive(Clone)]
struct Caller(&'static str);

async fn status(order: Order, State(db): State<Arc<Db>>, caller: Extension<Caller>) -> String {
    format!("{} of {} in {}", order.id, caller.0.0, db.0)
}

fn bound<M: 'static>(function: impl ToolFn<M, Args: JsonSchema>) -> Arc<dyn Tool> {
    let tools = ToolRegistry::new().with_state(Arc::new(Db("the db")));
    let tools = tools.with(tool_fn("tool", "", function)).unwrap();
    Arc::clone(tools.get("tool").unwrap())
}

#[tokio::test]
async fn functions_take_state_and_extensions_by_type() {
    let run = RunContext::new().with_extension(Caller("ada"));
    assert_eq!(
        call(bound(status), run.clone()).await.unwrap(),
        "7 of ada in the db"
    );
    // Without an argument written by the model, with the context, with an optional extension.
    let tool = bound(
        async |State(db): State<Arc<Db>>, ctx: ToolContext, caller: Option<Extension<Caller>>| {
            format!("{} {} {}", db.0, ctx.call_id, caller.is_some())
        },
    );
    assert_eq!(
        call(Arc::clone(&tool), run).await.unwrap(),
        "the db call_1 true"
    );
    assert_eq!(
        call(tool, RunContext::new()).await.unwrap(),
        "the db call_1 false"
    );
    // The context has the state, too.
    let tool = bound(async |_: Order, ctx: ToolContext| ctx.state::<Arc<Db>>().map(|db| db.0));
    assert_eq!(call(tool, RunContext::new()).await.unwrap(), "the db");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let error = ToolRegistry::new()
        .with(tool_fn("status", "", status))
        .unwrap_err();
    let RegistryError::MissingState { name, state } = &error else {
        panic!("{error}");
    };
    assert_eq!((name.as_str(), state.contains("Db")), ("status", true));
    assert!(error.to_string().contains("call `with_state`"), "{error}");

    let error = call(bound(status), RunContext::new()).await.unwrap_err();
    assert!(
        error.contains("Caller") && error.contains("did not provide"),
        "{error}"
    );
}

#[test]
fn a_tool_without_arguments_has_the_schema_of_an_object() {
    let schema = schemars::schema_for!(NoArgs);
    assert_eq!(
        (&schema.as_value()["title"], &schema.as_value()["type"]),
        (&json!("NoArgs"), &json!("object"))
    );
}
