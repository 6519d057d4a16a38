use geppetto_events::{EventSink, MemorySink};
use geppetto_turns::Incomplete;

use super::*;

#[tokio::test]
async fn scripts_are_played_in_order_and_then_there_is_an_error() {
    let engine = ScriptedEngine::new([
        Script::new()
            .reasoning("hm")
            .tool_call("c1", "lookup", "{}"),
        Script::new().text("a").text("b").usage(3, 4),
    ]);
    let ctx = RunContext::new();
    let mut turn = Turn::builder().user("hi").build();
    let result = engine.run_inference(&ctx, &mut turn).await.unwrap();
    assert_eq!(result.finish_class.as_str(), "tool_calls_pending");
    engine.run_inference(&ctx, &mut turn).await.unwrap();
    assert_eq!(turn.assistant_text(), "ab");
    assert_eq!(ctx.total_usage().total_tokens(), 7);
    let error = engine.run_inference(&ctx, &mut turn).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the scripted engine has no script for inference 3"
    );
    assert_eq!(ctx.stream().violations(), []);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_script_listens_to_cancel_unless_it_is_deaf() {
    let engine = ScriptedEngine::always(Script::new().text("par").hang().text("never"));
    let ctx = RunContext::new();
    let mut turn = Turn::new();
    let cancel = async {
        tokio::task::yield_now().await;
        ctx.cancel();
    };
    let (result, ()) = tokio::join!(engine.run_inference(&ctx, &mut turn), cancel);
    assert!(result.is_err_and(|error| error.is_cancelled()));
    assert_eq!(
        turn.blocks.last().and_then(|b| b.incomplete()),
        Some(Incomplete::Cancelled)
    );

    let deaf = ScriptedEngine::always(Script::new().hang().deaf());
    let run = deaf.run_inference(&ctx, &mut turn);
    assert!(
        tokio::time::timeout(std::time::Duration::from_secs(60), run)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn failures_keep_what_was_said() {
    let sink = Arc::new(MemorySink::new());
    let dyn_sink: Arc<dyn EventSink> = sink.clone();
    let ctx = RunContext::new().with_event_sinks([dyn_sink]);
    let engine = ScriptedEngine::new([Script::new().text("par").fail(ErrorKind::Server, "boom")]);
    let mut turn = Turn::new();
    let error = engine.run_inference(&ctx, &mut turn).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(turn.assistant_text(), "par");
    assert_eq!(ctx.stream().violations(), []);
}
