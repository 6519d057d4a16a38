//! Structured output, request fields and prices of an engine, for turns that set none.

use geppetto_engine::{OutputMode, StructuredOutput, keys};
use geppetto_provider::WireEngine;
use geppetto_transport::memory::Reply;
use geppetto_turns::{Price, Turn};
use serde_json::{Map, Value, json};

use crate::support::{Asked, Steps, turn};

const DONE: &str = "data: {\"type\":\"tokens\",\"tokens\":1000000}\n\ndata: {\"type\":\"stop\",\"reason\":\"stop\"}\n\n";

fn output(name: &str) -> StructuredOutput {
    StructuredOutput::json_schema(name, json!({"type": "object", "properties": {}}))
}

#[test]
fn a_structured_output_of_the_turn_takes_precedence() {
    let asked = Asked::<false>::new([], |builder| builder.structured_output(output("own")));
    let name = |turn: &Turn| {
        let settings = asked.engine.settings(turn).unwrap();
        settings.output.map(|output| output.name)
    };
    assert_eq!(name(&turn()).as_deref(), Some("own"));
    let with = |output: &StructuredOutput| {
        let builder = Turn::builder().user("Hi");
        builder
            .data(&keys::STRUCTURED_OUTPUT, output)
            .unwrap()
            .build()
    };
    assert_eq!(name(&with(&output("other"))).as_deref(), Some("other"));
    let mut off = output("off");
    off.mode = OutputMode::Off;
    assert_eq!(name(&with(&off)), None);
}

#[test]
fn an_invalid_structured_output_is_refused_or_named() {
    let invalid = StructuredOutput::json_schema("no good", json!({"type": "object"}));
    let builder = || WireEngine::<Steps<false>>::builder("m-1");
    assert!(
        builder()
            .structured_output(invalid.clone())
            .build()
            .is_err()
    );
    let mut tolerated = invalid;
    tolerated.require_valid = false;
    let engine = builder().structured_output(tolerated).build().unwrap();
    let settings = engine.settings(&turn()).unwrap();
    assert!(settings.output.is_none() && settings.unsent.has("structured_output"));
}

#[test]
fn a_wire_that_passes_no_fields_through_refuses_them() {
    let fields = Map::from_iter([("n".to_owned(), Value::from(2))]);
    let builder = WireEngine::<Steps<false>>::builder("m-1").request_fields(fields);
    let error = builder.build().unwrap_err().to_string();
    assert!(error.starts_with("request_fields: "), "{error}");
}

#[tokio::test]
async fn a_setting_that_the_application_cannot_send_is_named() {
    let asked = Asked::<false>::new([Reply::ok().chunk(DONE)], |builder| {
        builder.not_sent("n", "the API has no field for it")
    });
    asked.ask(&mut turn()).await.unwrap();
    assert_eq!(asked.infos(), ["settings were not sent"]);
}

#[tokio::test]
async fn the_cost_of_a_call_is_known_if_its_price_is() {
    let prices = |model: &str| (model == "m-1").then_some(Price::new(0.0, 2.0));
    let replies = [Reply::ok().chunk(DONE), Reply::ok().chunk(DONE)];
    let asked = Asked::<false>::new(replies, |builder| builder.prices(prices));
    let result = asked.ask(&mut turn()).await.unwrap();
    assert_eq!(result.cost_usd(), Some(2.0));
    let other = geppetto_engine::InferenceConfig::new().with_model("m-2");
    let builder = Turn::builder().user("Hi");
    let mut turn = builder
        .data(&keys::INFERENCE_CONFIG, &other)
        .unwrap()
        .build();
    assert_eq!(asked.ask(&mut turn).await.unwrap().cost_usd(), None);
    let total = asked.ctx.total_usage();
    assert_eq!((total.cost_usd, total.priced_calls), (Some(2.0), 1));
}

#[tokio::test]
async fn an_attempt_that_is_repeated_costs_and_is_no_call_of_its_own() {
    let cut = "data: {\"type\":\"tokens\",\"tokens\":500000}\n\n";
    let replies = [Reply::ok().chunk(cut), Reply::ok().chunk(DONE)];
    let asked = Asked::<false>::new(replies, |builder| {
        builder.prices(|_| Some(Price::new(0.0, 2.0)))
    });
    asked.ask(&mut turn()).await.unwrap();
    let total = asked.ctx.total_usage();
    assert_eq!((total.cost_usd, total.priced_calls), (Some(3.0), 1));
}
