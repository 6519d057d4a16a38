use std::time::Duration;

use geppetto_testing::{ProviderServer, demo};
use serde_json::{Value, json};

use crate::client::ask;

async fn answer(server: &ProviderServer, request: &Value) -> Value {
    let reply = ask(server, request).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn request(input: &Value) -> Value {
    json!({
        "model": demo::MODEL,
        "store": false,
        "include": ["reasoning.encrypted_content"],
        "input": input,
        "tools": [{
            "type": "function",
            "name": "lookup_weather",
            "strict": false,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        }],
    })
}

fn kinds(output: &[Value]) -> Vec<&str> {
    output
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn it_thinks_aloud_calls_tools_and_quotes_their_results() {
    let server = demo::provider_with_pace(Duration::ZERO).await.unwrap();
    let prompt = json!({"role": "user", "content": "What is the weather in Zurich and New York?"});
    let first = answer(&server, &request(&json!([prompt]))).await;
    let output = first["output"].as_array().unwrap();
    assert_eq!(
        kinds(output),
        ["reasoning", "function_call", "function_call"]
    );
    let thought = &output[0]["summary"][0]["text"];
    assert!(
        thought.as_str().unwrap().contains("lookup_weather"),
        "{thought}"
    );
    assert_eq!(output[1]["arguments"], r#"{"city":"Zurich"}"#);

    // The output is sent back unchanged, with the answers; the server checks that it is valid.
    let mut input = vec![prompt];
    input.extend(output.clone());
    for (call, degrees) in output[1..].iter().zip(["21 C", "9 C"]) {
        let call_id = &call["call_id"];
        input.push(json!({"type": "function_call_output", "call_id": call_id, "output": degrees}));
    }
    let second = answer(&server, &request(&json!(input))).await;
    let output = second["output"].as_array().unwrap();
    assert_eq!(kinds(output), ["reasoning", "message"]);
    let said = output[1]["content"][0]["text"].as_str().unwrap();
    assert!(said.contains("21 C") && said.contains("9 C"), "{said}");
    assert!(second["usage"]["output_tokens_details"]["reasoning_tokens"].as_u64() > Some(0));

    input.extend(output.clone());
    input.push(json!({"role": "user", "content": "Thanks."}));
    let third = answer(&server, &request(&json!(input))).await;
    assert_eq!(
        kinds(third["output"].as_array().unwrap()),
        ["reasoning", "message"]
    );
}

#[tokio::test]
async fn it_follows_the_choice_and_the_format() {
    let server = demo::provider_with_pace(Duration::ZERO).await.unwrap();
    let mut forced = request(&json!("Hello"));
    forced["tool_choice"] = json!({"type": "function", "name": "lookup_weather"});
    let output = answer(&server, &forced).await["output"].clone();
    assert_eq!(
        kinds(output.as_array().unwrap()),
        ["reasoning", "function_call"]
    );

    let mut shaped = request(&json!("Zurich"));
    shaped["tools"] = Value::Null;
    shaped["include"] = Value::Null;
    shaped["text"] = json!({"format": {
        "type": "json_schema",
        "name": "city",
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    }});
    let reply = answer(&server, &shaped).await;
    assert_eq!(reply["output"][0]["encrypted_content"], Value::Null);
    assert_eq!(
        reply["output"][1]["content"][0]["text"],
        r#"{"city":"Zurich"}"#
    );
}
