//! References, `allOf` and alternatives.

use serde_json::{Map, Value, json};

use super::{Walk, keywords, nullable::nullable};
use crate::schema::{MAX_DEPTH, SchemaError, merge, refs};

/// A schema without combinations.
pub(super) enum Flat {
    /// A converted reference or choice.
    Made(Value),
    /// Keywords without references, `allOf` and alternatives.
    Plain(Map<String, Value>),
}

impl Walk<'_> {
    pub(super) fn flat(&mut self, mut map: Map<String, Value>) -> Result<Flat, SchemaError> {
        for _ in 0..MAX_DEPTH {
            if let Some(reference) = map.remove("$ref") {
                let Some(reference) = reference.as_str() else {
                    return Err(self.error("has a `$ref` that is no text"));
                };
                if let Some(made) = self.reference(&map, reference)? {
                    return Ok(Flat::Made(made));
                }
                map = self.inlined(map, reference)?;
            } else if let Some(all) = map.remove("allOf") {
                for schema in all.as_array().into_iter().flatten() {
                    let schema = schema.as_object().ok_or_else(|| self.any_value())?;
                    map = self.both(map, schema)?;
                }
            } else if map.contains_key("anyOf") || map.contains_key("oneOf") {
                match self.choice(map)? {
                    Flat::Plain(single) => map = single,
                    made @ Flat::Made(_) => return Ok(made),
                }
            } else {
                return Ok(Flat::Plain(map));
            }
        }
        Err(self.error("its references lead in a circle"))
    }

    fn both(
        &self,
        map: Map<String, Value>,
        other: &Map<String, Value>,
    ) -> Result<Map<String, Value>, SchemaError> {
        merge::both(map, other).map_err(|name| {
            self.refuse(
                &format!("has parts that contradict each other on `{name}`"),
                "write it as one schema",
            )
        })
    }

    /// Converts a reference that is kept: to a definition, with annotations only.
    fn reference(
        &mut self,
        beside: &Map<String, Value>,
        reference: &str,
    ) -> Result<Option<Value>, SchemaError> {
        if beside.keys().any(|name| keywords::constrains(name)) {
            return Ok(None);
        }
        let target = if reference == "#" {
            reference.to_owned()
        } else {
            let Some(name) = refs::definition(reference) else {
                return Ok(None);
            };
            if refs::resolve(self.root, reference).is_none() {
                return Err(self.no_target(reference));
            }
            if !self.definitions.contains_key(name) {
                self.definitions.insert(name.to_owned(), None);
                self.pending.push((name.to_owned(), reference.to_owned()));
            }
            format!("#/$defs/{name}")
        };
        let target = json!({"$ref": target});
        let notes = keywords::notes(beside);
        if notes.is_empty() {
            return Ok(Some(target));
        }
        // "$ref cannot have keywords {'description'}".
        let mut made = notes;
        made.insert("anyOf".to_owned(), json!([target]));
        Ok(Some(Value::Object(made)))
    }

    /// Merges the target of a reference into a schema.
    pub(super) fn inlined(
        &mut self,
        map: Map<String, Value>,
        reference: &str,
    ) -> Result<Map<String, Value>, SchemaError> {
        let Some(target) = refs::resolve(self.root, reference).and_then(Value::as_object) else {
            return Err(self.no_target(reference));
        };
        if self.inside.iter().any(|outer| outer == reference) {
            return Err(self.refuse(
                &format!("contains itself by the reference `{reference}`"),
                "refer to an entry of `$defs`, with nothing beside the `$ref`",
            ));
        }
        self.inside.push(reference.to_owned());
        self.both(map, target)
    }

    fn no_target(&self, reference: &str) -> SchemaError {
        self.error(format!(
            "the reference `{reference}` points to no schema in it; put its target under `$defs`"
        ))
    }

    /// Converts alternatives. Sibling keywords apply to each of them.
    fn choice(&mut self, mut map: Map<String, Value>) -> Result<Flat, SchemaError> {
        let any = map.remove("anyOf");
        let one = map.remove("oneOf");
        if any.is_some() && one.is_some() {
            return Err(self.refuse("has both `anyOf` and `oneOf`", "use one of them"));
        }
        let accepts_null = map.remove("nullable") == Some(Value::Bool(true));
        let choices = any.or(one);
        let choices = choices.as_ref().and_then(Value::as_array);
        let choices = choices.map_or(&[][..], Vec::as_slice);
        let shared: Map<String, Value> = map
            .iter()
            .filter(|(name, _)| keywords::constrains(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        match choices {
            [] => return Err(self.refuse("has no alternatives", "list them, or leave it out")),
            [Value::Object(only)] if !accepts_null && !only.contains_key("$ref") => {
                return self.both(map, only).map(Flat::Plain);
            }
            _ => {}
        }
        let mut made = Vec::with_capacity(choices.len());
        for (index, choice) in choices.iter().enumerate() {
            let choice = match choice {
                Value::Object(choice) if !shared.is_empty() => {
                    Value::Object(self.both(shared.clone(), choice)?)
                }
                other => other.clone(),
            };
            let steps = ["anyOf", &index.to_string()];
            let choice = self.at(&steps, |walk| walk.node(&choice))?;
            if !made.contains(&choice) {
                made.push(choice);
            }
        }
        let mut out = keywords::notes(&map);
        out.insert("anyOf".to_owned(), Value::Array(made));
        let out = Value::Object(out);
        Ok(Flat::Made(if accepts_null { nullable(out) } else { out }))
    }
}
