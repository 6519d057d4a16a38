//! Two tools that share state (the orders of a shop) and know the caller. The state belongs to the
//! tool registry, the identity of the caller to the builder of a session; the model sees neither.
//!
//! ```text
//! $ cargo run -p tools-with-state
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use example_run::println;
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{Extension, State, ToolRegistry, tool_fn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state that all tools and all sessions share. A real program would use a database.
#[derive(Default)]
struct Orders(Mutex<BTreeMap<String, Vec<String>>>);

impl Orders {
    fn with<R>(&self, user: &str, change: impl FnOnce(&mut Vec<String>) -> R) -> R {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(orders.entry(user.to_owned()).or_default())
    }
}

/// The caller of a tool.
#[derive(Clone)]
struct Caller(String);

/// Arguments of `place_order`, which the model writes.
#[derive(Deserialize, JsonSchema)]
struct PlaceOrder {
    /// What to order.
    item: String,
}

#[derive(Serialize)]
struct Receipt {
    item: String,
    number: usize,
}

async fn place_order(
    order: PlaceOrder,
    State(orders): State<Arc<Orders>>,
    Extension(Caller(user)): Extension<Caller>,
) -> Result<Receipt, String> {
    if order.item.trim().is_empty() {
        return Err("the item is empty; ask what to order".to_owned());
    }
    let number = orders.with(&user, |own| {
        own.push(order.item.clone());
        own.len()
    });
    Ok(Receipt {
        item: order.item,
        number,
    })
}

/// A tool without arguments from the model.
async fn list_orders(
    State(orders): State<Arc<Orders>>,
    Extension(Caller(user)): Extension<Caller>,
) -> Vec<String> {
    orders.with(&user, |own| own.clone())
}

/// In place of a model: orders something, then looks at all orders.
fn model(item: &str) -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new().tool_call("call_1", "place_order", format!(r#"{{"item":"{item}"}}"#)),
        Script::new().tool_call("call_2", "list_orders", "{}"),
        Script::new().text("Done."),
    ])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let tools = ToolRegistry::new()
        .with_state(Arc::new(Orders::default()))
        .with(tool_fn("place_order", "Orders something", place_order))?
        .with(tool_fn(
            "list_orders",
            "All orders of the user",
            list_orders,
        ))?;

    for (user, item) in [("ada", "tea"), ("grace", "coffee"), ("ada", "cake")] {
        let builder = Builder::new(model(item))
            .tools(tools.clone()) // the state is shared
            .extension(Caller(user.to_owned())); // the caller is this session's
        let session = Session::new(builder);
        let turn = session
            .submit(format!("Order {item}"))
            .await?
            .wait()
            .await?;
        for call in ["call_1", "call_2"] {
            let answer = turn.tool_answer(call).ok_or("every call has an answer")?;
            println!("{user}: {}", answer.output());
        }
    }
    Ok(())
}
