//! Values that match a JSON schema, taken from the prompt if possible.

use serde_json::{Map, Number, Value};

use super::prompt::Prompt;
use crate::json::at;

/// Maximum nesting depth of a value; schemas can be recursive.
const DEEPEST: usize = 8;

/// Returns one set of arguments per name in the prompt, if the function has one parameter for it;
/// otherwise one set.
pub(super) fn of_calls(schema: &Value, prompt: &Prompt) -> Vec<Value> {
    let subjects: Vec<&str> = required(schema)
        .filter(|name| is_free_string(at(schema, &["properties", name])))
        .collect();
    let (&[subject], false) = (subjects.as_slice(), prompt.names().is_empty()) else {
        return vec![Writer::new(schema, prompt, false).arguments()];
    };
    prompt
        .names()
        .iter()
        .map(|name| {
            let mut arguments = Writer::new(schema, prompt, false).arguments();
            if let Value::Object(fields) = &mut arguments {
                fields.insert(subject.to_owned(), name.as_str().into());
            }
            arguments
        })
        .collect()
}

/// Returns `true` if the prompt has a value for every required parameter of the function.
pub(super) fn can_be_found(schema: &Value, prompt: &Prompt) -> bool {
    let (mut names, mut numbers) = (prompt.names().len(), prompt.numbers().len());
    let take = |left: &mut usize| {
        let found = *left > 0;
        *left = left.saturating_sub(1);
        found
    };
    required(schema).all(|name| {
        let parameter = at(schema, &["properties", name]);
        if parameter.get("const").is_some() || parameter.get("default").is_some() {
            return true;
        }
        if let Some(values) = parameter["enum"].as_array() {
            let mut texts = values.iter().filter_map(Value::as_str);
            return texts.any(|text| prompt.mentions(text));
        }
        match kind(parameter) {
            Some("string") => take(&mut names) || (is_number_like(name) && take(&mut numbers)),
            Some("integer" | "number") => take(&mut numbers),
            Some("boolean") => prompt.mentions(name),
            Some("array") => names + numbers > 0,
            _ => false,
        }
    })
}

/// Returns `true` if the function has a required parameter.
pub(super) fn requires_any(schema: &Value) -> bool {
    required(schema).next().is_some()
}

/// Returns a value of a schema, which may refer to definitions in `root`. Optional fields are
/// filled if the prompt has values for them.
pub(super) fn value_of(schema: &Value, root: &Value, prompt: &Prompt) -> Value {
    Writer::new(root, prompt, true).value(schema, 0)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    let required = schema["required"].as_array();
    required.into_iter().flatten().filter_map(Value::as_str)
}

fn is_free_string(parameter: &Value) -> bool {
    parameter["type"] == "string" && parameter["enum"].is_null() && parameter["const"].is_null()
}

/// Returns `true` if a parameter of this name is numeric, although its type is a string.
fn is_number_like(name: &str) -> bool {
    let name = name.to_lowercase();
    let ends = ["id", "number", "no", "nr", "code"];
    ends.iter().any(|end| name.ends_with(end))
}

/// Returns the type of a schema; of several types, the first one other than null.
fn kind(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null")?.as_str(),
        kind => kind.as_str(),
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

/// Returns `true` if null is a value of the schema.
fn is_nullable(schema: &Value) -> bool {
    let kinds = schema["type"].as_array();
    let choices = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema[key].as_array());
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
        || choices.flatten().any(is_null)
}

/// Fills values, consuming the names and numbers of the prompt in order.
struct Writer<'a> {
    root: &'a Value,
    prompt: &'a Prompt,
    optional: bool,
    names_used: usize,
    numbers_used: usize,
}

impl<'a> Writer<'a> {
    fn new(root: &'a Value, prompt: &'a Prompt, optional: bool) -> Self {
        Self {
            root,
            prompt,
            optional,
            names_used: 0,
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
        if is_nullable(schema) && !self.has_more_for(schema) {
            return Value::Null;
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
            let choices = schema[choice].as_array();
            if let Some(first) = choices.into_iter().flatten().find(|one| !is_null(one)) {
                return self.value(first, depth + 1);
            }
        }
        self.typed(schema, depth)
    }

    /// Returns `true` if the prompt has a remaining value for this schema.
    fn has_more_for(&self, schema: &Value) -> bool {
        if let Some(values) = schema["enum"].as_array() {
            let mut texts = values.iter().filter_map(Value::as_str);
            return texts.any(|text| self.prompt.mentions(text));
        }
        let choices = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[key].as_array());
        if choices
            .flatten()
            .any(|one| !is_null(one) && self.has_more_for(one))
        {
            return true;
        }
        match kind(schema) {
            Some("string") => self.names_used < self.prompt.names().len(),
            Some("integer" | "number") => self.numbers_used < self.prompt.numbers().len(),
            Some("boolean" | "object" | "array") => true,
            _ => schema.get("$ref").is_some(),
        }
    }

    fn typed(&mut self, schema: &Value, depth: usize) -> Value {
        match kind(schema) {
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

    /// Returns the next name; the last one again if there are no more; without any, the prompt.
    fn string(&mut self) -> Value {
        let names = self.prompt.names();
        let name = names.get(self.names_used).or(names.last());
        self.names_used += 1;
        name.map_or(self.prompt.text().trim(), String::as_str)
            .into()
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

    /// Returns an object with its required fields, and the optional ones with a remaining value in
    /// the prompt; if `"required"` is absent, all fields are optional.
    fn object(&mut self, schema: &Value, depth: usize) -> Map<String, Value> {
        let mut required: Vec<&str> = required(schema).collect();
        // A text starts with its subject: "Ada lives in London".
        required.sort_by_key(|name| !name.contains("name"));
        let mut fields = Map::new();
        for name in &required {
            let value = self.value(at(schema, &["properties", name]), depth + 1);
            fields.insert((*name).to_owned(), value);
        }
        let properties = schema["properties"].as_object().filter(|_| self.optional);
        for (name, property) in properties.into_iter().flatten() {
            let telling = matches!(kind(property), Some("integer" | "number"))
                || property.get("enum").is_some();
            if !required.contains(&name.as_str()) && telling && self.has_more_for(property) {
                let value = self.value(property, depth + 1);
                fields.insert(name.clone(), value);
            }
        }
        fields
    }
}
