use serde_json::{Value, json};

use super::{arguments, prompt::Prompt, tools};

fn prompt(text: &str) -> Prompt {
    Prompt::new(text.to_owned())
}

#[test]
fn names_are_quotations_or_capitalised_words() {
    for (text, names) in [
        (
            "Weather in Zurich and New York?",
            vec!["Zurich", "New York"],
        ),
        (
            "Compare Zurich, Geneva and Zurich.",
            vec!["Zurich", "Geneva"],
        ),
        ("What about Bern? Also Chur!", vec!["Bern", "Chur"]),
        ("Zurich please", vec!["Zurich"]),
        ("find \"the red door\" in Zurich", vec!["the red door"]),
        ("an odd \" quote in Zurich", vec!["Zurich"]),
        ("may I ask", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(prompt(text).names(), names, "{text}");
    }
}

#[test]
fn numbers_are_read_in_order() {
    assert_eq!(prompt("Add 2 and -3.5.").numbers(), [2.0, -3.5]);
}

#[test]
fn values_fit_their_schema() {
    let prompt = prompt("Book 3 rooms in Zurich, large ones, for 2.5 days");
    for (schema, value) in [
        (json!({"type": "string"}), json!("Zurich")),
        (json!({"type": "integer"}), json!(3)),
        (json!({"type": "integer", "minimum": 5}), json!(5)),
        (json!({"type": "number", "maximum": 2}), json!(2.0)),
        (json!({"type": "boolean"}), json!(true)),
        (json!({"type": ["null", "integer"]}), json!(3)),
        (json!({"enum": ["small", "large"]}), json!("large")),
        (json!({"enum": ["red", "blue"]}), json!("red")),
        (json!({"const": 7}), json!(7)),
        (json!({"type": "string", "default": "x"}), json!("x")),
        (
            json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]}),
            json!(true),
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            json!(["Zurich"]),
        ),
        (
            json!({"type": "array", "items": {"type": "number"}}),
            json!([3.0, 2.5]),
        ),
        (
            json!({"type": "array", "items": {"type": "boolean"}}),
            json!([true]),
        ),
        (json!({"type": "null"}), json!(null)),
        (
            json!({
                "type": "object",
                "properties": {
                    "a": {"type": "integer"}, "b": {"type": "number"}, "c": {"type": "integer"},
                    "optional": {"type": "string"},
                },
                "required": ["a", "b", "c"],
            }),
            json!({"a": 3, "b": 2.5, "c": 1}),
        ),
        (
            json!({"$ref": "#/$defs/Size", "$defs": {"Size": {"enum": ["large"]}}}),
            json!("large"),
        ),
    ] {
        assert_eq!(
            arguments::value_of(&schema, &schema, &prompt),
            value,
            "{schema}"
        );
    }
}

#[test]
fn a_schema_that_contains_itself_ends() {
    let schema = json!({
        "type": "object",
        "properties": {"child": {"$ref": "#"}},
        "required": ["child"],
    });
    let value = arguments::value_of(&schema, &schema, &prompt("x"));
    assert!(value["child"].is_object());
}

fn function(name: &str, description: &str, parameter: &str) -> Value {
    json!({"type": "function", "function": {
        "name": name,
        "description": description,
        "parameters": {
            "type": "object",
            "properties": {parameter: {"type": "string"}},
            "required": [parameter],
        },
    }})
}

fn called(text: &str) -> Vec<String> {
    let request = json!({"tools": [
        function("lookup_weather", "Conditions in a city", "city"),
        function("lookup_time", "The clock of a city", "city"),
        function("send", "Deliver a letter", "recipient"),
    ]});
    let calls = tools::calls(&request, &prompt(text));
    calls
        .into_iter()
        .map(|call| format!("{}{}", call.name, call.arguments))
        .collect()
}

#[test]
fn tools_are_chosen_by_name_before_description_and_parameters() {
    let weather = r#"lookup_weather{"city":"Bern"}"#;
    let time = r#"lookup_time{"city":"Bern"}"#;
    assert_eq!(called("weather in Bern"), [weather]);
    assert_eq!(called("weather and time in Bern"), [weather, time]);
    assert_eq!(called("the conditions in Bern"), [weather]);
    assert_eq!(called("the city of Bern"), [weather]);
    assert_eq!(called("a letter to Ann"), [r#"send{"recipient":"Ann"}"#]);
    assert_eq!(called("tell me a joke"), Vec::<String>::new());
    // At most eight calls at once.
    let many = "weather in Aa, Bb, Cc, Dd, Ee, Ff, Gg, Hh, Ii, Jj";
    assert_eq!(called(many).len(), 8);
}

#[test]
fn a_tool_without_parameters_is_called_with_an_empty_object() {
    let request = json!({"tools": [{"type": "function", "function": {"name": "clock"}}]});
    let calls = tools::calls(&request, &prompt("the clock in Bern"));
    let expected = tools::Call {
        name: "clock".to_owned(),
        arguments: json!({}),
    };
    assert_eq!(calls, [expected]);
}
