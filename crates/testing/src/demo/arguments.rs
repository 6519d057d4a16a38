//! Values that fit a JSON schema, taken from the prompt where possible.

use serde_json::{Map, Number, Value};

use super::prompt::Prompt;
use crate::json::at;

/// How deep a value may nest; schemas can refer to themselves.
const DEEPEST: usize = 8;

/// One set of arguments per thing that the prompt names, if the function has a parameter for it;
/// otherwise one set.
pub(super) fn of_calls(schema: &Value, prompt: &Prompt) -> Vec<Value> {
    let mut writer = Writer::new(schema, prompt);
    let Some(subject) = subject(schema).filter(|_| !prompt.names().is_empty()) else {
        return vec![writer.arguments()];
    };
    prompt
        .names()
        .iter()
        .map(|name| {
            let mut writer = Writer::new(schema, prompt);
            let mut arguments = writer.arguments();
            if let Value::Object(fields) = &mut arguments {
                fields.insert(subject.to_owned(), name.as_str().into());
            }
            arguments
        })
        .collect()
}

/// A value of a schema, which may refer to definitions in `root`.
pub(super) fn value_of(schema: &Value, root: &Value, prompt: &Prompt) -> Value {
    Writer::new(root, prompt).value(schema, 0)
}

/// The parameter that names what a call is about: the first required free string.
fn subject(schema: &Value) -> Option<&str> {
    let required = schema["required"].as_array()?;
    required.iter().filter_map(Value::as_str).find(|name| {
        let parameter = at(schema, &["properties", name]);
        parameter["type"] == "string" && parameter["enum"].is_null() && parameter["const"].is_null()
    })
}

/// Fills values, using up the numbers of the prompt one after the other.
struct Writer<'a> {
    root: &'a Value,
    prompt: &'a Prompt,
    numbers_used: usize,
}

impl<'a> Writer<'a> {
    fn new(root: &'a Value, prompt: &'a Prompt) -> Self {
        Self {
            root,
            prompt,
            numbers_used: 0,
        }
    }

    fn arguments(&mut self) -> Value {
        match self.value(self.root, 0) {
            object @ Value::Object(_) => object,
            _ => Value::Object(Map::new()),
        }
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.root.pointer(reference.trim_start_matches('#'));
            return target.map_or(Value::Null, |target| self.value(target, depth + 1));
        }
        for fixed in ["const", "default"] {
            if let Some(value) = schema.get(fixed) {
                return value.clone();
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            return self.one_of(values);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema[choice].as_array().and_then(|all| all.first()) {
                return self.value(first, depth + 1);
            }
        }
        self.typed(schema, depth)
    }

    fn typed(&mut self, schema: &Value, depth: usize) -> Value {
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null"),
            kind => Some(kind),
        };
        match kind.and_then(Value::as_str) {
            Some("string") => self.string(),
            Some("integer") => self.integer(schema),
            Some("number") => Number::from_f64(self.number(schema)).into(),
            Some("boolean") => Value::Bool(true),
            Some("array") => Value::Array(self.array(&schema["items"], depth)),
            Some("object") => Value::Object(self.object(schema, depth)),
            None if schema["properties"].is_object() => Value::Object(self.object(schema, depth)),
            _ => Value::Null,
        }
    }

    fn one_of(&self, values: &[Value]) -> Value {
        let mentioned = |value: &&Value| value.as_str().is_some_and(|s| self.prompt.mentions(s));
        let value = values.iter().find(mentioned).or(values.first());
        value.cloned().unwrap_or_default()
    }

    fn string(&self) -> Value {
        let name = self.prompt.names().first().map(String::as_str);
        name.unwrap_or(self.prompt.text().trim()).into()
    }

    fn number(&mut self, schema: &Value) -> f64 {
        let found = self.prompt.numbers().get(self.numbers_used).copied();
        self.numbers_used += 1;
        let number = found.unwrap_or(1.0);
        let least = schema["minimum"].as_f64().unwrap_or(f64::MIN);
        let most = schema["maximum"].as_f64().unwrap_or(f64::MAX);
        number.max(least).min(most)
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "the number of a prompt, rounded; an absurd one may become the largest integer"
    )]
    fn integer(&mut self, schema: &Value) -> Value {
        Value::from(self.number(schema).round() as i64)
    }

    fn array(&mut self, items: &Value, depth: usize) -> Vec<Value> {
        if items["type"] == "string" && items["enum"].is_null() && !self.prompt.names().is_empty() {
            let names = self.prompt.names().iter();
            return names.map(|name| name.as_str().into()).collect();
        }
        if items["type"] == "number" && !self.prompt.numbers().is_empty() {
            let numbers = self.prompt.numbers().iter();
            return numbers.map(|n| Number::from_f64(*n).into()).collect();
        }
        match self.value(items, depth + 1) {
            Value::Null => Vec::new(),
            item => vec![item],
        }
    }

    /// An object with its required fields; `"required"` absent means none.
    fn object(&mut self, schema: &Value, depth: usize) -> Map<String, Value> {
        let required = schema["required"].as_array();
        required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|name| {
                let value = self.value(at(schema, &["properties", name]), depth + 1);
                (name.to_owned(), value)
            })
            .collect()
    }
}
