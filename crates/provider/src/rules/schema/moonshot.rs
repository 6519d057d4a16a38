//! Tool schemas in the form that Moonshot accepts.

use serde_json::{Map, Value, json};

use super::{MAX_DEPTH, Narrow, join};

/// Keywords that Moonshot's validator does not accept.
const CONDITIONS: [&str; 6] = [
    "if",
    "then",
    "else",
    "not",
    "dependentSchemas",
    "dependentRequired",
];

/// Keywords that are not moved into the alternatives of a schema.
const OWN: [&str; 3] = ["title", "description", "default"];

/// Converts a JSON schema to one that is "moonshot flavored": every schema has one type, or `anyOf`
/// without a type next to it, whose alternatives have one. References and `allOf` are resolved,
/// `oneOf` becomes `anyOf`, and conditions are omitted. The root is an object without
/// alternatives: with them, some of Moonshot's endpoints refuse a type, and others require it.
/// Arguments are checked against the original schema.
///
/// Reports: <https://github.com/MoonshotAI/kimi-code/issues/2661>,
/// <https://github.com/earendil-works/pi/issues/5822>,
/// <https://github.com/14790897/MiqroForge-Desktop/issues/1165>.
#[must_use]
pub fn moonshot(schema: &Value) -> Value {
    let narrow = Narrow::new(schema);
    let root = schema.as_object().map(|map| narrow.joined(map, 0));
    let root = root.map(flattened).unwrap_or_default();
    let mut root = narrow.typed(&root, 0);
    root.insert("type".to_owned(), "object".into());
    Value::Object(root)
}

type Fields = Map<String, Value>;

impl Narrow<'_> {
    fn typed(&self, map: &Fields, depth: usize) -> Fields {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        if depth >= MAX_DEPTH || left == 0 {
            return object(&json!({"type": "string"}));
        }
        let mut map = self.joined(map, depth);
        map.retain(|name, _| {
            let is_definition = matches!(name.as_str(), "$defs" | "definitions" | "$schema");
            !is_definition && !CONDITIONS.contains(&name.as_str())
        });
        let one = map.remove("oneOf");
        let choices = map.remove("anyOf").or(one).or_else(|| types(&map));
        if let Some(Value::Array(choices)) = choices
            && !choices.is_empty()
        {
            return self.alternatives(map, &choices, depth);
        }
        self.one_type(map, depth)
    }

    /// Returns alternatives. The keywords next to them become part of each.
    fn alternatives(&self, map: Fields, choices: &[Value], depth: usize) -> Fields {
        let (own, common): (Fields, Fields) = map
            .into_iter()
            .partition(|(name, _)| OWN.contains(&name.as_str()));
        let choices: Vec<Value> = choices
            .iter()
            .filter_map(Value::as_object)
            .map(|choice| {
                let choice = self.joined(choice, depth + 1);
                let is_null = choice.get("type").is_some_and(|kind| kind == "null");
                let mut whole = if is_null {
                    Fields::new()
                } else {
                    common.clone()
                };
                join(&mut whole, choice);
                Value::Object(self.typed(&whole, depth + 1))
            })
            .collect();
        let mut fields = own;
        fields.insert("anyOf".to_owned(), choices.into());
        fields
    }

    /// Returns a schema of one type, with its nested schemas.
    fn one_type(&self, mut map: Fields, depth: usize) -> Fields {
        let nested = |value: &Value| match value {
            Value::Object(map) => Value::Object(self.typed(map, depth + 1)),
            // Any value.
            _ => json!({"type": "string"}),
        };
        if let Some(Value::Object(properties)) = map.get_mut("properties") {
            for schema in properties.values_mut() {
                *schema = nested(schema);
            }
        }
        if let Some(Value::Array(items)) = map.get("items") {
            let any = json!({ "anyOf": items });
            map.insert("items".to_owned(), any);
        }
        for name in ["items", "additionalProperties"] {
            if let Some(schema) = map.get_mut(name).filter(|schema| schema.is_object()) {
                *schema = nested(schema);
            }
        }
        if !map.contains_key("type") {
            let kind = kind_of(&map);
            map.insert("type".to_owned(), kind.into());
        }
        map
    }
}

/// Returns the object that has the properties of all alternatives of the root, and requires those
/// that each of them requires.
fn flattened(mut root: Fields) -> Fields {
    let one = root.remove("oneOf");
    let choices = root.remove("anyOf").or(one);
    let Some(Value::Array(choices)) = choices else {
        return root;
    };
    let names = |choice: &Value| -> Vec<Value> {
        let required = choice.get("required").and_then(Value::as_array);
        required.cloned().unwrap_or_default()
    };
    let mut required = names(&Value::Object(root.clone()));
    let mut common = choices.first().map(names).unwrap_or_default();
    common.retain(|name| choices.iter().all(|choice| names(choice).contains(name)));
    required.extend(common);
    required.dedup();
    let mut properties = Fields::new();
    for choice in &choices {
        let own = choice.get("properties").and_then(Value::as_object);
        for (name, schema) in own.into_iter().flatten() {
            properties
                .entry(name.clone())
                .or_insert_with(|| schema.clone());
        }
    }
    let own = root.remove("properties");
    if let Some(Value::Object(own)) = own {
        properties.extend(own);
    }
    root.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        root.insert("required".to_owned(), required.into());
    }
    root
}

/// Returns several types as alternatives.
fn types(map: &Fields) -> Option<Value> {
    let kinds = map.get("type")?.as_array()?;
    Some(kinds.iter().map(|kind| json!({ "type": kind })).collect())
}

fn object(schema: &Value) -> Fields {
    schema.as_object().cloned().unwrap_or_default()
}

/// Returns the type of a schema that does not name it.
fn kind_of(map: &Fields) -> &'static str {
    let values = map.get("enum").and_then(Value::as_array);
    let value = values
        .and_then(|values| values.first())
        .or(map.get("const"));
    match value {
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(number)) if number.is_f64() => "number",
        Some(Value::Number(_)) => "integer",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
        Some(_) => "string",
        None if map.contains_key("properties") => "object",
        None if map.contains_key("items") => "array",
        None => "string",
    }
}
