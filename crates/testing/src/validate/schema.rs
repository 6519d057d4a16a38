//! Refusals of JSON schemas of functions and answers.

use serde_json::{Map, Value};

use super::ProviderRefusal;
use crate::json::at;

/// Keywords that are not allowed in a strict schema.
const NOT_PERMITTED: [&str; 19] = [
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "propertyNames",
    "prefixItems",
    "contains",
    "uniqueItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "default",
    "nullable",
];

/// Formats that are allowed in a strict schema.
const FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Combinations that are not allowed at the root of a function's schema.
const NOT_AT_THE_ROOT: [&str; 5] = ["oneOf", "anyOf", "allOf", "enum", "not"];

/// Checks the parameters of a function. A schema without any keyword is that of a function without
/// parameters.
pub(super) fn parameters(
    schema: &Map<String, Value>,
    name: &str,
    is_strict: bool,
) -> Result<(), ProviderRefusal> {
    if schema.is_empty() {
        return Ok(());
    }
    let what = format!("function '{name}'");
    let refused = |problem: String| {
        ProviderRefusal::invalid_request(format!("Invalid schema for {what}: {problem}"))
    };
    let kind = schema.get("type").unwrap_or(&Value::Null);
    if kind != "object" {
        let kind = match kind {
            Value::Null => "\"None\"".to_owned(),
            kind => kind.to_string(),
        };
        return Err(refused(format!(
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: {kind}'."
        )));
    }
    if NOT_AT_THE_ROOT
        .iter()
        .any(|name| schema.contains_key(*name))
    {
        return Err(refused(
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at \
             the top level."
                .to_owned(),
        ));
    }
    if !schema.get("properties").is_some_and(Value::is_object) {
        return Err(refused(
            "In context=(), object schema missing properties.".to_owned(),
        ));
    }
    let schema = Value::Object(schema.clone());
    Checker {
        what: &what,
        is_strict,
    }
    .check(&schema, &mut Vec::new())
}

/// Checks the schema of an answer.
pub(super) fn answer(schema: &Value, name: &str, is_strict: bool) -> Result<(), ProviderRefusal> {
    if !is_strict {
        return Ok(());
    }
    let what = format!("response_format '{name}'");
    let checker = Checker {
        what: &what,
        is_strict,
    };
    if schema["type"] != "object" {
        let problem = format!(
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: {}'.",
            schema["type"]
        );
        return Err(checker.refuse(&[], &problem));
    }
    checker.check(schema, &mut Vec::new())
}

struct Checker<'a> {
    what: &'a str,
    is_strict: bool,
}

impl Checker<'_> {
    /// Checks that a strict schema is closed: all objects exclude additional properties and require
    /// all of theirs.
    fn check<'s>(&self, schema: &'s Value, path: &mut Vec<&'s str>) -> Result<(), ProviderRefusal> {
        if self.is_strict {
            self.keywords(schema, path)?;
        }
        if let Some(properties) = schema["properties"].as_object() {
            self.object(schema, properties.keys().map(String::as_str), path)?;
            self.each("properties", properties.iter(), path)?;
        } else if schema["type"] == "object" {
            self.object(schema, std::iter::empty(), path)?;
        }
        for definitions in ["$defs", "definitions"] {
            if let Some(schemas) = schema[definitions].as_object() {
                self.each(definitions, schemas.iter(), path)?;
            }
        }
        if schema["items"].is_object() {
            path.push("items");
            self.check(at(schema, &["items"]), path)?;
            path.pop();
        } else if schema["type"] == "array" && schema["prefixItems"].is_null() {
            return Err(self.refuse(path, "array schema missing items."));
        }
        for choice in schema["anyOf"].as_array().into_iter().flatten() {
            self.check(choice, path)?;
        }
        Ok(())
    }

    fn keywords(&self, schema: &Value, path: &[&str]) -> Result<(), ProviderRefusal> {
        let Some(keywords) = schema.as_object() else {
            return Err(self.refuse(path, &format!("{schema} is not of type 'object'.")));
        };
        if let Some(name) = NOT_PERMITTED
            .iter()
            .find(|name| keywords.contains_key(**name))
        {
            return Err(self.refuse(path, &format!("'{name}' is not permitted.")));
        }
        if keywords.contains_key("$ref") {
            let others = keywords
                .keys()
                .filter(|name| *name != "$ref" && *name != "$defs");
            let others: Vec<String> = others.map(|name| format!("'{name}'")).collect();
            if !others.is_empty() {
                let problem = format!("$ref cannot have keywords {{{}}}.", others.join(", "));
                return Err(self.refuse(path, &problem));
            }
        } else if !keywords.contains_key("type") && !keywords.contains_key("anyOf") {
            return Err(self.refuse(path, "schema must have a 'type' key."));
        }
        match schema["format"].as_str() {
            Some(format) if !FORMATS.contains(&format) => {
                Err(self.refuse(path, &format!("'{format}' is not a valid format.")))
            }
            _ => Ok(()),
        }
    }

    fn each<'s>(
        &self,
        under: &'static str,
        schemas: impl Iterator<Item = (&'s String, &'s Value)>,
        path: &mut Vec<&'s str>,
    ) -> Result<(), ProviderRefusal> {
        for (name, schema) in schemas {
            path.extend([under, name.as_str()]);
            self.check(schema, path)?;
            path.truncate(path.len().saturating_sub(2));
        }
        Ok(())
    }

    fn object<'s>(
        &self,
        schema: &Value,
        mut properties: impl Iterator<Item = &'s str>,
        path: &[&str],
    ) -> Result<(), ProviderRefusal> {
        if !self.is_strict {
            return Ok(());
        }
        if schema["additionalProperties"] != false {
            let problem = "'additionalProperties' is required to be supplied and to be false.";
            return Err(self.refuse(path, problem));
        }
        let required = schema["required"].as_array();
        let is_required =
            |name: &&str| required.is_some_and(|required| required.iter().any(|r| r == name));
        match properties.find(|name| !is_required(name)) {
            None => Ok(()),
            Some(name) => {
                let problem = format!(
                    "'required' is required to be supplied and to be an array including every key \
                     in properties. Missing '{name}'."
                );
                Err(self.refuse(path, &problem))
            }
        }
    }

    fn refuse(&self, path: &[&str], problem: &str) -> ProviderRefusal {
        let context: Vec<String> = path.iter().map(|step| format!("'{step}'")).collect();
        let comma = if context.len() == 1 { "," } else { "" };
        ProviderRefusal::invalid_request(format!(
            "Invalid schema for {}: In context=({}{comma}), {problem}",
            self.what,
            context.join(", ")
        ))
    }
}
