use super::{Model, Thinking};

#[test]
fn thinking_depends_on_the_version() {
    for (name, expected) in [
        ("gemini-pro", Thinking::Never),
        ("gemini-1.5-pro", Thinking::Never),
        ("models/gemini-2.0-flash-001", Thinking::Never),
        ("gemini-2.5-flash", Thinking::Budget),
        ("google/gemini-2.5-pro", Thinking::Budget),
        ("gemini-2.5-flash-image", Thinking::Never),
        ("gemini-3-pro-preview", Thinking::Level),
        ("gemini-3.8-flash", Thinking::Level),
        ("gemini-4-argon", Thinking::Level),
        ("gemini-flash-latest", Thinking::Level),
        ("gemma-3-27b-it", Thinking::Never),
        ("my-tuned-model", Thinking::Unknown),
    ] {
        assert_eq!(Model::named(name).thinking(), expected, "{name}");
    }
}

#[test]
fn what_a_model_takes_depends_on_the_version() {
    let old = Model::named("gemini-2.0-flash");
    assert!(!old.takes_json_schema() && !old.takes_schema_with_tools() && !old.wants_signatures());
    let middle = Model::named("gemini-2.5-pro");
    assert!(middle.takes_json_schema() && !middle.takes_schema_with_tools());
    let new = Model::named("publishers/google/models/gemini-3-flash-preview");
    assert!(new.takes_schema_with_tools() && new.wants_signatures());
    let other = Model::named("openai/gpt-4");
    assert!(!other.takes_json_schema() && other.takes_schema_with_tools());
}
