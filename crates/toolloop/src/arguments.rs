//! Validation of a call's arguments against the JSON schema of the tool, before the tool runs.

use geppetto_engine::schema;
use geppetto_turns::Args;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Parses and validates arguments ([`schema::fit`]).
///
/// Returns the object, or an error message that the model can act on. The message never repeats a
/// value, which may be a secret.
pub(crate) fn parse(schema: &Value, args: &Args) -> Result<Value, String> {
    let object = args.object().map_err(|error| error.to_string())?;
    let fitted = schema::fit(schema, Value::Object(object));
    fitted.map_err(|mismatch| mismatch.describe("arguments"))
}

/// Returns the arguments that are meant by arguments with quoted values ([`schema::unquote`]);
/// `None` if there are none, or if the arguments do not fit either way.
pub(crate) fn unquoted(schema: &Value, args: &Args) -> Option<Args> {
    let object = args.object().ok()?;
    let meant = schema::unquote(schema, &Value::Object(object))?;
    Some(Args::from(meant.to_string().as_str()))
}
