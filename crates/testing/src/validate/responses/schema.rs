//! JSON schemas that a strict function or answer may have.

use serde_json::Value;

use super::super::ProviderRefusal;
use crate::json::at;

/// Refuses a schema that allows more than it names, or that leaves something open: all objects must
/// close themselves and require all of their properties.
///
/// `what` names the owner of the schema in the refusal.
pub(super) fn strict(schema: &Value, what: &str) -> Result<(), ProviderRefusal> {
    Checker { what }.check(schema, &mut Vec::new())
}

struct Checker<'a> {
    what: &'a str,
}

impl Checker<'_> {
    fn check<'s>(&self, schema: &'s Value, path: &mut Vec<&'s str>) -> Result<(), ProviderRefusal> {
        if let Some(properties) = schema["properties"].as_object() {
            self.object(schema, properties.keys().map(String::as_str), path)?;
            self.each("properties", properties.iter(), path)?;
        } else if schema["type"] == "object" {
            self.object(schema, std::iter::empty(), path)?;
        }
        if let Some(definitions) = schema["$defs"].as_object() {
            self.each("$defs", definitions.iter(), path)?;
        }
        if schema["items"].is_object() {
            path.push("items");
            self.check(at(schema, &["items"]), path)?;
            path.pop();
        }
        for choice in schema["anyOf"].as_array().into_iter().flatten() {
            self.check(choice, path)?;
        }
        Ok(())
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
