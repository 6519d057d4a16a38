use serde_json::json;

use super::*;
use crate::{State, ToolError, raw_tool_fn, tool_fn};

fn named(name: &str) -> impl Tool + use<> {
    tool_fn(name, "", || async { Ok::<_, ToolError>("ok") })
}

fn registry(names: &[&str]) -> ToolRegistry {
    let mut registry = ToolRegistry::new();
    for name in names {
        registry.register(named(name)).unwrap();
    }
    registry
}

#[test]
fn definitions_are_sorted_by_name() {
    let definitions = registry(&["b", "c", "a"]).definitions();
    let names: Vec<_> = definitions.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn a_name_is_taken_once() {
    let mut tools = registry(&["a"]);
    let error = tools.register(named("a")).unwrap_err();
    assert_eq!(error, RegistryError::Duplicate { name: "a".into() });
    assert_eq!(tools.len(), 1);
    assert!(tools.remove("a").is_some() && tools.remove("a").is_none());
    tools.register(named("a")).unwrap();
}

#[test]
fn names_and_schemas_must_be_ones_that_providers_accept() {
    let mut tools = ToolRegistry::new();
    for name in ["", " ", "two\nlines", &"x".repeat(257)] {
        let error = tools.register(named(name)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("allowed are 1 to 256"), "{message}");
    }
    for schema in [
        json!({"type": "array"}),
        json!({"type": ["string", "null"]}),
    ] {
        let tool = raw_tool_fn("x", "", schema, || async { Ok::<_, ToolError>(1) });
        let error = tools.register(tool).unwrap_err();
        assert!(
            error.to_string().contains("\"type\": \"object\""),
            "{error}"
        );
        let source = std::error::Error::source(&error);
        assert!(source.is_none(), "the message has it all");
    }
    assert!(tools.is_empty());
    // An empty schema is the schema of no arguments.
    for (name, schema) in [("a", json!({})), ("b", json!(true)), ("c", json!(null))] {
        let tool = raw_tool_fn(name, "", schema, || async { Ok::<_, ToolError>(1) });
        tools.register(tool).unwrap();
    }
}

#[test]
fn a_filter_keeps_what_it_names() {
    let tools = registry(&["a", "b", "c"]);
    let some = tools.only(["c", "a"]).unwrap();
    assert_eq!(some.names().collect::<Vec<_>>(), ["a", "c"]);
    let error = tools.only(["a", "z"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no tool is named `z`; there are: a, b, c"
    );
}

#[test]
fn a_clone_goes_its_own_way() {
    let tools = registry(&["a"]);
    let mut clone = tools.clone();
    clone.remove("a");
    assert_eq!((tools.len(), clone.len()), (1, 0));
}

#[test]
fn a_registry_is_built_one_tool_after_the_other() {
    let tools = ToolRegistry::new().with(named("a")).unwrap();
    let tools = tools.with(named("b")).unwrap();
    assert_eq!(tools.names().collect::<Vec<_>>(), ["a", "b"]);
    assert!(tools.with(named("a")).is_err());
}

#[test]
fn a_tool_in_an_arc_of_its_own_gets_the_state() {
    let tool = || {
        Arc::new(tool_fn("a", "", |State(number): State<u8>| async move {
            Ok::<_, ToolError>(number)
        }))
    };
    let error = ToolRegistry::new().with(tool()).unwrap_err();
    assert!(
        matches!(error, RegistryError::MissingState { .. }),
        "{error:?}"
    );
    ToolRegistry::new().with_state(7_u8).with(tool()).unwrap();
}

#[test]
fn middleware_and_engines_see_the_tools_through_the_catalog() {
    let send = raw_tool_fn("send", "", json!({}), || async { Ok::<_, ToolError>(1) });
    let tools = registry(&["plain"])
        .with(send.secret_args(["pin"]))
        .unwrap();
    let catalog: &dyn ToolCatalog = &tools;
    let names = catalog.definitions().into_iter().map(|own| own.name);
    assert_eq!(names.collect::<Vec<_>>(), ["plain", "send"]);
    let secret = ["plain", "send", "nowhere"].map(|own| catalog.has_secret_arguments(own));
    assert_eq!(secret, [false, true, false]);
    let args = Args::from(r#"{"pin":"1234"}"#);
    let shown = ["plain", "send"].map(|own| catalog.mask_arguments(own, &args));
    assert_eq!(shown, [r#"{"pin":"1234"}"#, r#"{"pin":"***"}"#]);
}
