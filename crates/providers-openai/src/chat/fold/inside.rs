//! A reply inside of another object.

use geppetto_provider::read::parse_into;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Chunk;

/// Fields in which relays and gateways put the reply of the server behind them.
#[derive(Deserialize)]
struct Outer<'a> {
    /// OpenRouter, whose own fields are null then (<https://github.com/pydantic/pydantic-ai/issues/3994>).
    #[serde(borrow, default)]
    provider: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// Returns the reply inside of a body that has no choices itself.
pub(super) fn inside(body: &str) -> Option<&str> {
    let outer: Outer<'_> = serde_json::from_str(body).ok()?;
    let fields = [outer.provider, outer.response, outer.result, outer.data];
    let mut fields = fields.into_iter().flatten().map(RawValue::get);
    fields.find(|inner| inner.starts_with('{') && has_choices(inner))
}

fn has_choices(inner: &str) -> bool {
    let mut chunk = Chunk::default();
    parse_into(&mut chunk, inner).is_ok() && !chunk.choices.is_empty()
}
