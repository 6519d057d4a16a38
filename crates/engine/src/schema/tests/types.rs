#![allow(dead_code, reason = "types that are only there for their schema")]

use std::collections::HashMap;

use schemars::JsonSchema;

use super::*;
use crate::{OutputMode, StructuredOutput};

/// Where and when.
#[derive(JsonSchema)]
struct Query {
    /// The city's name.
    city: String,
    unit: Option<Unit>,
    #[schemars(range(max = 9))]
    #[serde(default)]
    days: u8,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Celsius,
    Fahrenheit,
}

#[test]
fn schemas_are_inlined_and_without_noise() {
    assert_eq!(
        of_type::<Query>(),
        json!({
            "type": "object",
            "description": "Where and when.",
            "properties": {
                "city": {"type": "string", "description": "The city's name."},
                "unit": {"type": ["string", "null"], "enum": ["celsius", "fahrenheit", null]},
                "days": {"type": "integer", "minimum": 0, "maximum": 9, "default": 0},
            },
            "required": ["city"]
        })
    );
}

#[test]
fn a_type_is_an_answer_that_can_be_strict() {
    let output = StructuredOutput::of::<Query>();
    assert_eq!(output.mode, OutputMode::JsonSchema);
    assert_eq!(
        (output.name.as_str(), output.description.as_str()),
        ("Query", "Where and when.")
    );
    assert!(output.is_strict());
    assert_eq!(
        output.sent_schema(),
        Ok(json!({
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city's name."},
                "unit": {"type": ["string", "null"], "enum": ["celsius", "fahrenheit", null]},
                "days": {"type": ["integer", "null"], "minimum": 0, "maximum": 9,
                    "description": "(default: 0)"},
            },
            "required": ["city", "days", "unit"],
            "additionalProperties": false,
        }))
    );
}

#[derive(JsonSchema)]
struct Node {
    name: String,
    children: Vec<Node>,
}

#[derive(JsonSchema)]
enum Tree {
    Leaf(u8),
    Branch(Vec<Tree>),
}

#[derive(JsonSchema)]
#[serde(tag = "kind")]
enum Shape {
    Circle { radius: f64 },
    Square { side: f64 },
}

#[test]
fn types_that_are_no_object_or_contain_themselves_are_answers_too() {
    let sent = |output: StructuredOutput| output.sent_schema().unwrap();
    let list = sent(StructuredOutput::of::<Vec<Shape>>());
    assert_eq!(list["required"], json!([WRAPPER]));
    assert_eq!(
        list["properties"][WRAPPER]["items"]["anyOf"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let shape = sent(StructuredOutput::of::<Shape>());
    assert_eq!(shape["required"], json!([WRAPPER]));
    let node = sent(StructuredOutput::of::<Node>());
    assert_eq!(
        node["properties"]["children"]["items"],
        json!({"$ref": "#"})
    );
    let tree = sent(StructuredOutput::of::<Tree>());
    let branch = &tree["$defs"]["Value"]["anyOf"][1]["properties"]["Branch"];
    assert_eq!(branch["items"], json!({"$ref": "#/$defs/Value"}));
    assert_eq!(
        sent(StructuredOutput::of::<u32>())["properties"][WRAPPER]["type"],
        "integer"
    );
}

#[test]
fn a_type_that_cannot_be_strict_is_refused_before_any_request() {
    let output = StructuredOutput::of::<HashMap<String, u32>>();
    let error = output.validate().unwrap_err().to_string();
    assert!(
        error.contains("structured_output.schema: of the answer `Map_of_uint32` at `$`"),
        "{error}"
    );
    assert_eq!(output.with_strict(false).validate(), Ok(()));
    #[derive(JsonSchema)]
    struct Open {
        anything: Value,
    }
    let error = StructuredOutput::of::<Open>()
        .validate()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`$.properties.anything`: accepts any value"),
        "{error}"
    );
}
