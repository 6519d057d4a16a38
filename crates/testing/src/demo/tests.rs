use serde_json::{Value, json};

use super::{arguments, memory::Memory, prompt::Prompt, tools};

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
        ("Ada is 36 and lives in London", vec!["Ada", "London"]),
        ("The person: Ada Lovelace, 36", vec!["Ada Lovelace"]),
        ("", vec![]),
    ] {
        assert_eq!(prompt(text).names(), names, "{text}");
    }
}

#[test]
fn numbers_are_read_in_order() {
    assert_eq!(prompt("Add 2 and -3.5.").numbers(), [2.0, -3.5]);
    assert_eq!(
        prompt("order #8, gpt-4 costs $5").numbers(),
        [8.0, 4.0, 5.0]
    );
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
        order("lookup_order", "Looks up an order"),
        order("refund_order", "Gives the money for an order back"),
        order("money_back", "Refunds an order"),
    ]});
    let calls = tools::calls(&request, &prompt(text));
    calls
        .into_iter()
        .map(|call| format!("{}{}", call.name, call.arguments))
        .collect()
}

fn order(name: &str, description: &str) -> Value {
    json!({"type": "function", "function": {
        "name": name,
        "description": description,
        "parameters": {
            "type": "object",
            "properties": {"id": {"type": "integer"}},
            "required": ["id"],
        },
    }})
}

#[test]
fn a_tool_is_called_when_the_prompt_asks_for_what_it_does() {
    let weather = r#"lookup_weather{"city":"Bern"}"#;
    let time = r#"lookup_time{"city":"Bern"}"#;
    assert_eq!(called("weather in Bern"), [weather]);
    assert_eq!(called("weather and time in Bern"), [weather, time]);
    assert_eq!(called("the conditions of the city of Bern"), [weather]);
    assert_eq!(
        called("Look up order 8 please"),
        [r#"lookup_order{"id":8}"#]
    );
    for nothing_to_do in [
        "the city of Bern",
        "What is the weather?",
        "How do I order a pizza?",
        "tell me a joke",
        "a letter to Ann",
    ] {
        assert_eq!(
            called(nothing_to_do),
            Vec::<String>::new(),
            "{nothing_to_do}"
        );
    }
    // At most eight calls at once.
    let many = "weather in Aa, Bb, Cc, Dd, Ee, Ff, Gg, Hh, Ii, Jj";
    assert_eq!(called(many).len(), 8);
}

#[test]
fn a_tool_that_changes_something_is_called_by_its_name_only() {
    let lookup = r#"lookup_order{"id":8}"#;
    assert_eq!(called("Refund order 8, I want my money back"), [lookup]);
    let refund = r#"refund_order{"id":8}"#;
    assert_eq!(called("Use refund_order for order 8"), [lookup, refund]);
    assert_eq!(called("What does refund_order do?"), Vec::<String>::new());
    assert_eq!(
        called("Do not use refund_order for 8"),
        Vec::<String>::new()
    );
    assert_eq!(
        called("Call the send tool for Ann"),
        [r#"send{"recipient":"Ann"}"#]
    );
    assert_eq!(
        called("Never call lookup_weather for Bern"),
        Vec::<String>::new()
    );
}

fn recalled(said: &[&str], asked: &str) -> Option<String> {
    let prompts = said.iter().chain([&asked]);
    let messages: Vec<Value> = prompts
        .map(|text| json!({"role": "user", "content": text}))
        .collect();
    Memory::of(&messages).answer(asked)
}

#[test]
fn questions_are_answered_from_the_history() {
    let said = [
        "My name is Ada and I live in Zurich.",
        "my favourite colours are red and blue",
    ];
    for (asked, answer) in [
        ("What is my name?", "Your name is Ada."),
        ("who am I", "Your name is Ada."),
        (
            "What are my favourite colours?",
            "Your favourite colours are red and blue.",
        ),
        (
            "Where do I live?",
            "You said earlier: \"My name is Ada and I live in Zurich.\"",
        ),
        (
            "How many questions have I asked?",
            "You have asked 2 questions before this one; the first was \"My name is Ada and I live in Zurich.\".",
        ),
        (
            "What did I just say?",
            "The last thing that you said was \"my favourite colours are red and blue\".",
        ),
    ] {
        assert_eq!(recalled(&said, asked).as_deref(), Some(answer), "{asked}");
    }
    let said = ["I am Ada", "Call me Grace."];
    assert_eq!(
        recalled(&said, "Who am I?").as_deref(),
        Some("Your name is Grace.")
    );
    let unknown = recalled(&["I am hungry"], "What is my name?");
    assert_eq!(unknown.as_deref(), Some("You have not told me your name."));
    let none = recalled(&[], "How many questions did I ask?");
    assert_eq!(none.as_deref(), Some("This is your first question."));
    assert_eq!(recalled(&["The sky is blue."], "Where is Zurich?"), None);
}

#[test]
fn strict_schemas_are_filled_with_what_the_prompt_has() {
    let nullable = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": ["integer", "null"]},
            "height": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        },
        "required": ["name", "age", "height"],
        "additionalProperties": false,
    });
    let value = |schema: &Value, text| arguments::value_of(schema, schema, &prompt(text));
    assert_eq!(
        value(&nullable, "Ada is 36"),
        json!({"name": "Ada", "age": 36, "height": null})
    );
    let optional = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name"],
    });
    assert_eq!(
        value(&optional, "Ada is 36"),
        json!({"name": "Ada", "age": 36})
    );
    assert_eq!(value(&optional, "Ada is old"), json!({"name": "Ada"}));
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
