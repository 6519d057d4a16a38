//! Checks a call's arguments against the tool's JSON schema before the tool runs.

use geppetto_engine::schema;
use geppetto_turns::Args;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Parses and checks arguments ([`schema::fit`]).
///
/// Gives the object, or what is wrong in words that a model can act on. The words never repeat a
/// value, which may be a secret.
pub(crate) fn parse(schema: &Value, args: &Args) -> Result<Value, String> {
    let object = args.object().map_err(|error| error.to_string())?;
    let fitted = schema::fit(schema, Value::Object(object));
    fitted.map_err(|mismatch| mismatch.describe("arguments"))
}
