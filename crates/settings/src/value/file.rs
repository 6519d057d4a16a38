//! Values of files.

use serde_json::Value as Json;

use super::{Invalid, Value, text};
use crate::{Field, Kind, Table, settings::Cost};

pub(super) fn read(field: &Field, json: &Json) -> Result<Option<Value>, Invalid> {
    match (field.kind, json) {
        (_, Json::Null) => Ok(None),
        (Kind::List, _) => list(field, json),
        (Kind::Json, Json::Object(_)) => Ok(Some(Value::Json(json.clone()))),
        (Kind::Map, Json::Object(map)) => {
            let value = table(field, Table::new(map.clone()));
            value.map(Some).ok_or_else(|| refused(field, "the map"))
        }
        // Leading zeros and digits after the sixteenth have already been lost.
        (Kind::Secret, Json::Number(number)) if number.as_u64().is_none_or(|n| n > 1 << 53) => {
            Err(refused(field, "the number").allowed("text; put it in quotes"))
        }
        // `4.10` has already become 4.1.
        (Kind::Text, Json::Number(number)) if number.is_f64() => {
            Err(refused(field, "the number").allowed("text; put it in quotes"))
        }
        _ => match scalar(json) {
            Some(given) => text::read(field, &given),
            None => Err(refused(field, shape(json))),
        },
    }
}

/// Converts a map for a field. `None` if the field does not allow it.
pub(super) fn table(field: &Field, table: Table) -> Option<Value> {
    if field.path == "model_info.cost" {
        let json = Json::Object(table.clone().into_map());
        let cost = serde_json::from_value::<Cost>(json).ok()?;
        let prices = [cost.input, cost.output, cost.cache_read, cost.cache_write];
        if prices.iter().any(|price| *price < 0.0) {
            return None;
        }
    }
    Some(Value::Map(table))
}

fn list(field: &Field, json: &Json) -> Result<Option<Value>, Invalid> {
    let items = match json {
        // File names are separated by commas in files, too. A stop sequence may contain commas.
        Json::String(given) if field.path.starts_with("profile.") => text::list(given),
        Json::Array(items) => {
            let texts = items.iter().map(scalar).collect::<Option<_>>();
            texts.ok_or_else(|| refused(field, "the list"))?
        }
        _ => match scalar(json) {
            Some(given) if given.is_empty() => return Ok(None),
            Some(given) => vec![given],
            None => return Err(refused(field, shape(json))),
        },
    };
    Ok(Some(Value::List(items)))
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn shape(json: &Json) -> &'static str {
    if json.is_array() { "a list" } else { "a map" }
}

fn refused(field: &Field, what: &str) -> Invalid {
    Invalid {
        shown: what.to_owned(),
        allowed: field.allowed(),
    }
}
