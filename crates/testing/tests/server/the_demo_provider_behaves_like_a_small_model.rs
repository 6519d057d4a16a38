use std::time::Duration;

use geppetto_testing::{ProviderServer, demo};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{Received, ask};

async fn provider() -> ProviderServer {
    demo::provider_with_pace(Duration::ZERO).await.unwrap()
}

async fn answer(request: &Value) -> Value {
    let server = provider().await;
    let reply = ask(&server, request).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn weather(prompt: &str) -> Value {
    json!({
        "model": demo::MODEL,
        "messages": [{"role": "user", "content": prompt}],
        "tools": [{"type": "function", "function": {
            "name": "lookup_weather",
            "description": "The weather in a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        }}],
    })
}

fn calls(reply: &Value) -> Vec<(String, Value)> {
    let calls = reply["choices"][0]["message"]["tool_calls"].as_array();
    calls
        .into_iter()
        .flatten()
        .map(|call| {
            let function = &call["function"];
            let arguments = function["arguments"].as_str().unwrap();
            let name = function["name"].as_str().unwrap().to_owned();
            (name, serde_json::from_str(arguments).unwrap())
        })
        .collect()
}

const INTRODUCTION: &str = "I am the embedded demo provider: a small program, not a language model. I \
    stream, remember what you tell me, call tools and fill in schemas, but I understand little.";

fn content(reply: &Value) -> &str {
    reply["choices"][0]["message"]["content"].as_str().unwrap()
}

#[tokio::test]
async fn it_calls_a_tool_once_per_thing_that_the_prompt_names() {
    let reply = answer(&weather("What is the weather in Zurich and New York?")).await;
    let call = |city: &str| ("lookup_weather".to_owned(), json!({"city": city}));
    assert_eq!(calls(&reply), [call("Zurich"), call("New York")]);
    assert_eq!(reply["choices"][0]["finish_reason"], "tool_calls");
    let message = &reply["choices"][0]["message"];
    assert!(
        message["reasoning_content"]
            .as_str()
            .unwrap()
            .contains("lookup_weather")
    );

    let mut one_at_a_time = weather("What is the weather in Zurich and Geneva?");
    one_at_a_time["parallel_tool_calls"] = json!(false);
    assert_eq!(calls(&answer(&one_at_a_time).await), [call("Zurich")]);
}

#[tokio::test]
async fn it_sums_up_the_results_of_its_own_calls() {
    let server = provider().await;
    let mut request = weather("What is the weather in Zurich and Geneva?");
    let first = ask(&server, &request).await.json();
    let message = first["choices"][0]["message"].clone();
    let ids: Vec<Value> = message["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].clone())
        .collect();
    let messages = request["messages"].as_array_mut().unwrap();
    messages.push(message);
    for (id, text) in ids.iter().zip(["21 C", "19 C"]) {
        messages.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
    }
    let second = ask(&server, &request).await.json();
    assert_eq!(
        content(&second),
        format!(
            "You asked: \"What is the weather in Zurich and Geneva?\". Here is what I found: \
             lookup_weather returned 21 C; lookup_weather returned 19 C. {INTRODUCTION}"
        )
    );
    assert_eq!(calls(&second), []);

    // The next prompt starts over, with new ids.
    let messages = request["messages"].as_array_mut().unwrap();
    messages.push(second["choices"][0]["message"].clone());
    messages.push(json!({"role": "user", "content": "And the weather in Bern?"}));
    let third = ask(&server, &request).await.json();
    let id = &third["choices"][0]["message"]["tool_calls"][0]["id"];
    assert!(id.is_string() && !ids.contains(id));
}

#[tokio::test]
async fn without_a_suitable_tool_it_answers_in_words() {
    let request = json!({
        "model": demo::MODEL,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Good morning to you"},
        ],
    });
    let reply = answer(&request).await;
    assert_eq!(content(&reply), format!("Hello! {INTRODUCTION}"));
    let usage = &reply["usage"];
    assert_eq!(usage["prompt_tokens"], 6);
    let thought = usage["completion_tokens_details"]["reasoning_tokens"]
        .as_u64()
        .unwrap();
    let words = content(&reply).split_whitespace().count() as u64;
    assert_eq!(usage["completion_tokens"], thought + words);

    let reply = answer(&weather("Tell me a joke")).await;
    assert_eq!(calls(&reply), []);
}

#[tokio::test]
async fn it_remembers_what_was_said_and_introduces_itself_once() {
    let server = provider().await;
    let mut request = json!({"model": demo::MODEL, "messages": []});
    let mut answers = Vec::new();
    for prompt in ["My name is Ada.", "What is my name?", "Tell me a joke"] {
        let messages = request["messages"].as_array_mut().unwrap();
        messages.push(json!({"role": "user", "content": prompt}));
        let reply = ask(&server, &request).await.json();
        answers.push(content(&reply).to_owned());
        let messages = request["messages"].as_array_mut().unwrap();
        messages.push(reply["choices"][0]["message"].clone());
    }
    let greeting = format!("Nice to meet you, Ada. I will remember your name. {INTRODUCTION}");
    let joke = "You said: \"Tell me a joke\".";
    assert_eq!(answers, [greeting.as_str(), "Your name is Ada.", joke]);
}

#[tokio::test]
async fn it_says_that_it_cannot_look_at_images() {
    let request = json!({
        "model": demo::MODEL,
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        ]}],
    });
    let reply = answer(&request).await;
    assert!(
        content(&reply).contains("There is an image with it"),
        "{}",
        content(&reply)
    );
}

#[tokio::test]
async fn it_obeys_the_tool_choice() {
    let mut request = weather("Tell me a joke");
    request["tool_choice"] = json!("required");
    assert_eq!(
        calls(&answer(&request).await),
        [(
            "lookup_weather".to_owned(),
            json!({"city": "Tell me a joke"})
        )]
    );
    request["tool_choice"] = json!({"type": "function", "function": {"name": "lookup_weather"}});
    assert_eq!(calls(&answer(&request).await).len(), 1);
    let mut request = weather("Weather in Zurich?");
    request["tool_choice"] = json!("none");
    assert_eq!(calls(&answer(&request).await), []);
}

#[tokio::test]
async fn it_answers_in_the_format_asked_for() {
    let request = json!({
        "model": demo::MODEL,
        "messages": [{"role": "user", "content": "Describe Zurich, 430000 people"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
            "required": ["name", "people"],
        }}},
    });
    let reply = answer(&request).await;
    let value: Value = serde_json::from_str(content(&reply)).unwrap();
    assert_eq!(value, json!({"name": "Zurich", "people": 430_000}));
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes() {
    let server = provider().await;
    let mut request = weather("Weather in Zurich?");
    request["stream"] = json!(true);
    let first: Received = ask(&server, &request).await;
    assert_eq!(first.body, ask(&server, &request).await.body);
    assert!(first.chunks.len() > 5);
}

#[tokio::test(start_paused = true)]
async fn it_streams_at_the_pace_of_a_typist() {
    let server = demo::provider().await.unwrap();
    let mut request = weather("Weather in Zurich?");
    request["stream"] = json!(true);
    let start = Instant::now();
    let reply = ask(&server, &request).await;
    let events = u32::try_from(reply.events().len()).unwrap();
    assert_eq!(start.elapsed(), demo::PACE * events);
}
