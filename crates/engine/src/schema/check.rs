//! [`check`] and [`fit`]: validation of a value against a schema.
//!
//! A subset of JSON Schema 2020-12 is enforced, sufficient for the output of schema generators and
//! small enough to review: `type` (also lists of types, and OpenAPI's `nullable`), `enum`, `const`,
//! `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `minItems`,
//! `maxItems`, `minLength`, `maxLength`, `minimum`, `maximum`, `exclusiveMinimum`,
//! `exclusiveMaximum`, `anyOf`, `oneOf`, `allOf`, `not`, boolean schemas, and `$ref` within the
//! schema itself. Other keywords (`pattern`, `format`, `multipleOf`, `if`, …) are hints to the
//! model.

use serde_json::{Map, Value};

use super::{Mismatch, Problem, nulls, numbers, refs};

/// Maximum depth of references, because a schema may refer only to itself.
const MAX_DEPTH: usize = 64;

/// Base budget of validation steps for any value. Nested alternatives multiply, so a few hundred
/// bytes could otherwise keep a run busy for hours.
const MAX_STEPS: usize = 100_000;

/// Additional validation steps for each part of the value, beyond [`MAX_STEPS`].
const MAX_STEPS_PER_PART: usize = 16;

/// Validates a value against a schema.
///
/// Enforces types, `enum`, `const`, limits of numbers and lengths, properties, items, combinations
/// and `$ref` within the schema itself. `pattern`, `format`, `multipleOf` and conditions are not
/// enforced. The work is bounded by the size of the value.
///
/// # Errors
///
/// The mismatches, with their paths. They repeat no value, which may be a secret, only names of
/// fields.
pub fn check(schema: &Value, value: &Value) -> Result<(), Mismatch> {
    let problems = problems_with(schema, schema, value);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Mismatch { problems })
}

/// Validates a value like [`check`], after removing optional fields that are null although their
/// schema does not allow null: strict mode sends every field, and many models send all of them
/// anyway.
///
/// # Errors
///
/// The errors of [`check`].
pub fn fit(schema: &Value, mut value: Value) -> Result<Value, Mismatch> {
    nulls::drop_optional(schema, &mut value);
    check(schema, &value)?;
    Ok(value)
}

/// Returns the problems of `value` with a schema that is part of `root`.
pub(super) fn problems_with(root: &Value, schema: &Value, value: &Value) -> Vec<Problem> {
    problems_within(&mut Steps::for_value(value), root, schema, value)
}

/// Like [`problems_with`], in at most so many steps.
pub(super) fn problems_within(
    steps: &mut Steps,
    root: &Value,
    schema: &Value,
    value: &Value,
) -> Vec<Problem> {
    let mut walk = Walk {
        root,
        path: "$".to_owned(),
        depth: 0,
        steps: 0,
        allowed: steps.0,
        problems: Vec::new(),
    };
    walk.check(schema, value);
    if !steps.take(walk.steps) {
        let message = "too large or too deeply nested to be checked; make it simpler";
        return vec![Problem::new("$", message)];
    }
    walk.problems
}

/// Returns the number of values nested in a value.
fn parts(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(parts).sum::<usize>() + 1,
        Value::Object(fields) => fields.values().map(parts).sum::<usize>() + 1,
        _ => 1,
    }
}

/// Returns the length of all strings in a value.
fn bytes(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(fields) => fields.values().map(bytes).sum(),
        Value::String(text) => text.len(),
        _ => 0,
    }
}

/// Number of steps that are left for a value.
pub(super) struct Steps(usize);

impl Steps {
    pub(super) fn for_value(value: &Value) -> Self {
        let steps = parts(value).saturating_mul(MAX_STEPS_PER_PART);
        Self(steps.saturating_add(MAX_STEPS))
    }

    /// Returns the steps for a value whose strings are values, too.
    pub(super) fn for_quoted(value: &Value) -> Self {
        let Self(steps) = Self::for_value(value);
        // A part is at least two bytes of a text.
        let quoted = (bytes(value) / 2).saturating_mul(MAX_STEPS_PER_PART);
        Self(steps.saturating_add(quoted))
    }

    /// Takes steps. Returns `false` if there were not as many.
    pub(super) fn take(&mut self, count: usize) -> bool {
        let left = self.0.checked_sub(count);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

struct Walk<'a> {
    root: &'a Value,
    path: String,
    depth: usize,
    steps: usize,
    allowed: usize,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn problem(&mut self, what: impl AsRef<str>) {
        self.problems.push(Problem::new(&self.path, what.as_ref()));
    }

    fn check(&mut self, schema: &'a Value, value: &Value) {
        self.steps += 1;
        if self.depth >= MAX_DEPTH || self.steps > self.allowed {
            return;
        }
        let keywords = match schema {
            Value::Object(keywords) => keywords,
            Value::Bool(false) => return self.problem("not allowed"),
            _ => return,
        };
        self.depth += 1;
        if let Some(target) = keywords.get("$ref").and_then(Value::as_str) {
            // A reference to another document cannot be followed, and is not enforced.
            if let Some(schema) = refs::resolve(self.root, target) {
                self.check(schema, value);
            }
        }
        if self.has_type(keywords, value) {
            self.choices(keywords, value);
            match value {
                Value::Object(fields) => self.object(keywords, fields),
                Value::Array(items) => self.array(keywords, items),
                Value::String(text) => self.text(keywords, text),
                Value::Number(number) => {
                    if let Some(problem) = numbers::problem(keywords, number) {
                        self.problem(problem);
                    }
                }
                Value::Null | Value::Bool(_) => {}
            }
            self.combined(keywords, value);
        }
        self.depth -= 1;
    }

    fn has_type(&mut self, keywords: &Map<String, Value>, value: &Value) -> bool {
        let types: Vec<&str> = match keywords.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let nullable = keywords.get("nullable") == Some(&Value::Bool(true));
        if types.iter().any(|name| is_of(name, value)) || (nullable && value.is_null()) {
            return true;
        }
        self.problem(format!(
            "must be {}, not {}",
            types.join(" or "),
            type_name(value)
        ));
        false
    }

    fn choices(&mut self, keywords: &Map<String, Value>, value: &Value) {
        if let Some(Value::Array(choices)) = keywords.get("enum")
            && !choices.iter().any(|choice| numbers::equal(choice, value))
        {
            let allowed: Vec<String> = choices.iter().map(Value::to_string).collect();
            self.problem(format!("must be one of {}", allowed.join(", ")));
        }
        if let Some(constant) = keywords.get("const")
            && !numbers::equal(constant, value)
        {
            self.problem(format!("must be {constant}"));
        }
    }

    fn object(&mut self, keywords: &'a Map<String, Value>, fields: &Map<String, Value>) {
        let required = keywords.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.at(&format!(".{name}"), |walk| walk.problem("missing"));
            }
        }
        let properties = keywords.get("properties").and_then(Value::as_object);
        // Names matched by a pattern are not distinguished, so they are not checked.
        let others = match keywords.get("patternProperties") {
            None => keywords.get("additionalProperties"),
            Some(_) => None,
        };
        for (name, field) in fields {
            if let Some(schema) = properties.and_then(|own| own.get(name)) {
                self.at(&format!(".{name}"), |walk| walk.check(schema, field));
            } else if others == Some(&Value::Bool(false)) {
                let known: Vec<&str> = properties
                    .into_iter()
                    .flat_map(|own| own.keys().map(String::as_str))
                    .collect();
                let problem = format!("unknown; known are: {}", known.join(", "));
                self.at(&format!(".{name}"), |walk| walk.problem(problem));
            } else if let Some(schema) = others {
                self.at(&format!(".{name}"), |walk| walk.check(schema, field));
            }
        }
    }

    fn array(&mut self, keywords: &'a Map<String, Value>, items: &[Value]) {
        self.length(keywords, items.len(), ("minItems", "maxItems"), "items");
        let first = keywords.get("prefixItems").and_then(Value::as_array);
        let rest = keywords.get("items");
        for (index, item) in items.iter().enumerate() {
            let schema = first.and_then(|first| first.get(index)).or(rest);
            if let Some(schema) = schema {
                self.at(&format!("[{index}]"), |walk| walk.check(schema, item));
            }
        }
    }

    fn text(&mut self, keywords: &Map<String, Value>, text: &str) {
        let limits = ("minLength", "maxLength");
        self.length(keywords, text.chars().count(), limits, "characters");
    }

    fn length(
        &mut self,
        keywords: &Map<String, Value>,
        len: usize,
        (least, most): (&str, &str),
        of: &str,
    ) {
        let limit = |name| keywords.get(name).and_then(Value::as_u64);
        let len = len as u64;
        if let Some(least) = limit(least).filter(|least| len < *least) {
            self.problem(format!("must have at least {least} {of}, has {len}"));
        }
        if let Some(most) = limit(most).filter(|most| len > *most) {
            self.problem(format!("must have at most {most} {of}, has {len}"));
        }
    }

    fn combined(&mut self, keywords: &'a Map<String, Value>, value: &Value) {
        let list = |name| keywords.get(name).and_then(Value::as_array);
        for schema in list("allOf").into_iter().flatten() {
            self.check(schema, value);
        }
        if let Some(choices) = list("anyOf") {
            self.alternatives(choices, value, false);
        }
        if let Some(choices) = list("oneOf") {
            self.alternatives(choices, value, true);
        }
        if let Some(schema) = keywords.get("not")
            && self.attempt(schema, value).is_empty()
        {
            self.problem("has a form that is not allowed");
        }
    }

    /// Checks that at least one of `choices` matches, or exactly one if `single` is set.
    fn alternatives(&mut self, choices: &'a [Value], value: &Value, single: bool) {
        let mut fitting = 0;
        let mut nearest: Option<Vec<Problem>> = None;
        for schema in choices {
            let problems = self.attempt(schema, value);
            if problems.is_empty() {
                fitting += 1;
            } else if accepts_type(schema, value)
                && nearest
                    .as_ref()
                    .is_none_or(|own| problems.len() < own.len())
            {
                nearest = Some(problems);
            }
        }
        match (fitting, nearest) {
            (0, Some(problems)) => self.problems.extend(problems),
            (0, None) if !choices.is_empty() => self.problem(format!(
                "fits none of the {} forms that are allowed",
                choices.len()
            )),
            (2.., _) if single => {
                self.problem(format!("fits {fitting} forms, of which it must fit one"));
            }
            _ => {}
        }
    }

    /// Returns the problems with one schema, separately from the others.
    fn attempt(&mut self, schema: &'a Value, value: &Value) -> Vec<Problem> {
        let before = std::mem::take(&mut self.problems);
        self.check(schema, value);
        std::mem::replace(&mut self.problems, before)
    }

    fn at(&mut self, step: &str, inside: impl FnOnce(&mut Self)) {
        let len = self.path.len();
        self.path.push_str(step);
        inside(self);
        self.path.truncate(len);
    }
}

/// Returns `true` if a schema accepts the value's type, so that its problems are worth reporting.
fn accepts_type(schema: &Value, value: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => is_of(name, value),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .any(|name| is_of(name, value)),
        _ => true,
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "integer" => numbers::is_integer(value),
        "number" => value.is_number(),
        name => name == type_name(value),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
