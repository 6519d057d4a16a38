//! [`tool_fn`]: tools from async functions.

use std::{borrow::Cow, fmt, future::Future, marker::PhantomData, time::Duration};

use async_trait::async_trait;
use geppetto_engine::ToolDefinition;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Tool, ToolContext, ToolError, ToolOutput, ToolTraits, schema::input_schema};

/// An async function that can be a tool.
///
/// Three forms are: `|| async`, `|args: A| async` and `|args: A, ctx: ToolContext| async`, where
/// the output is `Result<R, E>`: `R` any [`Serialize`], `E` anything that becomes a
/// [`ToolError`]. `M` tells the forms apart; it is always inferred.
pub trait ToolFn<M>: Send + Sync + 'static {
    /// The type of the input.
    type Args: DeserializeOwned + Send;

    /// Calls the function.
    fn call(
        &self,
        args: Self::Args,
        ctx: ToolContext,
    ) -> impl Future<Output = Result<ToolOutput, ToolError>> + Send;
}

/// The input of a tool that takes none: an object without known fields.
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

impl<F, Fut, R, E> ToolFn<()> for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, E>> + Send,
    R: Serialize + Send,
    E: Into<ToolError>,
{
    type Args = NoArgs;

    async fn call(&self, _: NoArgs, _: ToolContext) -> Result<ToolOutput, ToolError> {
        written(self().await)
    }
}

impl<F, A, Fut, R, E> ToolFn<(A,)> for F
where
    F: Fn(A) -> Fut + Send + Sync + 'static,
    A: DeserializeOwned + Send,
    Fut: Future<Output = Result<R, E>> + Send,
    R: Serialize + Send,
    E: Into<ToolError>,
{
    type Args = A;

    async fn call(&self, args: A, _: ToolContext) -> Result<ToolOutput, ToolError> {
        written(self(args).await)
    }
}

impl<F, A, Fut, R, E> ToolFn<(A, ToolContext)> for F
where
    F: Fn(A, ToolContext) -> Fut + Send + Sync + 'static,
    A: DeserializeOwned + Send,
    Fut: Future<Output = Result<R, E>> + Send,
    R: Serialize + Send,
    E: Into<ToolError>,
{
    type Args = A;

    async fn call(&self, args: A, ctx: ToolContext) -> Result<ToolOutput, ToolError> {
        written(self(args, ctx).await)
    }
}

fn written<R: Serialize, E: Into<ToolError>>(
    result: Result<R, E>,
) -> Result<ToolOutput, ToolError> {
    ToolOutput::json(&result.map_err(Into::into)?)
}

/// A tool from an async function with typed input, whose schema comes from the type.
///
/// ```
/// use geppetto_toolloop::{Tool, ToolContext, ToolError, schemars::{self, JsonSchema}, tool_fn};
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct WeatherArgs {
///     /// The city's name.
///     city: String,
/// }
///
/// let weather = tool_fn("lookup_weather", "Weather for a city", |args: WeatherArgs| async move {
///     if args.city.is_empty() {
///         return Err(ToolError::new("city is empty; give the name of a city"));
///     }
///     Ok(format!("21 C in {}", args.city))
/// });
/// assert_eq!(weather.definition().parameters["required"][0], "city");
///
/// // With the call's context, and errors through `?`:
/// let fetch = tool_fn("fetch", "Fetches a page", |args: WeatherArgs, ctx: ToolContext| async move {
///     let port: u16 = args.city.parse()?;
///     Ok::<_, ToolError>((port, ctx.idempotency_key))
/// })
/// .exclusive();
/// assert!(fetch.traits().exclusive);
///
/// // Without input:
/// let _now = tool_fn("now", "The time", || async { Ok::<_, ToolError>("noon") });
/// ```
pub fn tool_fn<M, F>(
    name: impl Into<String>,
    description: impl Into<String>,
    function: F,
) -> FnTool<M, F>
where
    F: ToolFn<M>,
    F::Args: JsonSchema,
{
    raw_tool_fn(name, description, input_schema::<F::Args>(), function)
}

/// A tool from an async function and a JSON schema of its input, which may be a
/// [`Value`] or any type that fits the schema.
///
/// ```
/// use geppetto_toolloop::{Tool, ToolError, raw_tool_fn};
/// use serde_json::{Value, json};
///
/// let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
/// let tool = raw_tool_fn("double", "Twice a number", schema, |args: Value| async move {
///     Ok::<_, ToolError>(args["n"].as_i64().unwrap_or(0) * 2)
/// });
/// assert_eq!(tool.definition().name, "double");
/// ```
pub fn raw_tool_fn<M, F: ToolFn<M>>(
    name: impl Into<String>,
    description: impl Into<String>,
    schema: Value,
    function: F,
) -> FnTool<M, F> {
    FnTool {
        definition: ToolDefinition::new(name, description, schema),
        traits: ToolTraits::default(),
        secret_args: Vec::new(),
        function,
        form: PhantomData,
    }
}

/// A tool from an async function; made by [`tool_fn`] and [`raw_tool_fn`].
#[must_use = "a tool does nothing until it is registered"]
pub struct FnTool<M, F> {
    definition: ToolDefinition,
    traits: ToolTraits,
    secret_args: Vec<String>,
    function: F,
    form: PhantomData<fn() -> M>,
}

impl<M, F> FnTool<M, F> {
    /// Says that the tool runs alone.
    pub fn exclusive(mut self) -> Self {
        self.traits.exclusive = true;
        self
    }

    /// Says that running the tool twice has the effect of running it once.
    pub fn idempotent(mut self) -> Self {
        self.traits.idempotent = true;
        self
    }

    /// Sets how long one attempt may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.traits.timeout = Some(timeout);
        self
    }

    /// Sets how many bytes of output the model gets.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.traits.output_limit = bytes;
        self
    }

    /// Names arguments, at any depth, that must not be seen in events.
    pub fn secret_args<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.secret_args.extend(names.into_iter().map(Into::into));
        self
    }

    /// Says whether the provider must hold the model to the schema, where it can.
    pub fn strict(mut self, strict: bool) -> Self {
        self.definition.strict = Some(strict);
        self
    }
}

#[async_trait]
impl<M: 'static, F: ToolFn<M>> Tool for FnTool<M, F> {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn traits(&self) -> ToolTraits {
        self.traits
    }

    fn secret_args(&self) -> &[String] {
        &self.secret_args
    }

    async fn call(&self, ctx: ToolContext, args: Value) -> Result<ToolOutput, ToolError> {
        let args = serde_json::from_value(args).map_err(|error| {
            ToolError::new(format!("the arguments do not fit: {error}")).permanent()
        })?;
        self.function.call(args, ctx).await
    }
}

impl<M, F> fmt::Debug for FnTool<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnTool")
            .field("name", &self.definition.name)
            .field("traits", &self.traits)
            .finish_non_exhaustive()
    }
}
