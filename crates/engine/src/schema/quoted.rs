//! [`unquote`]: values that arrive as their JSON text.

use serde_json::Value;

use super::{
    check::{Steps, check, fit, problems_within},
    nulls, refs,
};

/// Maximum depth of nested values.
const MAX_DEPTH: usize = 32;

/// Number of bytes of a string that are read in a step.
const BYTES_PER_STEP: usize = 1_024;

/// Reads strings that are the JSON text of a value, where the schema allows the value and not the
/// string: `"[1, 2]"` for a list, `"20"` for an integer. Models and servers quote nested values
/// like this.
///
/// Returns the value that fits the schema ([`fit`]); `None` if the value fits as it is, or if it
/// does not fit either way. A string that the schema allows is never read.
///
/// ```
/// use geppetto_engine::schema::unquote;
/// use serde_json::json;
///
/// let schema = json!({"type": "object", "properties": {
///     "pages": {"type": "array", "items": {"type": "integer"}}, "title": {"type": "string"},
/// }});
/// let quoted = json!({"pages": "[4, 12]", "title": "[draft]"});
/// assert_eq!(unquote(&schema, &quoted), Some(json!({"pages": [4, 12], "title": "[draft]"})));
/// assert_eq!(unquote(&schema, &json!({"pages": "4 to 12"})), None);
/// ```
#[must_use]
pub fn unquote(schema: &Value, value: &Value) -> Option<Value> {
    if check(schema, value).is_ok() || fit(schema, value.clone()).is_ok() {
        return None;
    }
    let mut value = value.clone();
    let mut walk = Walk {
        root: schema,
        steps: Steps::for_quoted(&value),
    };
    walk.value(schema, &mut value, 0);
    fit(schema, value).ok()
}

struct Walk<'a> {
    root: &'a Value,
    steps: Steps,
}

impl<'a> Walk<'a> {
    fn value(&mut self, schema: &'a Value, value: &mut Value, depth: usize) {
        if depth >= MAX_DEPTH || !self.steps.take(1) {
            return;
        }
        let Some(keywords) = schema.as_object() else {
            return;
        };
        if let Value::String(text) = value {
            if let Some(read) = self.read(schema, text, depth) {
                *value = read;
            }
            return;
        }
        let target = keywords.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|to| refs::resolve(self.root, to));
        let all = keywords.get("allOf").and_then(Value::as_array);
        let parts = all.into_iter().flatten().chain(target);
        for part in parts.chain(nulls::only_choice(keywords)) {
            self.value(part, value, depth + 1);
        }
        match value {
            Value::Object(fields) => {
                let properties = keywords.get("properties").and_then(Value::as_object);
                for (name, field) in fields {
                    if let Some(schema) = properties.and_then(|own| own.get(name)) {
                        self.value(schema, field, depth + 1);
                    }
                }
            }
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

    /// Returns the value whose text is not allowed, but which is itself.
    fn read(&mut self, schema: &'a Value, text: &str, depth: usize) -> Option<Value> {
        let string = Value::String(text.to_owned());
        if !self.steps.take(text.len() / BYTES_PER_STEP) || self.fits(schema, &string) {
            return None;
        }
        let mut value = serde_json::from_str(text).ok()?;
        if matches!(value, Value::String(_)) {
            return None;
        }
        self.value(schema, &mut value, depth + 1);
        nulls::walk(self.root, schema, &mut value, &mut self.steps);
        self.fits(schema, &value).then_some(value)
    }

    fn fits(&mut self, schema: &Value, value: &Value) -> bool {
        problems_within(&mut self.steps, self.root, schema, value).is_empty()
    }
}
