//! Sessions over a cassette: interactions recorded from a server are replayed without one.

use std::{fs, path::PathBuf, sync::Arc};

use geppetto_engine::{EngineError, SeededIds};
use geppetto_enginebuilder::Builder;
use geppetto_providers_openai::ChatEngine;
use geppetto_session::Session;
use geppetto_testing::{At, ProviderServer, Reply, cassette::Cassette};
use geppetto_toolloop::{Resampling, ToolError, ToolRegistry, raw_tool_fn};
use geppetto_transport::{ApiKey, HttpClient, ReqwestTransport};
use geppetto_turns::{Block, Content, Turn};
use serde_json::{Value, json};

const KEY: &str = "sk-cassette-0123456789abcdef";

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A session with reproducible requests: seeded ids.
#[allow(clippy::unwrap_used, reason = "a test's own helper")]
fn session(cassette: &Cassette, base_url: &str) -> Session {
    let engine = ChatEngine::builder("test-model")
        .base_url(base_url)
        .api_key(ApiKey::new(KEY))
        .http_client(HttpClient::new(cassette.transport()))
        .build()
        .unwrap();
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let weather = raw_tool_fn(
        "weather",
        "Weather in a city",
        schema,
        |_: Value| async move { Ok::<_, ToolError>("21 C") },
    );
    let tools = ToolRegistry::new().with(weather).unwrap();
    let builder = Builder::new(engine)
        .tools(tools)
        .resampling(Resampling::never());
    Session::builder(builder)
        .ids(Arc::new(SeededIds::new(7)))
        .build()
}

/// Returns the blocks without the durations of tools, which are real.
fn untimed(turn: &Turn) -> Vec<Block> {
    let mut blocks: Vec<Block> = turn.blocks.iter().map(|block| (**block).clone()).collect();
    for block in &mut blocks {
        if let Content::ToolUse(answer) = &mut block.content {
            answer.duration_ms = None;
        }
    }
    blocks
}

#[tokio::test]
async fn a_tool_loop_is_the_same_recorded_and_replayed() {
    let folder = folder("tool-loop");
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().tool_call("c1", "weather", r#"{"city":"Oslo"}"#));
    server.enqueue(
        Reply::chat()
            .words("21 C in Oslo")
            .finish("stop")
            .usage(9, 4),
    );

    let recording = Cassette::record(&folder, ReqwestTransport::new().unwrap()).unwrap();
    let recorded = session(&recording, &server.base_url());
    let recorded = recorded
        .submit("Weather?")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    recording.finish().unwrap();
    drop(server);

    let replaying = Cassette::replay(&folder).unwrap();
    let replayed = session(&replaying, "http://localhost:9/v1");
    let replayed = replayed
        .submit("Weather?")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    replaying.finish().unwrap();
    assert_eq!(replayed.assistant_text(), "21 C in Oslo");
    assert_eq!(untimed(&replayed), untimed(&recorded));
}

#[tokio::test]
async fn a_broken_reply_breaks_again() {
    let folder = folder("broken");
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().words("one two three").cut_at(At::Event(3)));

    let recording = Cassette::record(&folder, ReqwestTransport::new().unwrap()).unwrap();
    let recorded = session(&recording, &server.base_url());
    let recorded = recorded
        .submit("Count")
        .await
        .unwrap()
        .wait()
        .await
        .expect_err("cut");
    recording.finish().unwrap();

    let replaying = Cassette::replay(&folder).unwrap();
    let replayed = session(&replaying, &server.base_url());
    let replayed = replayed
        .submit("Count")
        .await
        .unwrap()
        .wait()
        .await
        .expect_err("cut");
    replaying.finish().unwrap();
    assert_eq!(
        replayed.engine_error().map(EngineError::kind),
        recorded.engine_error().map(EngineError::kind),
    );
    assert_eq!(
        replayed.turn().assistant_text(),
        recorded.turn().assistant_text()
    );
}

#[tokio::test]
async fn a_run_over_another_history_fails() {
    let folder = folder("other-history");
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("ok").finish("stop"));
    let recording = Cassette::record(&folder, ReqwestTransport::new().unwrap()).unwrap();
    let recorded = session(&recording, &server.base_url());
    recorded.submit("Red?").await.unwrap().wait().await.unwrap();
    recording.finish().unwrap();

    let replaying = Cassette::replay(&folder).unwrap();
    let replayed = session(&replaying, &server.base_url());
    let failed = replayed
        .submit("Blue?")
        .await
        .unwrap()
        .wait()
        .await
        .expect_err("not recorded");
    assert!(failed.to_string().contains("Blue?"), "{failed}");
    let error = replaying.finish().expect_err("not played as recorded");
    assert!(error.to_string().contains("GEPPETTO_RECORD=1"), "{error}");
    assert_eq!(server.requests().len(), 1, "replaying opens no socket");
}

#[tokio::test]
async fn keys_are_not_in_the_files() {
    let folder = folder("keys");
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(
        Reply::chat()
            .text(format!("your key is {KEY}"))
            .finish("stop"),
    );
    let recording = Cassette::record(&folder, ReqwestTransport::new().unwrap()).unwrap();
    let recorded = session(&recording, &format!("{}?api_key={KEY}", server.base_url()));
    let prompt = format!("my key is {KEY}");
    recorded
        .submit(&*prompt)
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    recording.finish().unwrap();

    let mut files = 0;
    for interaction in fs::read_dir(&folder).unwrap() {
        for file in fs::read_dir(interaction.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains(KEY), "{} shows the key", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 3);
    let replaying = Cassette::replay(&folder).unwrap();
    let replayed = session(&replaying, &format!("{}?api_key={KEY}", server.base_url()));
    replayed
        .submit(&*prompt)
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    replaying.finish().unwrap();
}

#[test]
fn one_that_was_never_recorded_says_how_to_record_it() {
    let error = Cassette::replay(folder("never")).unwrap_err();
    assert!(error.to_string().contains("GEPPETTO_RECORD=1"), "{error}");
}
