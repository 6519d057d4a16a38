//! The OpenAPI document.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    Problem,
    openai::model::ErrorBody,
    routes::{Errors, Reply, Route},
};

/// Returns the document of these routes, as of
/// [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html).
pub(crate) fn document(title: &str, routes: &[Route]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in routes {
        // A parameter with slashes is one like any other here.
        let path = route.path.replace("{*", "{");
        let path = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_owned(), operation(route, &mut generator));
        }
    }
    // The data of the events of a stream, which the document of the route names.
    generator.subschema_for::<geppetto_timeline::Patch>();
    json!({
        "openapi": "3.1.1",
        "info": {"title": title, "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
        "components": {"schemas": generator.take_definitions(true)},
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = Vec::new();
    let segments = route.path.split('/');
    for name in segments.filter_map(|own| own.strip_prefix('{')?.strip_suffix('}')) {
        let name = name.trim_start_matches('*');
        parameters.push(json!({
            "name": name, "in": "path", "required": true, "schema": {"type": "string"},
        }));
    }
    for (name, description) in route.query {
        parameters.push(json!({
            "name": name, "in": "query", "description": description, "schema": {"type": "string"},
        }));
    }
    if route.repeatable {
        let description = "A request that is repeated with the same key is carried out once.";
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "description": description,
            "schema": {"type": "string", "maxLength": 255},
        }));
    }
    let mut operation = json!({
        "summary": route.summary,
        "parameters": parameters,
        "responses": responses(route, generator),
    });
    if let (Some(body), Some(fields)) = (route.body, operation.as_object_mut()) {
        let content = json!({"application/json": {"schema": body(generator)}});
        fields.insert("requestBody".to_owned(), json!({"content": content}));
    }
    operation
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut success = json!({"description": "Success."});
    let content = match &route.reply {
        Reply::Nothing => None,
        Reply::Json(schema) => Some(json!({"application/json": {"schema": schema(generator)}})),
        Reply::JsonOrStream(schema) => Some(json!({
            "application/json": {"schema": schema(generator)},
            "text/event-stream": {"schema": {"type": "string"}},
        })),
        Reply::Text(types) => Some(Value::Object(
            types
                .iter()
                .map(|own| ((*own).to_owned(), json!({"schema": {"type": "string"}})))
                .collect(),
        )),
    };
    if let (Some(content), Some(fields)) = (content, success.as_object_mut()) {
        fields.insert("content".to_owned(), content);
    }
    let errors = match route.errors {
        Errors::Problem => {
            let problem = generator.subschema_for::<Problem>();
            json!({"application/problem+json": {"schema": problem}})
        }
        Errors::OpenAi => {
            let error = generator.subschema_for::<ErrorBody>();
            json!({"application/json": {"schema": error}})
        }
    };
    json!({
        route.status.to_string(): success,
        "default": {"description": "A problem.", "content": errors},
    })
}
