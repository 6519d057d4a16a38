//! The subset of OpenAI's strict mode.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{MAX_DEPTH, MAX_NODES, SchemaError, list, refs};

mod flat;
mod keywords;
mod nullable;
mod types;

use nullable::nullable;

/// See [`super::strict`].
pub(super) fn schema(schema: &Value) -> Result<Value, SchemaError> {
    let empty = json!({"type": "object"});
    let root = match schema {
        Value::Null | Value::Bool(true) => &empty,
        Value::Object(map) if map.is_empty() => &empty,
        other => other,
    };
    let mut walk = Walk {
        root,
        path: Vec::new(),
        inside: Vec::new(),
        nodes: 0,
        definitions: BTreeMap::new(),
        pending: Vec::new(),
    };
    let mut out = walk.root()?;
    while let Some((name, reference)) = walk.pending.pop() {
        let Some(target) = refs::resolve(root, &reference) else {
            continue;
        };
        walk.path = vec!["$defs".to_owned(), name.clone()];
        let definition = walk.node(target)?;
        walk.definitions.insert(name, Some(definition));
    }
    let definitions: Map<String, Value> = walk
        .definitions
        .into_iter()
        .filter_map(|(name, schema)| Some((name, schema?)))
        .collect();
    if !definitions.is_empty() {
        out.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Ok(Value::Object(out))
}

/// Keywords that servers refuse at the root of a tool's or an answer's schema.
///
/// <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>
pub(super) const NOT_AT_THE_ROOT: [&str; 3] = ["enum", "const", "not"];

/// Converts a schema to strict mode, part by part.
struct Walk<'a> {
    root: &'a Value,
    /// Current position in the schema.
    path: Vec<String>,
    /// References that are being resolved, none of which may occur within itself.
    inside: Vec<String>,
    nodes: usize,
    /// Definitions in use; `None` until their schema is converted.
    definitions: BTreeMap<String, Option<Value>>,
    /// Definitions whose schema is still to be converted.
    pending: Vec<(String, String)>,
}

impl Walk<'_> {
    fn error(&self, message: impl Into<String>) -> SchemaError {
        SchemaError::new(&self.path, message)
    }

    fn refuse(&self, what: &str, advice: &str) -> SchemaError {
        self.error(format!(
            "{what}, which strict mode cannot express; {advice}, or turn `strict` off"
        ))
    }

    fn at<T>(&mut self, steps: &[&str], inside: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.path.len();
        self.path
            .extend(steps.iter().map(|step| (*step).to_owned()));
        let outcome = inside(self);
        self.path.truncate(len);
        outcome
    }

    /// Converts the root, which must be an object and not a reference.
    fn root(&mut self) -> Result<Map<String, Value>, SchemaError> {
        let Value::Object(map) = self.root else {
            return Err(self.error("is not a JSON schema: a schema is an object"));
        };
        let mut map = map.clone();
        if let Some(reference) = map.get("$ref").and_then(Value::as_str).map(str::to_owned) {
            map.remove("$ref");
            map = self.inlined(map, &reference)?;
            self.inside.clear();
        }
        // An object that may be absent is still requested.
        if map
            .get("type")
            .is_some_and(|kind| *kind == json!(["object", "null"]))
        {
            map.insert("type".to_owned(), Value::from("object"));
        }
        let out = self.node(&Value::Object(map))?;
        match out {
            Value::Object(mut out) if out.get("type").is_some_and(|kind| kind == "object") => {
                // Servers accept none of them at the root; the received arguments are validated
                // against the full schema.
                for name in NOT_AT_THE_ROOT {
                    out.remove(name);
                }
                Ok(out)
            }
            _ => Err(self.error(
                "the root must be an object and cannot be a choice; put what it is now into a \
                 property of an object",
            )),
        }
    }

    fn node(&mut self, schema: &Value) -> Result<Value, SchemaError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES || self.path.len() > 2 * MAX_DEPTH {
            return Err(self.error("the schema is too large or too deeply nested"));
        }
        let resolving = self.inside.len();
        let made = self.open_node(schema);
        self.inside.truncate(resolving);
        made
    }

    fn open_node(&mut self, schema: &Value) -> Result<Value, SchemaError> {
        let map = match schema {
            Value::Object(map) => map.clone(),
            Value::Bool(false) => return Err(self.refuse("allows no value", "leave it out")),
            _ => return Err(self.any_value()),
        };
        let map = match self.flat(map)? {
            flat::Flat::Made(schema) => return Ok(schema),
            flat::Flat::Plain(map) => map,
        };
        let accepts_null = map.get("nullable") == Some(&Value::Bool(true));
        let made = self.typed(&map)?;
        Ok(if accepts_null { nullable(made) } else { made })
    }

    fn any_value(&self) -> SchemaError {
        self.refuse("accepts any value", "give it a `type`")
    }

    /// Converts the properties of an object, closed and all required.
    fn object(
        &mut self,
        map: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), SchemaError> {
        let none = Map::new();
        let properties = map.get("properties").and_then(Value::as_object);
        let is_open = |name: &str| match map.get(name) {
            None | Some(Value::Bool(false) | Value::Null) => false,
            Some(Value::Object(patterns)) if name == "patternProperties" => !patterns.is_empty(),
            Some(_) => true,
        };
        for name in [
            "additionalProperties",
            "patternProperties",
            "unevaluatedProperties",
        ] {
            if is_open(name) {
                return Err(self.refuse(
                    &format!("has properties of any name (`{name}`)"),
                    "name each property, or make it a list of objects with a name and a value",
                ));
            }
        }
        let says_nothing = properties.is_none() && !map.contains_key("additionalProperties");
        if says_nothing && !self.path.is_empty() {
            return Err(self.refuse(
                "is an object of any content",
                "name its `properties` (`{}` if there are none)",
            ));
        }
        let required = list(map, "required");
        let properties = properties.unwrap_or(&none);
        if let Some(name) = required
            .iter()
            .filter_map(Value::as_str)
            .find(|name| !properties.contains_key(*name))
        {
            return Err(self.error(format!(
                "requires `{name}`, which is not among its `properties`; describe it there"
            )));
        }
        let mut made = Map::new();
        for (name, schema) in properties {
            let property = self.at(&["properties", name], |walk| walk.node(schema))?;
            let is_required = required.iter().any(|other| other == name);
            let property = if is_required {
                property
            } else {
                nullable(property)
            };
            made.insert(name.clone(), property);
        }
        let names = made.keys().map(|name| Value::from(name.as_str())).collect();
        out.insert("required".to_owned(), Value::Array(names));
        out.insert("properties".to_owned(), Value::Object(made));
        out.insert("additionalProperties".to_owned(), Value::Bool(false));
        Ok(())
    }

    fn array(
        &mut self,
        map: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), SchemaError> {
        let by_position = match map.get("items") {
            Some(Value::Array(schemas)) => schemas.as_slice(),
            _ => list(map, "prefixItems"),
        };
        let items = match (by_position, map.get("items")) {
            ([], Some(Value::Object(_) | Value::Bool(_))) => map.get("items"),
            ([], _) => {
                return Err(self.refuse("is an array of any content", "describe its `items`"));
            }
            // For example a pair of numbers: the same at every position.
            ([first, rest @ ..], _) if rest.iter().all(|other| other == first) => {
                for limit in ["minItems", "maxItems"] {
                    out.insert(limit.to_owned(), Value::from(by_position.len()));
                }
                Some(first)
            }
            _ => {
                return Err(self.refuse(
                    "is an array whose items differ by position",
                    "make it an object with a name for each",
                ));
            }
        };
        let items = items.unwrap_or(&Value::Null);
        let items = self.at(&["items"], |walk| walk.node(items))?;
        out.insert("items".to_owned(), items);
        Ok(())
    }
}
