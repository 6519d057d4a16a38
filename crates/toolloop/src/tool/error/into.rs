//! [`IntoToolError`]: error types of tool functions.

use std::{error::Error, ops::Deref};

use super::ToolError;

/// Error type of a tool function: a [`ToolError`], a [`std::error::Error`], a
/// `Box<dyn Error + Send + Sync>`, or an error of `anyhow` or `eyre`. `K` distinguishes these and
/// is always inferred.
///
/// Strings are accepted as well; see [`IntoToolOutput`](crate::IntoToolOutput).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a tool",
    label = "not a tool's error",
    note = "use `ToolError`, a `std::error::Error`, an `anyhow::Error`, a `Box<dyn Error + Send + Sync>` or a `String`"
)]
pub trait IntoToolError<K> {
    /// Converts the error.
    fn into_tool_error(self) -> ToolError;
}

/// Marks a [`ToolError`].
#[derive(Debug)]
pub struct Own;

/// Marks a [`std::error::Error`].
#[derive(Debug)]
pub struct StdError;

/// Marks a pointer to any error, such as `anyhow::Error`.
#[derive(Debug)]
pub struct Boxed;

impl IntoToolError<Own> for ToolError {
    fn into_tool_error(self) -> ToolError {
        self
    }
}

impl<E: Error + Send + Sync + 'static> IntoToolError<StdError> for E {
    fn into_tool_error(self) -> ToolError {
        self.into()
    }
}

impl<E> IntoToolError<Boxed> for E
where
    E: Deref<Target = dyn Error + Send + Sync> + Into<Box<dyn Error + Send + Sync>>,
{
    fn into_tool_error(self) -> ToolError {
        ToolError::from(self)
    }
}
