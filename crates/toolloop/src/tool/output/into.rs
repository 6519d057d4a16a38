//! [`IntoToolOutput`]: return types of tool functions.

use serde::Serialize;

use super::{ToolOutput, result::written};
use crate::tool::error::{IntoToolError, ToolError};

/// Output type of a tool function: any [`Serialize`] value, or a [`Result`] of one.
///
/// | the function returns | the model gets |
/// |---|---|
/// | `String`, `&str` | the text as it is |
/// | a number, a `bool`, `()`, a struct, a list, any other [`Serialize`] value | the value as JSON |
/// | [`ToolOutput`] | the text, images and files |
/// | `Ok` of these | the same |
/// | `Err` of a [`ToolError`], any [`std::error::Error`], a `Box<dyn Error + Send + Sync>`, an error of `anyhow` or `eyre`, a `String` or a `&str` | the message, as an error |
///
/// `K` distinguishes these cases. It is always inferred, with one exception: for an error type that
/// implements both [`std::error::Error`] and [`Serialize`], the compiler asks for a type. Return
/// `Result<_, ToolError>` in that case; `?` converts the error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a tool",
    label = "not a tool's output",
    note = "return a value that implements `serde::Serialize`, or a `Result` of one whose error is a `ToolError`, \
            a `std::error::Error`, an `anyhow::Error`, a `Box<dyn Error + Send + Sync>` or a `String`"
)]
pub trait IntoToolOutput<K> {
    /// Converts the value.
    ///
    /// # Errors
    ///
    /// If the tool failed, or if the value cannot be serialized as JSON.
    fn into_tool_output(self) -> Result<ToolOutput, ToolError>;
}

/// Marks a value that is serialized.
#[derive(Debug)]
pub struct Plain;

/// Marks a result; `K` selects the conversion of its error.
#[derive(Debug)]
pub struct Fallible<K>(K);

/// Marks an output that is passed through.
#[derive(Debug)]
pub struct Made;

/// Marks a result of such an output; `K` selects the conversion of its error.
#[derive(Debug)]
pub struct FallibleMade<K>(K);

impl<R: Serialize> IntoToolOutput<Plain> for R {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        // A `Result` whose error is a string implements `Serialize`, too.
        written(&self)
    }
}

impl<R: Serialize, E: IntoToolError<K>, K> IntoToolOutput<Fallible<K>> for Result<R, E> {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        ToolOutput::json(&self.map_err(E::into_tool_error)?)
    }
}

impl IntoToolOutput<Made> for ToolOutput {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        Ok(self)
    }
}

impl<E: IntoToolError<K>, K> IntoToolOutput<FallibleMade<K>> for Result<ToolOutput, E> {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        self.map_err(E::into_tool_error)
    }
}
