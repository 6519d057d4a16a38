//! Removal of fields that are null instead of absent.

use serde_json::{Map, Value};

use super::{
    check::{Steps, problems_within},
    refs,
};

/// Maximum depth of nested values.
const MAX_DEPTH: usize = 32;

/// Removes fields that are null if the schema does not require them and does not allow null.
pub(super) fn drop_optional(root: &Value, value: &mut Value) {
    walk(root, root, value, &mut Steps::for_value(value));
}

/// Like [`drop_optional`], for a value of `schema`, which is part of `root`.
pub(super) fn walk(root: &Value, schema: &Value, value: &mut Value, steps: &mut Steps) {
    Walk { root, steps }.value(schema, value, 0);
}

struct Walk<'a> {
    root: &'a Value,
    steps: &'a mut Steps,
}

impl Walk<'_> {
    fn value(&mut self, schema: &Value, value: &mut Value, depth: usize) {
        if depth >= MAX_DEPTH || !self.steps.take(1) {
            return;
        }
        let Some(keywords) = schema.as_object() else {
            return;
        };
        let target = keywords.get("$ref").and_then(Value::as_str);
        if let Some(target) = target.and_then(|to| refs::resolve(self.root, to)) {
            self.value(target, value, depth + 1);
        }
        let all = keywords.get("allOf").and_then(Value::as_array);
        for schema in all.into_iter().flatten().chain(only_choice(keywords)) {
            self.value(schema, value, depth + 1);
        }
        match value {
            Value::Object(fields) => self.object(keywords, fields, depth),
            Value::Array(items) => {
                if let Some(schema) = keywords.get("items") {
                    for item in items {
                        self.value(schema, item, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn object(
        &mut self,
        keywords: &Map<String, Value>,
        fields: &mut Map<String, Value>,
        depth: usize,
    ) {
        let Some(properties) = keywords.get("properties").and_then(Value::as_object) else {
            return;
        };
        let required = keywords.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
        fields.retain(|name, field| {
            let Some(schema) = properties.get(name).filter(|_| field.is_null()) else {
                return true;
            };
            is_required(name) || problems_within(self.steps, self.root, schema, field).is_empty()
        });
        for (name, field) in fields {
            if let Some(schema) = properties.get(name) {
                self.value(schema, field, depth + 1);
            }
        }
    }
}

/// Returns the only alternative other than null, if there is exactly one.
pub(super) fn only_choice(keywords: &Map<String, Value>) -> Option<&Value> {
    let choices = ["anyOf", "oneOf"]
        .iter()
        .find_map(|name| keywords.get(*name)?.as_array())?;
    let is_null = |schema: &&Value| schema.get("type").is_some_and(|kind| kind == "null");
    let mut others = choices.iter().filter(|schema| !is_null(schema));
    let only = others.next()?;
    others.next().is_none().then_some(only)
}
