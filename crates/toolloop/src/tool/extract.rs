//! [`FromToolContext`]: arguments of a tool function that are not supplied by the model.

use geppetto_engine::Extensions;

use super::{ToolContext, ToolError};

/// Argument of a tool function that is provided by the application rather than by the model.
///
/// A tool function has up to three of them, after the argument written by the model. The model
/// neither sees nor sets them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool function",
    label = "not an argument that the application provides",
    note = "the first argument is what the model writes (`Deserialize` and `JsonSchema`); those after it are \
            `ToolContext`, `State<T>`, `Extension<T>` or `Option<Extension<T>>`"
)]
pub trait FromToolContext: Sized + Send {
    /// Extracts the value from the context of a call.
    ///
    /// # Errors
    ///
    /// If the context does not have the value. The tool does not run, and the model receives the
    /// message.
    fn from_tool_context(ctx: &ToolContext) -> Result<Self, ToolError>;

    /// Returns the name of the type that is missing in the state of a registry, if any. Called
    /// once, when the tool is registered.
    #[must_use]
    fn missing_state(_state: &Extensions) -> Option<&'static str> {
        None
    }
}

impl FromToolContext for ToolContext {
    fn from_tool_context(ctx: &ToolContext) -> Result<Self, ToolError> {
        Ok(ctx.clone())
    }
}

/// State shared by all calls of a registry's tools, such as a connection pool.
///
/// [`ToolRegistry::with_state`](crate::ToolRegistry::with_state) provides it. Each call receives a
/// clone, so `T` is usually an [`Arc`](std::sync::Arc) or a handle.
///
/// ```
/// use std::sync::Arc;
///
/// use geppetto_toolloop::{State, ToolRegistry, tool_fn};
/// # use geppetto_toolloop::schemars::{self, JsonSchema};
/// # use serde::Deserialize;
///
/// struct Db;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Order {
///     id: u64,
/// }
///
/// async fn status(order: Order, State(_db): State<Arc<Db>>) -> String {
///     format!("order {} is on its way", order.id)
/// }
///
/// let tools = ToolRegistry::new()
///     .with_state(Arc::new(Db))
///     .with(tool_fn("order_status", "The status of an order", status))?;
/// # Ok::<(), geppetto_toolloop::RegistryError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State<T>(pub T);

impl<T: Clone + Send + Sync + 'static> FromToolContext for State<T> {
    fn from_tool_context(ctx: &ToolContext) -> Result<Self, ToolError> {
        let state = ctx.state::<T>().cloned().map(State);
        state.ok_or_else(|| missing::<T>("state"))
    }

    fn missing_state(state: &Extensions) -> Option<&'static str> {
        let there = state.get::<T>().is_some();
        (!there).then(std::any::type_name::<T>)
    }
}

/// Value attached to the run by the application, such as the identity of the caller.
///
/// Attached with `Builder::extension`. If it is missing, the tool does not run;
/// `Option<Extension<T>>` is `None` instead. Each call receives a clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<T>(pub T);

impl<T: Clone + Send + Sync + 'static> FromToolContext for Extension<T> {
    fn from_tool_context(ctx: &ToolContext) -> Result<Self, ToolError> {
        let value = ctx.run.extension::<T>().cloned().map(Extension);
        value.ok_or_else(|| missing::<T>("extension"))
    }
}

impl<T: Clone + Send + Sync + 'static> FromToolContext for Option<Extension<T>> {
    fn from_tool_context(ctx: &ToolContext) -> Result<Self, ToolError> {
        Ok(ctx.run.extension::<T>().cloned().map(Extension))
    }
}

fn missing<T>(what: &str) -> ToolError {
    let name = std::any::type_name::<T>();
    ToolError::new(format!(
        "the application did not provide the {what} `{name}` that this tool needs"
    ))
    .permanent()
}
