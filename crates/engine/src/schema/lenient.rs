//! Keywords that every server requires.

use serde_json::{Map, Value, json};

use super::{MAX_DEPTH, SchemaError, list, merge, refs, strict::NOT_AT_THE_ROOT};

/// Keywords whose value is a schema.
const SCHEMA: [&str; 9] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
];

/// Keywords whose value is a list of schemas.
const LISTS: [&str; 5] = ["anyOf", "oneOf", "allOf", "prefixItems", "items"];

/// Keywords whose value is an object of schemas.
const MAPS: [&str; 5] = [
    "properties",
    "$defs",
    "definitions",
    "patternProperties",
    "dependentSchemas",
];

/// Keywords that identify a schema and do not describe values.
const PLACES: [&str; 2] = ["$schema", "$id"];

/// See [`super::lenient`].
pub(super) fn object(schema: &Value) -> Result<Value, SchemaError> {
    let root = match schema {
        Value::Null | Value::Bool(true) => Map::new(),
        Value::Object(map) => map.clone(),
        _ => return Err(no_object("is not a JSON schema: a schema is an object")),
    };
    let mut root = flat(root, schema)?;
    root.retain(|name, _| !PLACES.contains(&name.as_str()));
    match root.get("type") {
        None | Some(Value::Null) => {}
        Some(kind) if merge::names(kind).iter().any(|name| name == "object") => {}
        Some(kind) => {
            return Err(no_object(&format!(
                "must be a JSON schema with `\"type\": \"object\"`, as a struct with named fields \
                 gives, not {kind}"
            )));
        }
    }
    root.insert("type".to_owned(), Value::from("object"));
    for name in NOT_AT_THE_ROOT {
        root.remove(name);
    }
    let mut root = Value::Object(root);
    fit(&mut root, 0);
    Ok(root)
}

/// See [`super::lenient_answer`].
pub(super) fn any(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(root) = schema.as_object_mut() {
        root.retain(|name, _| !PLACES.contains(&name.as_str()));
    }
    fit(&mut schema, 0);
    schema
}

fn no_object(message: &str) -> SchemaError {
    SchemaError::new(&[], message)
}

/// Keywords of one condition.
const CONDITION: [&str; 3] = ["if", "then", "else"];

/// Returns the root without combinations: references resolved, `allOf` merged, alternatives united.
fn flat(mut map: Map<String, Value>, root: &Value) -> Result<Map<String, Value>, SchemaError> {
    for _ in 0..MAX_DEPTH {
        if let Some(reference) = map.remove("$ref") {
            let target = reference.as_str().and_then(|to| refs::resolve(root, to));
            let Some(target) = target.and_then(Value::as_object) else {
                return Err(no_object(&format!(
                    "the reference {reference} points to no schema in it"
                )));
            };
            map = merged(map, target)?;
        } else if let Some(all) = map.remove("allOf") {
            for schema in all.as_array().into_iter().flatten() {
                let mut schema = schema.as_object().cloned().unwrap_or_default();
                // An object has one condition. Arguments are checked against all of them.
                let has_condition = map.contains_key("if");
                schema.retain(|name, _| !(has_condition && CONDITION.contains(&name.as_str())));
                map = merged(map, &schema)?;
            }
        } else if let Some(name) = ["anyOf", "oneOf"].iter().find(|n| map.contains_key(**n)) {
            let choices = list(&map, name).to_vec();
            map.remove(*name);
            map = united(map, &choices, root)?;
        } else {
            return Ok(map);
        }
    }
    Err(no_object("its references lead in a circle"))
}

fn merged(
    map: Map<String, Value>,
    other: &Map<String, Value>,
) -> Result<Map<String, Value>, SchemaError> {
    merge::both(map, other).map_err(|name| {
        no_object(&format!(
            "its parts contradict each other on `{name}`; write it as one object"
        ))
    })
}

/// Returns an object that may be any of the `choices`: it has the properties of all, and requires
/// those that all of them require.
fn united(
    mut map: Map<String, Value>,
    choices: &[Value],
    root: &Value,
) -> Result<Map<String, Value>, SchemaError> {
    let mut objects = Vec::with_capacity(choices.len());
    for choice in choices.iter().filter(|choice| !is_null(choice)) {
        let choice = choice.as_object().cloned().unwrap_or_default();
        let choice = flat(choice, root)?;
        let kind = choice.get("type").map(merge::names).unwrap_or_default();
        if !kind.is_empty() && !kind.iter().any(|name| name == "object") {
            return Err(no_object(
                "has an alternative that is no object; put the alternatives into a property",
            ));
        }
        objects.push(choice);
    }
    let mut properties = Map::new();
    for (name, schema) in objects.iter().filter_map(of_object).flatten() {
        let either = match properties.get(name) {
            Some(own) if own != schema => either(own, schema),
            _ => schema.clone(),
        };
        properties.insert(name.clone(), either);
    }
    let mut required = objects
        .first()
        .map_or(&[][..], |own| list(own, "required"))
        .to_vec();
    required.retain(|name| {
        objects
            .iter()
            .all(|own| list(own, "required").contains(name))
    });
    let closed = |own: &Map<String, Value>| own.get("additionalProperties") == Some(&json!(false));
    let mut choice = Map::new();
    choice.insert("properties".to_owned(), Value::Object(properties));
    choice.insert("required".to_owned(), Value::Array(required));
    if !objects.is_empty() && objects.iter().all(closed) {
        choice.insert("additionalProperties".to_owned(), Value::Bool(false));
    } else {
        map.remove("additionalProperties");
    }
    merged(map, &choice)
}

fn of_object(map: &Map<String, Value>) -> Option<&Map<String, Value>> {
    map.get("properties")?.as_object()
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
}

/// Returns a schema that both alternatives satisfy, for a property that they describe differently.
fn either(a: &Value, b: &Value) -> Value {
    let mut choices = match a.as_object() {
        Some(map) if map.len() == 1 && map.contains_key("anyOf") => list(map, "anyOf").to_vec(),
        _ => vec![a.clone()],
    };
    if !choices.contains(b) {
        choices.push(b.clone());
    }
    json!({"anyOf": choices})
}

/// Adds missing keywords to a schema and to all nested schemas.
fn fit(schema: &mut Value, depth: usize) {
    if *schema == Value::Bool(true) {
        *schema = json!({});
    }
    let Some(map) = schema.as_object_mut().filter(|_| depth < MAX_DEPTH) else {
        return;
    };
    // Generators write null for "nothing", which validators refuse.
    map.retain(|name, value| !value.is_null() || ["default", "const"].contains(&name.as_str()));
    let kinds = map.get("type").map(merge::names).unwrap_or_default();
    let is = |kind: &str| kinds.iter().any(|name| name == kind);
    if is("object") {
        map.entry("properties").or_insert_with(|| json!({}));
    }
    if is("array") && !map.contains_key("prefixItems") {
        map.entry("items").or_insert_with(|| json!({}));
    }
    if map
        .get("required")
        .is_some_and(|required| !required.is_array())
    {
        map.remove("required");
    }
    for (name, value) in map {
        let name = name.as_str();
        match value {
            Value::Object(schemas) if MAPS.contains(&name) => {
                schemas
                    .values_mut()
                    .for_each(|schema| fit(schema, depth + 1));
            }
            Value::Array(schemas) if LISTS.contains(&name) => {
                schemas.iter_mut().for_each(|schema| fit(schema, depth + 1));
            }
            Value::Object(_) if SCHEMA.contains(&name) => fit(value, depth + 1),
            Value::Bool(true) if name == "items" => *value = json!({}),
            _ => {}
        }
    }
}
