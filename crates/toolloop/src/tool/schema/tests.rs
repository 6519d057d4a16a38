#![allow(dead_code, reason = "types that are only there for their schema")]

use serde_json::json;

use super::*;
use crate::NoArgs;

#[test]
fn schemas_are_inlined_and_without_noise() {
    /// Where and when.
    #[derive(JsonSchema)]
    struct Query {
        /// The city's name.
        city: String,
        unit: Option<Unit>,
    }
    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Unit {
        Celsius,
        Fahrenheit,
    }
    assert_eq!(
        input_schema::<Query>(),
        json!({
            "type": "object",
            "description": "Where and when.",
            "properties": {
                "city": {"type": "string", "description": "The city's name."},
                "unit": {"type": ["string", "null"], "enum": ["celsius", "fahrenheit", null]}
            },
            "required": ["city"]
        })
    );
}

#[test]
fn no_arguments_are_an_empty_object() {
    assert_eq!(
        input_schema::<NoArgs>(),
        json!({"type": "object", "properties": {}})
    );
}
