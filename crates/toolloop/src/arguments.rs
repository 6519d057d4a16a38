//! Checks a call's arguments against the tool's JSON schema before the tool runs.
//!
//! A subset of JSON Schema 2020-12 is enforced, enough for what schema generators write and small
//! enough to be read: `type` (also lists of types, and OpenAPI's `nullable`), `enum`, `const`,
//! `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `minItems`,
//! `maxItems`, `minLength`, `maxLength`, `minimum`, `maximum`, `exclusiveMinimum`,
//! `exclusiveMaximum`, `anyOf`, `oneOf`, `allOf`, `not`, boolean schemas, and `$ref` into the
//! schema itself. Other keywords (`pattern`, `format`, `multipleOf`, `if`, …) are hints to the
//! model; a tool checks them itself.

use geppetto_turns::Args;
use serde_json::Value;

mod check;
mod nulls;
mod numbers;

#[cfg(test)]
mod tests;

/// Maximum number of problems in one error.
const MAX_PROBLEMS: usize = 8;

/// Parses and checks arguments. A field that need not be there and is null, which its schema does
/// not allow, counts as absent: in strict mode every field is sent, and many models send all of them
/// anyway.
///
/// Gives the object, or what is wrong in words that a model can act
/// on. The words never repeat a value, which may be a secret.
pub(crate) fn parse(schema: &Value, args: &Args) -> Result<Value, String> {
    let object = args.object().map_err(|error| error.to_string())?;
    let mut value = Value::Object(object);
    nulls::drop_optional(schema, &mut value);
    let mut problems = check::problems(schema, &value);
    if problems.is_empty() {
        return Ok(value);
    }
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(problems.join("; "))
}
