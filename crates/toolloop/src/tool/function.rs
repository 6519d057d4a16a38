//! [`tool_fn`]: tools from async functions.

use std::{borrow::Cow, fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{Extensions, ToolDefinition, schema::of_type};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Tool, ToolContext, ToolError, ToolOutput, ToolTraits};

mod forms;
#[cfg(test)]
mod tests;

/// An async function that can be a tool.
///
/// Its arguments are, in this order:
///
/// 1. the input written by the model: a type that implements [`Deserialize`] and, for [`tool_fn`],
///    [`JsonSchema`]; optional;
/// 2. up to three values provided by the application ([`FromToolContext`](crate::FromToolContext)):
///    [`State`](crate::State), [`Extension`](crate::Extension), [`ToolContext`].
///
/// Its output is any [`Serialize`](serde::Serialize) value, or a [`Result`] of one
/// ([`IntoToolOutput`](crate::IntoToolOutput)). `M` distinguishes these forms; it is always
/// inferred.
///
/// # Shared state
///
/// A function, or a closure `|args: A, State(db): State<Arc<Db>>| async move { .. }`, receives
/// shared state as an argument. A closure that captures the state instead has to clone it in each
/// call: `move |args: A| { let db = db.clone(); async move { .. } }`. The async closure
/// `async move |args: A| db.get(args.id).await` cannot be a tool: its future borrows from the
/// closure, and stable Rust has no way to require that such a future is [`Send`].
///
/// The compiler rejects a function of any other form:
///
/// ```compile_fail,E0277
/// use geppetto_toolloop::tool_fn;
///
/// struct NotDeserialize;
///
/// let tool = tool_fn("broken", "Has an argument that no model can write", |_: NotDeserialize| async {});
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool function",
    label = "does not have the form of a tool function",
    note = "a tool function is async, and its future is `Send`: no `Rc` or lock guard may live across an `.await`",
    note = "its first argument is what the model writes, a type with `#[derive(Deserialize, JsonSchema)]`; it may be absent",
    note = "up to three arguments of the application may follow: `State<T>`, `Extension<T>`, `Option<Extension<T>>`, `ToolContext`",
    note = "it returns a value that implements `Serialize`, or a `Result` of one whose error is `ToolError`, `anyhow::Error`, a `std::error::Error` or a `String`"
)]
pub trait ToolFn<M>: Send + Sync + 'static {
    /// Type of the input written by the model.
    type Args: DeserializeOwned + Send;

    /// Calls the function.
    fn call(
        &self,
        args: Self::Args,
        ctx: ToolContext,
    ) -> impl Future<Output = Result<ToolOutput, ToolError>> + Send;

    /// Returns the name of a state type that the function requires and `state` does not have.
    fn missing_state(state: &Extensions) -> Option<&'static str>;
}

/// Input of a tool without arguments: an object without known fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct NoArgs {}

impl JsonSchema for NoArgs {
    fn schema_name() -> Cow<'static, str> {
        "NoArgs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}

/// Creates a tool from an async function with typed input. The schema is derived from the type,
/// including its doc comments.
///
/// ```
/// use std::sync::Arc;
///
/// use geppetto_toolloop::{State, Tool, ToolContext, ToolError, schemars::{self, JsonSchema}, tool_fn};
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct WeatherArgs {
///     /// The city's name.
///     city: String,
/// }
///
/// let weather = tool_fn("lookup_weather", "Weather for a city", async |args: WeatherArgs| {
///     if args.city.is_empty() {
///         return Err(ToolError::new("city is empty; give the name of a city"));
///     }
///     Ok(format!("21 C in {}", args.city))
/// });
/// assert_eq!(weather.definition().parameters["required"][0], "city");
///
/// // With the call's context, and errors through `?`:
/// async fn fetch(args: WeatherArgs, ctx: ToolContext) -> Result<(u16, String), ToolError> {
///     let port: u16 = args.city.parse()?;
///     Ok((port, ctx.idempotency_key))
/// }
/// let fetch = tool_fn("fetch", "Fetches a page", fetch).exclusive();
/// assert!(fetch.traits().exclusive);
///
/// // With state of the application, from `ToolRegistry::with_state`:
/// async fn visits(args: WeatherArgs, State(seen): State<Arc<[String]>>) -> usize {
///     seen.iter().filter(|city| **city == args.city).count()
/// }
/// let _visits = tool_fn("visits", "How often somebody was in a city", visits);
///
/// // Without input:
/// let _now = tool_fn("now", "The time", async || "noon");
/// ```
pub fn tool_fn<M, F>(name: impl Into<String>, description: impl Into<String>, function: F) -> FnTool
where
    F: ToolFn<M, Args: JsonSchema>,
    M: 'static,
{
    raw_tool_fn(name, description, of_type::<F::Args>(), function)
}

/// Creates a tool from an async function and a JSON schema of its input. The function's input is a
/// [`Value`], or any type that matches the schema.
///
/// ```
/// use geppetto_toolloop::{Tool, raw_tool_fn};
/// use serde_json::{Value, json};
///
/// let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
/// let tool = raw_tool_fn("double", "Twice a number", schema, async |args: Value| {
///     args["n"].as_i64().unwrap_or(0) * 2
/// });
/// assert_eq!(tool.definition().name, "double");
/// ```
pub fn raw_tool_fn<M: 'static, F: ToolFn<M>>(
    name: impl Into<String>,
    description: impl Into<String>,
    schema: Value,
    function: F,
) -> FnTool {
    FnTool {
        definition: ToolDefinition::new(name, description, schema),
        traits: ToolTraits::default(),
        secret_args: Vec::new(),
        state: Extensions::default(),
        function: Arc::new(Typed {
            function,
            form: PhantomData,
        }),
    }
}

/// A tool made of an async function; created by [`tool_fn`] and [`raw_tool_fn`].
#[derive(Clone)]
#[must_use = "a tool does nothing until it is registered"]
pub struct FnTool {
    definition: ToolDefinition,
    traits: ToolTraits,
    secret_args: Vec<String>,
    state: Extensions,
    function: Arc<dyn AnyFn>,
}

impl FnTool {
    /// Makes the tool exclusive: no other tool of the run runs at the same time.
    pub fn exclusive(mut self) -> Self {
        self.traits.exclusive = true;
        self
    }

    /// Declares that running the tool twice has the same effect as running it once.
    pub fn idempotent(mut self) -> Self {
        self.traits.idempotent = true;
        self
    }

    /// Declares that the same call returns something else later, so that repeating it is not a loop.
    pub fn polling(mut self) -> Self {
        self.traits.polling = true;
        self
    }

    /// Declares that the tool blocks its thread, so it runs on the blocking pool.
    pub fn blocking(mut self) -> Self {
        self.traits.blocking = true;
        self
    }

    /// Sets the time limit of one attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.traits.timeout = Some(timeout);
        self
    }

    /// Sets the maximum size of the output passed to the model, in bytes.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.traits.output_limit = bytes;
        self
    }

    /// Adds names of arguments, at any depth, that events must not show.
    pub fn secret_args<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.secret_args.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets whether the provider must enforce the schema, if it supports that.
    pub fn strict(mut self, strict: bool) -> Self {
        self.definition.strict = Some(strict);
        self
    }
}

#[async_trait]
impl Tool for FnTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn traits(&self) -> ToolTraits {
        self.traits
    }

    fn secret_args(&self) -> &[String] {
        &self.secret_args
    }

    fn bind_state(&mut self, state: &Extensions) -> Result<(), &'static str> {
        match self.function.missing_state(state) {
            Some(missing) => Err(missing),
            None => {
                self.state = state.clone();
                Ok(())
            }
        }
    }

    async fn call(&self, mut ctx: ToolContext, args: Value) -> Result<ToolOutput, ToolError> {
        ctx.state = self.state.clone();
        self.function.call(args, ctx).await
    }
}

/// A type-erased [`ToolFn`].
#[async_trait]
trait AnyFn: Send + Sync {
    async fn call(&self, args: Value, ctx: ToolContext) -> Result<ToolOutput, ToolError>;

    fn missing_state(&self, state: &Extensions) -> Option<&'static str>;
}

struct Typed<M, F> {
    function: F,
    form: PhantomData<fn() -> M>,
}

#[async_trait]
impl<M: 'static, F: ToolFn<M>> AnyFn for Typed<M, F> {
    async fn call(&self, args: Value, ctx: ToolContext) -> Result<ToolOutput, ToolError> {
        let args = serde_json::from_value(args).map_err(|error| {
            ToolError::new(format!("the arguments do not fit: {error}")).permanent()
        })?;
        self.function.call(args, ctx).await
    }

    fn missing_state(&self, state: &Extensions) -> Option<&'static str> {
        F::missing_state(state)
    }
}

impl fmt::Debug for FnTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnTool")
            .field("name", &self.definition.name)
            .field("traits", &self.traits)
            .finish_non_exhaustive()
    }
}
