//! The OpenAPI document has the routes that exist, and schemas for their bodies.

use std::collections::BTreeSet;

use geppetto_engine::ErrorKind;
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_timeline::{Field, Patch};
use geppetto_web::{Options, ServeOptions, openai::OpenAi};
use serde_json::{Value, json};

use crate::{
    schema::misfits,
    support::{Server, Window, paying},
};

fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Pays with a person's approval, after an image.
async fn with_a_tool() -> (Server, String, Window) {
    let server = Server::of(paying(MemoryStore::new()).build(), Options::new()).await;
    let session = server.session().await;
    let window = Window::open(&server, &session).await;
    let image = json!({"data": "iVBORw0KGgo=", "media_type": "image/png"});
    let body = json!({"text": "Pay", "images": [image]});
    let messages = format!("{session}/messages");
    assert_eq!(server.post(&messages, &body).await.status, 202);
    server.host.session(&session[10..]).idle().await;
    let decision = json!({"decision": "allow"});
    let approvals = format!("{session}/approvals/call-1");
    assert_eq!(server.post(&approvals, &decision).await.status, 202);
    server.host.session(&session[10..]).idle().await;
    (server, session, window)
}

/// Talks twice, and fails the second time.
async fn with_an_error() -> (Server, String, Window) {
    let engine = ScriptedEngine::new([
        Script::new()
            .reasoning("Hm.")
            .text("Well, ")
            .text("no.")
            .usage(3, 4),
        Script::new()
            .text("Half")
            .fail(ErrorKind::InvalidRequest, "no"),
    ]);
    let server = Server::new(engine).await;
    let session = server.session().await;
    let window = Window::open(&server, &session).await;
    server.tell(&session, "One").await;
    server.tell(&session, "Two").await;
    (server, session, window)
}

#[tokio::test]
async fn views_and_patches_are_as_it_says() {
    let mut kinds = BTreeSet::new();
    for (server, session, mut window) in [with_a_tool().await, with_an_error().await] {
        let document = server.get("/openapi.json").await.json();
        let snapshot = server.get(&session).await.json();
        let found = misfits(&snapshot, &schema("SessionSnapshot"), &document, "snapshot");
        assert_eq!(found, [""; 0]);
        let last = snapshot["seq"].as_u64().unwrap();
        while window.last_id.unwrap_or_default() < last {
            let event = window.next().await.unwrap();
            let data: Value = serde_json::from_str(&event.data).unwrap();
            let (name, values) = match data {
                Value::Array(patches) => ("Patch", patches),
                view => ("View", vec![view]),
            };
            for own in &values {
                let found = misfits(own, &schema(name), &document, name);
                assert_eq!(found, [""; 0], "{own:#}");
                kinds.insert(own["op"].as_str().unwrap_or("view").to_owned());
            }
        }
    }
    assert!(kinds.len() > 3, "{kinds:?}");
}

#[tokio::test]
async fn not_everything_is_a_patch() {
    let server = Server::new(ScriptedEngine::always(Script::new().text("Hello."))).await;
    let document = server.get("/openapi.json").await.json();
    // A window that is not the fastest may not receive one.
    let append = Patch::Append {
        id: "a".to_owned(),
        version: 1,
        field: Field::Text,
        text: "b".to_owned(),
    };
    let append = serde_json::to_value(append).unwrap();
    assert_eq!(misfits(&append, &schema("Patch"), &document, ""), [""; 0]);
    for wrong in [
        json!({"op": "append", "id": "a"}),
        json!({"op": "none"}),
        json!({"op": "remove", "id": 1, "version": 2}),
    ] {
        let found = misfits(&wrong, &schema("Patch"), &document, "");
        assert!(!found.is_empty(), "{wrong}");
    }
}

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
            let path = path.replace("{run}", "run");
            let json = [("Content-Type", "application/json")];
            let reply = server
                .send(&method.to_uppercase(), &path, &json, "{}")
                .await;
            // A page asks for the stream of a chat that has no message yet.
            let named = path.contains("/none") && path != "/ui/none/stream";
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
            let path = path.replace("{run}", "run");
            let reply = server.send("DELETE", &path, &[], "").await;
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (405, "method-not-allowed"),
                "{path}"
            );
        }
    }
    assert_eq!(operations, 22);
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 15);
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_openai_api_is_part_of_it() {
    let engine = ScriptedEngine::always(Script::new().text("Hello."));
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let options = || Options::new().openai(OpenAi::new());
    let server = Server::of(host.clone(), options()).await;
    let document = server.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let of_api = paths.iter().filter(|(path, _)| path.starts_with("/v1/"));
    let mut operations = 0;
    for (path, methods) in of_api.clone() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            let path = path.replace("{id}", "none");
            let json = [("Content-Type", "application/json")];
            let reply = server
                .send(&method.to_uppercase(), &path, &json, "{}")
                .await;
            assert_eq!(
                reply.status == 404,
                path.contains("none"),
                "{method} {path}"
            );
            if reply.status >= 400 {
                let found = misfits(&reply.json(), &schema("ApiError"), &document, "error");
                assert_eq!(found, [""; 0]);
            }
            let errors = &operation["responses"]["default"]["content"]["application/json"];
            assert_eq!(errors["schema"], schema("ApiError"));
        }
    }
    assert_eq!(operations, 7);
    for (path, body, name) in [
        (
            "/v1/chat/completions",
            json!({"messages": [{"role": "user", "content": "Hi"}]}),
            "ChatCompletion",
        ),
        ("/v1/responses", json!({"input": "Hi"}), "Response"),
    ] {
        let reply = server.post(path, &body).await.json();
        assert_eq!(misfits(&reply, &schema(name), &document, name), [""; 0]);
    }
    let models = server.get("/v1/models").await.json();
    assert_eq!(
        misfits(&models, &schema("ModelList"), &document, "models"),
        [""; 0]
    );
    // Alone, the API has a document of its own.
    let alone = geppetto_web::openai::router(host.clone(), options());
    let alone = Server::serving(host, alone, ServeOptions::new()).await;
    let own = alone.get("/openapi.json").await.json();
    assert_eq!(own["paths"].as_object().unwrap().len(), of_api.count());
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
