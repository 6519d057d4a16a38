//! The OpenAPI document has the routes that exist, and schemas for their bodies.

use geppetto_testing::{Script, ScriptedEngine};
use serde_json::Value;

use crate::support::Server;

#[tokio::test]
async fn every_operation_exists_and_every_reference_resolves() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("Hello."))).await;
    let document = server.get("/openapi.json").await.json();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            let path = path.replace("{id}", "none").replace("{call}", "call");
            let path = path.replace("{message}", "x").replace("{index}", "0");
            let json = [("Content-Type", "application/json")];
            let reply = server
                .send(&method.to_uppercase(), &path, &json, "{}")
                .await;
            let named = path.contains("/none");
            assert_eq!(reply.status == 404, named, "{method} {path}: {reply:?}");
            if named {
                assert_eq!(reply.problem(), "no-such-session", "{method} {path}");
            }
            assert_ne!(operation["summary"], "");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("default") && responses.len() == 2);
        }
        // A method that the document does not have does not exist.
        let methods = methods.as_object().unwrap();
        if !methods.contains_key("delete") {
            let path = path.replace("{id}", "none").replace("{call}", "call");
            let path = path.replace("{message}", "x").replace("{index}", "0");
            let reply = server.send("DELETE", &path, &[], "").await;
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (405, "method-not-allowed"),
                "{path}"
            );
        }
    }
    assert_eq!(operations, 16);
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 15);
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "$ref" => references.push(text.clone()),
                    value => collect(value, references),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}
