//! JSON schemas in the forms that servers accept.

use std::cell::{Cell, RefCell};

use serde_json::{Map, Value, json};

mod claude;
mod moonshot;
mod plain;
#[cfg(test)]
mod tests;

pub use claude::{claude, claude_properties};
pub use moonshot::moonshot;
pub use plain::is_plain;

/// Maximum number of subschemas of one schema, because resolving references can multiply them.
const MAX_NODES: u32 = 4_000;

/// Maximum nesting depth.
const MAX_DEPTH: usize = 32;

/// How often a schema that refers to itself is repeated within itself.
const MAX_UNROLLED: usize = 2;

/// The keywords of Gemini's schemas. Others are rejected with status 400, `Unknown name "$schema"`.
///
/// Source: <https://ai.google.dev/api/caching#Schema>.
const KNOWN: [&str; 19] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "default",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
];

/// The accepted formats.
const FORMATS: [&str; 6] = ["int32", "int64", "float", "double", "date-time", "enum"];

/// Reduces a JSON schema to the subset of `OpenAPI` that Gemini accepts, at its own OpenAI endpoint
/// and behind gateways: references are resolved, types are single, values of `enum` are strings,
/// and every array has `items`. Other keywords are described in words if the model can use them, or
/// omitted. Arguments are checked against the original schema.
///
/// Reports: <https://github.com/NousResearch/hermes-agent/pull/32378>,
/// <https://github.com/karthink/gptel/issues/806>, <https://github.com/zed-industries/zed/issues/44875>.
#[must_use]
pub fn open_api(schema: &Value) -> Value {
    Value::Object(Narrow::new(schema).node(schema, 0))
}

struct Narrow<'a> {
    root: &'a Value,
    /// The number of further subschemas that may be read.
    left: Cell<u32>,
    /// References from the root to the current subschema.
    entered: RefCell<Vec<String>>,
}

type Fields = Map<String, Value>;

impl<'a> Narrow<'a> {
    fn new(root: &'a Value) -> Self {
        Self {
            root,
            left: Cell::new(MAX_NODES),
            entered: RefCell::default(),
        }
    }

    /// Converts a subschema of the root, unless it refers to a schema that contains it several
    /// times already.
    fn node(&self, schema: &Value, depth: usize) -> Fields {
        let target = schema.get("$ref").and_then(Value::as_str);
        let Some(target) = target else {
            return self.entered_node(schema, depth);
        };
        let is_target = |own: &&String| own.as_str() == target;
        if self.entered.borrow().iter().filter(is_target).count() > MAX_UNROLLED {
            return typed("object");
        }
        self.entered.borrow_mut().push(target.to_owned());
        let fields = self.entered_node(schema, depth);
        self.entered.borrow_mut().pop();
        fields
    }

    fn entered_node(&self, schema: &Value, depth: usize) -> Fields {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        let Some(map) = schema.as_object().filter(|_| depth < MAX_DEPTH && left > 0) else {
            return typed("string");
        };
        let mut map = self.joined(map, depth);
        let mut fields = Fields::new();
        types(&mut map, &mut fields);
        values(&mut map, &mut fields);
        bounds(&mut map);
        if let Some(choices) = self.choices(&mut map, &mut fields, depth) {
            fields.extend(choices);
            return fields;
        }
        self.parts(&map, &mut fields, depth);
        for (name, value) in map {
            if KNOWN.contains(&name.as_str()) && !fields.contains_key(&name) {
                fields.insert(name, value);
            }
        }
        finish(&mut fields);
        // "properties: should be non-empty for OBJECT type".
        let is_bare = |properties: &Value| properties.as_object().is_some_and(Fields::is_empty);
        if depth > 0 && fields.get("properties").is_some_and(is_bare) {
            fields.remove("properties");
        }
        fields
    }

    /// Returns the keywords of a schema, including its references and the parts of `allOf`.
    fn joined(&self, map: &Fields, depth: usize) -> Fields {
        let mut joined = Fields::new();
        let target = map.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|to| self.root.pointer(to.strip_prefix('#')?));
        let all = map.get("allOf").and_then(Value::as_array);
        let parts = target.into_iter().chain(all.into_iter().flatten());
        for part in parts.filter_map(Value::as_object) {
            if depth < MAX_DEPTH && self.left.get() > 0 {
                self.left.set(self.left.get().saturating_sub(1));
                join(&mut joined, self.joined(part, depth + 1));
            }
        }
        let own = map
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "$ref" | "allOf"));
        join(
            &mut joined,
            own.map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        );
        joined
    }

    /// Adds the alternatives; a single one is merged, and `null` becomes `nullable`. Next to
    /// `anyOf`, only the description is kept.
    fn choices(&self, map: &mut Fields, fields: &mut Fields, depth: usize) -> Option<Fields> {
        let choices = map.remove("anyOf").or_else(|| map.remove("oneOf"))?;
        let choices = choices.as_array()?;
        let is_null = |choice: &&Value| choice.get("type").is_some_and(|kind| kind == "null");
        if choices.iter().any(|choice| is_null(&choice)) {
            fields.insert("nullable".to_owned(), true.into());
        }
        let choices: Vec<Fields> = choices
            .iter()
            .filter(|choice| !is_null(choice))
            .map(|choice| self.node(choice, depth + 1))
            .collect();
        match choices.as_slice() {
            [] => None,
            [only] => {
                let mut merged = only.clone();
                for name in ["title", "description", "default"] {
                    if let Some(value) = map.remove(name) {
                        merged.insert(name.to_owned(), value);
                    }
                }
                Some(merged)
            }
            several => {
                let mut merged = Fields::new();
                for name in ["title", "description"] {
                    if let Some(value) = map.remove(name) {
                        merged.insert(name.to_owned(), value);
                    }
                }
                fields.remove("type");
                merged.insert("anyOf".to_owned(), several.to_vec().into());
                Some(merged)
            }
        }
    }

    /// Adds the nested schemas.
    fn parts(&self, map: &Fields, fields: &mut Fields, depth: usize) {
        if let Some(properties) = map.get("properties").and_then(Value::as_object) {
            let properties: Fields = properties
                .iter()
                .map(|(name, schema)| (name.clone(), self.node(schema, depth + 1).into()))
                .collect();
            let required = map.get("required").and_then(Value::as_array);
            let is_there = |name: &&Value| {
                name.as_str()
                    .is_some_and(|name| properties.contains_key(name))
            };
            let required: Vec<Value> = required
                .into_iter()
                .flatten()
                .filter(is_there)
                .cloned()
                .collect();
            if !required.is_empty() {
                fields.insert("required".to_owned(), required.into());
            }
            fields.insert("properties".to_owned(), properties.into());
        }
        let is_array = fields.get("type").is_some_and(|kind| kind == "array");
        let items = map.get("prefixItems").or_else(|| map.get("items"));
        if is_array || items.is_some() {
            let items = match items {
                Some(Value::Array(items)) => json!({ "anyOf": items }),
                Some(items) => items.clone(),
                None => json!({}),
            };
            fields.insert("items".to_owned(), self.node(&items, depth + 1).into());
        }
    }
}

fn typed(kind: &str) -> Fields {
    [("type".to_owned(), Value::from(kind))]
        .into_iter()
        .collect()
}

/// Adds keywords; properties and names of required properties are merged.
fn join(own: &mut Fields, other: Fields) {
    for (name, value) in other {
        match (own.get_mut(&name), value) {
            (Some(Value::Object(own)), Value::Object(other)) if name == "properties" => {
                own.extend(other);
            }
            (Some(Value::Array(own)), Value::Array(other)) if name == "required" => {
                own.extend(other);
            }
            (_, value) => {
                own.insert(name, value);
            }
        }
    }
}

/// Returns a single type, and whether null is allowed as well. Several types become a string, which
/// can represent each of them.
fn types(map: &mut Fields, fields: &mut Fields) {
    let kinds = match map.remove("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            kinds.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    if kinds.iter().any(|kind| kind == "null") {
        fields.insert("nullable".to_owned(), true.into());
    }
    let others: Vec<String> = kinds.into_iter().filter(|kind| kind != "null").collect();
    let kind = match others.as_slice() {
        [] => return,
        [only] => only.as_str(),
        several if several.iter().any(|kind| kind == "string") => "string",
        [first, ..] => first.as_str(),
    };
    fields.insert("type".to_owned(), kind.into());
}

/// Adds the values of `enum` and `const`. Only strings are accepted; others are described in words.
fn values(map: &mut Fields, fields: &mut Fields) {
    let list = match map.remove("enum") {
        Some(Value::Array(list)) => list,
        _ => map.remove("const").into_iter().collect(),
    };
    map.remove("const");
    if list.iter().any(Value::is_null) {
        fields.insert("nullable".to_owned(), true.into());
    }
    let list: Vec<Value> = list.into_iter().filter(|value| !value.is_null()).collect();
    let kind = match list.first() {
        None => return,
        Some(Value::String(_)) => "string",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(number)) if number.is_f64() => "number",
        Some(Value::Number(_)) => "integer",
        Some(Value::Array(_)) => "array",
        Some(_) => "object",
    };
    let kind = fields.entry("type").or_insert_with(|| kind.into());
    if *kind == "string" && list.iter().all(Value::is_string) {
        // An empty string is rejected.
        let texts: Vec<Value> = list.into_iter().filter(|text| *text != "").collect();
        if !texts.is_empty() {
            map.insert("enum".to_owned(), texts.into());
        }
        return;
    }
    let list: Vec<String> = list.iter().map(Value::to_string).collect();
    note(map, &format!("One of: {}.", list.join(", ")));
}

/// Adds a sentence to the description.
fn note(map: &mut Fields, sentence: &str) {
    let own = map.get("description").and_then(Value::as_str);
    let text = match own {
        Some(own) if !own.is_empty() => format!("{own} {sentence}"),
        _ => sentence.to_owned(),
    };
    map.insert("description".to_owned(), text.into());
}

/// Converts exclusive bounds to inclusive ones, and keeps accepted formats.
fn bounds(map: &mut Fields) {
    for (exclusive, inclusive) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if let Some(bound) = map.remove(exclusive).filter(Value::is_number) {
            map.entry(inclusive).or_insert(bound);
        }
    }
    if let Some(Value::String(format)) = map.get("format")
        && !FORMATS.contains(&format.as_str())
    {
        let sentence = format!("Format: {format}.");
        map.remove("format");
        note(map, &sentence);
    }
}

/// Ensures that every schema has a type.
fn finish(fields: &mut Fields) {
    if !fields.contains_key("type") {
        let kind = match (
            fields.contains_key("properties"),
            fields.contains_key("items"),
        ) {
            (true, _) => "object",
            (false, true) => "array",
            (false, false) => "string",
        };
        fields.insert("type".to_owned(), kind.into());
    }
    if fields.get("type").is_some_and(|kind| kind != "object") {
        fields.remove("properties");
        fields.remove("required");
    }
    if fields.get("required").is_some() && !fields.contains_key("properties") {
        fields.remove("required");
    }
}
