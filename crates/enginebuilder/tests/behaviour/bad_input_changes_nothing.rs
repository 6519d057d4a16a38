//! Invalid input is refused with an error that states the permitted values, and changes nothing.

use std::time::Duration;

use geppetto_engine::{ErrorKind, ToolChoice, ToolConfig, keys};
use geppetto_enginebuilder::Builder;
use geppetto_session::{BusyPolicy, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, raw_tool_fn};
use geppetto_turns::Turn;
use serde_json::{Value, json};

fn tool(name: &str, schema: Value) -> impl geppetto_toolloop::Tool + 'static + use<> {
    raw_tool_fn(name, "", schema, || async { Ok::<_, ToolError>("ok") })
}

fn tools() -> ToolRegistry {
    let schema = json!({"type": "object"});
    ToolRegistry::new().with(tool("now", schema)).unwrap()
}

fn scripted() -> ScriptedEngine {
    ScriptedEngine::always(Script::new().text("ok"))
}

/// Asserts that the session works as before.
async fn still_works(session: &Session, turns: usize) {
    assert_eq!(session.turn_count(), turns);
    assert!(!session.is_running());
    let turn = session.submit("go").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "ok");
    assert_eq!(session.turn_count(), turns + 1);
}

#[test]
fn tools_that_providers_would_refuse() {
    let mut registry = tools();
    let object = || json!({"type": "object"});
    for (name, schema, allowed) in [
        (
            "",
            object(),
            "allowed are 1 to 256 characters, without control characters",
        ),
        (
            " ",
            object(),
            "allowed are 1 to 256 characters, without control characters",
        ),
        ("list", json!({"type": "array"}), "`\"type\": \"object\"`"),
        ("text", json!("object"), "not a JSON schema"),
        (
            "now",
            object(),
            "registered already; remove it first, or rename one",
        ),
    ] {
        let error = registry
            .register(tool(name, schema))
            .unwrap_err()
            .to_string();
        assert!(error.contains(allowed) && error.contains(name), "{error}");
    }
    assert_eq!(registry.names().collect::<Vec<_>>(), ["now"]);
}

/// A setting, and the error message for it.
type Change = (fn(&mut ToolConfig), &'static str);

#[tokio::test(start_paused = true)]
async fn limits_that_allow_nothing() {
    let changes: [Change; 6] = [
        (
            |own| own.max_iterations = 0,
            "max_iterations: is 0; allowed is 1 and more",
        ),
        (
            |own| own.max_parallel_tools = 0,
            "max_parallel_tools: is 0; allowed is 1 and more",
        ),
        (
            |own| own.max_total_tokens = Some(0),
            "max_total_tokens: is 0; allowed is 1 and more, or none for no limit",
        ),
        (
            |own| own.execution_timeout = Duration::ZERO,
            "execution_timeout: is 0; allowed is more than that, such as `30s`",
        ),
        (
            |own| own.retry_config.backoff_factor = -1.0,
            "retry_config.backoff_factor: is -1; allowed is 0 and more",
        ),
        (
            |own| own.retry_config.backoff_factor = f64::NAN,
            "retry_config.backoff_factor: is NaN; allowed is 0 and more",
        ),
    ];
    for (change, message) in changes {
        let mut config = ToolConfig::default();
        change(&mut config);
        let builder = Builder::new(scripted()).tools(tools()).tool_config(config);
        refused(builder, message).await;
    }
    let builder = Builder::new(scripted()).max_duration(Duration::ZERO);
    refused(builder, "max_duration: is 0; allowed is more than that").await;
}

/// Asserts that a session refuses to run what the builder cannot build, and adds no turn.
async fn refused(builder: Builder, message: &str) {
    let session = Session::new(builder);
    let error = session.submit("go").await.unwrap_err();
    let SessionError::Build(engine) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(engine.kind(), ErrorKind::Configuration);
    assert_eq!(
        error.to_string(),
        format!("the run could not be prepared: {message}")
    );
    assert_eq!(session.turn_count(), 0);
    assert_eq!(session.stream().last_seq(), 0);
    assert!(!session.is_running() && session.active().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_negative_limit_in_a_turn() {
    let config = json!({"max_iterations": -1});
    let mut turn = Turn::builder().user("go").build();
    turn.data.set_raw(keys::TOOL_CONFIG.id(), config);
    let session = Session::new(Builder::new(scripted()).tools(tools()));
    session.append(turn).unwrap();
    let run = session.start_inference().await.unwrap();
    // This configuration documents an earlier run and has no effect.
    let turn = run.wait().await.unwrap();
    let config = turn.data.get(&keys::TOOL_CONFIG).unwrap();
    assert_eq!(config, Some(ToolConfig::default()));
}

#[tokio::test(start_paused = true)]
async fn a_forced_tool_that_is_not_there() {
    let mut config = ToolConfig::default();
    config.tool_choice = ToolChoice::Tool("later".to_owned());
    let session = Session::new(Builder::new(scripted()).tools(tools()).tool_config(config));
    let error = session
        .submit("go")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "tool_choice: names `later`; there are: now"
    );
    assert_eq!(error.turn().blocks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn prompts_that_say_nothing() {
    let session = Session::new(Builder::new(scripted()));
    let nothing = "the prompt is empty; it needs some text or an image";
    for text in ["", " ", "\n\t "] {
        let errors = [
            session.submit(text).await.unwrap_err(),
            session.submit_with_images(text, []).await.unwrap_err(),
            session.append_user_prompt(text).unwrap_err(),
            session.append_user_prompts([text, text]).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, SessionError::EmptyPrompt));
            assert_eq!(error.to_string(), nothing);
        }
    }
    let none: [&str; 0] = [];
    assert!(session.append_user_prompts(none).is_err());
    let error = session.start_inference().await.unwrap_err().to_string();
    assert!(
        error.ends_with("has nothing to run on; append a prompt first"),
        "{error}"
    );
    still_works(&session, 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_session() {
    for (policy, full) in [
        (BusyPolicy::Refuse, false),
        (BusyPolicy::Queue { max: 0 }, true),
    ] {
        let gate = Gate::new();
        let engine = scripted();
        engine.push(Script::new().hold_at(&gate).text("first"));
        let session = Session::builder(Builder::new(engine))
            .id("s")
            .busy_policy(policy)
            .build();
        let run = session.submit("go").await.unwrap();
        gate.reached().await;
        let events = session.stream().last_seq();
        let busy = "an inference is running in session `s`; wait for it or cancel it first";
        let expect = match full {
            true => "the queue of session `s` is full: 0 prompts wait already",
            false => busy,
        };
        assert_eq!(
            session.submit("me too").await.unwrap_err().to_string(),
            expect
        );
        assert_eq!(
            session.start_inference().await.unwrap_err().to_string(),
            busy
        );
        assert_eq!(
            session
                .append_user_prompt("me too")
                .unwrap_err()
                .to_string(),
            busy
        );
        assert_eq!(
            session.append(Turn::default()).unwrap_err().to_string(),
            busy
        );
        assert_eq!(
            (session.turn_count(), session.stream().last_seq()),
            (1, events)
        );
        assert_eq!(session.active().unwrap().id(), run.id());
        assert!(session.queued().is_empty());
        gate.open();
        run.wait().await.unwrap();
        still_works(&session, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_fork_of_a_turn_that_is_not_there() {
    let session = Session::new(Builder::new(scripted()));
    assert_eq!(
        session.fork_at(0).unwrap_err().to_string(),
        "there is no turn 0; the session has 0"
    );
    still_works(&session, 0).await;
    for index in [1, 2, usize::MAX] {
        let error = session.fork_at(index).unwrap_err();
        assert!(
            matches!(error, SessionError::NoSuchTurn { index: own, count: 1 } if own == index),
            "{error}"
        );
    }
    still_works(&session, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_queued_run_that_is_not_there() {
    let session = Session::new(Builder::new(scripted()));
    assert!(!session.remove_queued("nobody"));
    assert!(!session.cancel_active());
    still_works(&session, 0).await;
}
