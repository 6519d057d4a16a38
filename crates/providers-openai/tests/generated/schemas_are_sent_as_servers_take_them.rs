//! The schema of a tool or of an answer is sent in a form that the API accepts, or refused before
//! any request.

use std::sync::Arc;

use geppetto_engine::{Engine, ErrorKind, RunContext, StructuredOutput, ToolDefinition, keys};
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_testing::validate;
use geppetto_transport::{HttpClient, RetryPolicy, memory::MemoryTransport};
use geppetto_turns::Turn;
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

/// A schema as written by people and generators, meaningful or not.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string", "minLength": 1, "default": "a"})),
        Just(json!({"type": "string", "format": "uri"})),
        Just(json!({"type": ["integer", "null"], "format": "int32", "minimum": 0})),
        Just(json!({"enum": ["a", 1, null]})),
        Just(json!({"const": true, "title": "T"})),
        Just(json!({"type": "string", "nullable": true, "description": "d"})),
        Just(json!({"$ref": "#/$defs/D"})),
        Just(json!({"$ref": "#/$defs/D", "description": "d"})),
        Just(json!({"$ref": "#/definitions/E", "default": null})),
        Just(json!({"$ref": "#/properties/a"})),
        Just(json!({})),
        Just(json!(true)),
        Just(json!({"type": "object"})),
        Just(json!({"type": "array"})),
        Just(json!({"type": "string", "not": {"const": "x"}})),
        Just(json!({"type": "object", "additionalProperties": {"type": "string"}})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let combined = (vec(inner.clone(), 1..4), "(anyOf|oneOf|allOf|prefixItems)");
        prop_oneof![
            3 => object(inner.clone()),
            1 => inner.prop_map(|items| json!({"type": "array", "items": items, "uniqueItems": true})),
            2 => combined.prop_map(|(schemas, name)| {
                let mut schema = Map::new();
                if name == "prefixItems" {
                    schema.insert("type".to_owned(), json!("array"));
                }
                schema.insert(name, Value::Array(schemas));
                Value::Object(schema)
            }),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (vec(("[a-d]", inner, any::<bool>()), 0..4), 0..4_u8).prop_map(|(fields, form)| {
        let required: Vec<&String> = fields
            .iter()
            .filter(|own| own.2)
            .map(|own| &own.0)
            .collect();
        let properties: Map<String, Value> = fields
            .iter()
            .map(|(name, schema, _)| (name.clone(), schema.clone()))
            .collect();
        let mut schema = json!({"type": "object", "properties": properties, "required": required});
        match form {
            0 => schema["additionalProperties"] = json!(false),
            1 => schema["$schema"] = json!("http://json-schema.org/draft-07/schema#"),
            2 => schema["anyOf"] = json!([{"required": ["a"]}, {"required": ["b"]}]),
            _ => {}
        }
        schema
    })
}

fn with_definitions(mut schema: Value) -> Value {
    if let Some(root) = schema.as_object_mut() {
        let node = json!({"type": "object", "properties": {"next": {"$ref": "#/$defs/D"}}});
        root.insert("$defs".to_owned(), json!({"D": node}));
        root.insert("definitions".to_owned(), json!({"E": {"type": "string"}}));
    }
    schema
}

/// Calls the engine; returns the request, or `None` if it was refused before.
fn sent(turn: &Turn, responses: bool) -> Option<Value> {
    let transport = Arc::new(MemoryTransport::new([]));
    let http = HttpClient::new(Arc::clone(&transport)).with_retry_policy(RetryPolicy::never());
    let url = "http://model.test/v1";
    let engine: Box<dyn Engine> = if responses {
        Box::new(
            ResponsesEngine::builder("gpt-5")
                .base_url(url)
                .http_client(http)
                .build()
                .unwrap(),
        )
    } else {
        Box::new(
            ChatEngine::builder("gpt-5")
                .base_url(url)
                .http_client(http)
                .build()
                .unwrap(),
        )
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut turn = turn.clone();
    let outcome = runtime.block_on(engine.run_inference(&RunContext::new(), &mut turn));
    let error = outcome.unwrap_err();
    let Some(request) = transport.requests().first().cloned() else {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains(" at `$"), "{error}");
        return None;
    };
    Some(serde_json::from_slice(request.body()).unwrap())
}

fn check(turn: &Turn) -> Result<(), TestCaseError> {
    for responses in [false, true] {
        let Some(body) = sent(turn, responses) else {
            continue;
        };
        let verdict = if responses {
            validate::responses_request(&body)
        } else {
            validate::chat_request(&body)
        };
        prop_assert_eq!(
            verdict.map_err(|refusal| refusal.message),
            Ok(()),
            "{}",
            body
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn of_tools(schema in schema(), strict in any::<bool>()) {
        let tool = ToolDefinition::new("f", "", with_definitions(schema)).with_strict(strict);
        check(&Turn::builder().user("Hi").data(&keys::TOOL_DEFINITIONS, &vec![tool]).unwrap().build())?;
    }

    #[test]
    fn of_answers(schema in schema(), strict in any::<bool>()) {
        let schema = with_definitions(schema);
        prop_assume!(schema.is_object());
        let output = StructuredOutput::json_schema("a", schema).with_strict(strict);
        check(&Turn::builder().user("Hi").data(&keys::STRUCTURED_OUTPUT, &output).unwrap().build())?;
    }
}
