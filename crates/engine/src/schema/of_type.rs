//! Schemas of Rust types.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::WRAPPER;

/// Formats that only name Rust's number types, which are useless to a model and unknown to servers.
const NUMBER_FORMATS: [&str; 14] = [
    "int8", "int16", "int32", "int64", "int128", "int", "uint8", "uint16", "uint32", "uint64",
    "uint128", "uint", "float", "double",
];

/// Returns the JSON schema of a Rust type: with definitions inlined, except for recursive types,
/// and without names of Rust types.
#[must_use]
pub fn of_type<T: JsonSchema + ?Sized>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    without_noise(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        // The title is the name of the Rust type.
        root.remove("title");
        if root.get("type").is_some_and(|kind| kind == "object") {
            root.entry("properties")
                .or_insert_with(|| Value::Object(Map::new()));
        }
    }
    schema
}

/// Returns the name of a Rust type in the form accepted by servers: at most 64 letters, digits, `_`
/// and `-`.
pub(crate) fn name_of<T: JsonSchema + ?Sized>() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = T::schema_name();
    let name = name.chars().map(|c| if plain(c) { c } else { '_' });
    name.take(64).collect()
}

/// Returns `true` if the root of a schema is an object with named properties. Other schemas are
/// wrapped in one, under [`WRAPPER`].
pub(crate) fn is_object(schema: &Value) -> bool {
    let root = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => super::refs::resolve(schema, reference).unwrap_or(schema),
        None => schema,
    };
    let has_choice = ["anyOf", "oneOf"]
        .iter()
        .any(|name| root.get(name).is_some());
    !has_choice && root.get("type").is_some_and(|kind| kind == "object")
}

/// Name of the definition for a wrapped schema that is recursive.
const DEFINITION: &str = "Value";

/// Wraps a schema, keeping its definitions at the root.
pub(crate) fn wrapped(mut schema: Value) -> Value {
    let definitions = schema.as_object_mut().and_then(|root| root.remove("$defs"));
    let mut definitions = match definitions {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    let own = format!("#/$defs/{DEFINITION}");
    let mut is_recursive = point_to(&mut schema, &own);
    for definition in definitions.values_mut() {
        is_recursive |= point_to(definition, &own);
    }
    if is_recursive {
        definitions.insert(DEFINITION.to_owned(), schema);
        schema = json!({"$ref": own});
    }
    let mut outer = Map::new();
    outer.insert("type".to_owned(), json!("object"));
    outer.insert("properties".to_owned(), json!({WRAPPER: schema}));
    outer.insert("required".to_owned(), json!([WRAPPER]));
    if !definitions.is_empty() {
        outer.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Value::Object(outer)
}

/// Replaces references to the root by references to `target`. Returns `true` if there were any.
fn point_to(schema: &mut Value, target: &str) -> bool {
    match schema {
        Value::Object(map) => {
            let mut any = false;
            for (name, value) in map {
                if name == "$ref" && value == "#" {
                    *value = Value::from(target);
                    any = true;
                } else {
                    any |= point_to(value, target);
                }
            }
            any
        }
        Value::Array(values) => {
            let pointed = values.iter_mut().map(|value| point_to(value, target));
            pointed.fold(false, |any, own| any | own)
        }
        _ => false,
    }
}

fn without_noise(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let names_a_type = map
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(|format| NUMBER_FORMATS.contains(&format));
            if names_a_type && map.contains_key("type") {
                map.remove("format");
            }
            map.values_mut().for_each(without_noise);
        }
        Value::Array(values) => values.iter_mut().for_each(without_noise),
        _ => {}
    }
}
