//! Options of a run apply to that run alone, and do not persist in the history.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, Engine, EngineBuilder, EngineError, ErrorKind, InferenceConfig, RunContext,
    RunSettings, RunStatus, StructuredOutput, keys,
};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_session::{EngineRunner, Session, SessionError};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{Block, ImagePart, InferenceResult, Turn};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// The turn that an engine received, and the run's extension.
type Asked = (Turn, Option<u32>);

/// Records its inputs, and replies as scripted.
#[derive(Clone)]
struct Curious {
    engine: ScriptedEngine,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Curious {
    fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self {
            engine: ScriptedEngine::new(scripts),
            asked: Arc::default(),
        }
    }

    fn last(&self) -> Asked {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    fn inference(&self) -> InferenceConfig {
        let config = self.last().0.data.get(&keys::INFERENCE_CONFIG).unwrap();
        config.unwrap_or_default()
    }
}

#[async_trait]
impl Engine for Curious {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let seen = (turn.clone(), ctx.extension::<u32>().copied());
        self.asked.lock().unwrap().push(seen);
        self.engine.run_inference(ctx, turn).await
    }
}

fn says(text: &str) -> Script {
    Script::new().text(text)
}

#[tokio::test(start_paused = true)]
async fn model_settings_and_schema_reach_the_engine_and_do_not_stick() {
    let broken = says("par").fail(ErrorKind::Truncated, "cut");
    let curious = Curious::new([says("1"), broken, says("2"), says("3")]);
    let session = Session::from_engine(curious.clone());
    let own = InferenceConfig::new().with_model("usual").with_top_p(0.5);
    let mut turn = Turn::builder().user("hi").build();
    turn.data.set(&keys::INFERENCE_CONFIG, &own).unwrap();
    session.append(turn).unwrap();
    session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(curious.inference(), own);

    let schema = StructuredOutput::json_schema("n", json!({"type": "object", "properties": {}}));
    let run = session
        .prompt("again")
        .settings(InferenceConfig::new().with_temperature(1.5))
        .model("special")
        .output_schema(schema.clone())
        .submit()
        .await
        .unwrap();
    let turn = run.wait().await.unwrap();
    // Both attempts: the first one broke off.
    assert_eq!(curious.asked.lock().unwrap().len(), 3);
    let special = InferenceConfig::new()
        .with_temperature(1.5)
        .with_model("special");
    assert_eq!(curious.inference(), special.clone().or(&own));
    let sent = curious.last().0.data.get(&keys::STRUCTURED_OUTPUT).unwrap();
    assert_eq!(sent, Some(schema.clone()));
    // The turn's data is unchanged; the settings of the run are recorded.
    for turn in [&turn, &session.latest().unwrap(), run.input().unwrap()] {
        let data = turn.data.get(&keys::INFERENCE_CONFIG).unwrap().unwrap();
        assert_eq!(data, own);
        assert!(!turn.data.contains(&keys::STRUCTURED_OUTPUT));
        let settings = turn.metadata.get(&keys::RUN_SETTINGS).unwrap();
        let expect = RunSettings::new().with_inference(special.clone());
        assert_eq!(settings, Some(expect.with_output(schema.clone())));
    }

    let turn = session
        .submit("and now")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(turn.assistant_text(), "3");
    assert_eq!(curious.inference(), own);
    assert!(!turn.metadata.contains(&keys::RUN_SETTINGS));
}

#[tokio::test]
async fn a_run_that_was_cut_off_continues_with_its_settings() {
    let curious = Curious::new([says("1"), says("2"), says("3")]);
    // As in a store after a process was killed: the start was recorded, the end was not.
    let settings = RunSettings::new().with_inference(InferenceConfig::new().with_model("special"));
    let mut turn = Turn::builder().user("hi").build();
    turn.metadata.set(&keys::RUN_SETTINGS, &settings).unwrap();
    let session = Session::builder(EngineRunner::new(curious.clone()))
        .history([turn])
        .build();
    session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(curious.inference().model.unwrap(), "special");
    // It is over now: another inference on the turn is a different run.
    session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(curious.inference().model, None);
}

#[tokio::test]
async fn a_prompt_after_a_run_that_was_cut_off_has_none_of_its_settings() {
    let curious = Curious::new([says("1")]);
    let settings = RunSettings::new().with_inference(InferenceConfig::new().with_model("special"));
    let mut turn = Turn::builder().user("hi").build();
    turn.metadata.set(&keys::RUN_SETTINGS, &settings).unwrap();
    let session = Session::builder(EngineRunner::new(curious.clone()))
        .history([turn])
        .build();
    session.append_user_prompt("again").unwrap();
    session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(curious.inference().model, None);
}

#[tokio::test]
async fn what_cannot_work_is_refused_and_leaves_no_trace() {
    let session = Session::from_engine(Curious::new([]));
    let hot = InferenceConfig::new().with_temperature(9.0);
    let refused = [
        session.prompt("hi").settings(hot).submit().await,
        session
            .prompt("hi")
            .time_limit(Duration::ZERO)
            .submit()
            .await,
        session.prompt("hi").edit(|_| panic!("no")).submit().await,
        session
            .prompt("hi")
            .edit(|turn| *turn = Turn::default())
            .submit()
            .await,
        session.prompt(" ").submit().await,
        session.inference().submit().await,
    ];
    let told: Vec<String> = refused
        .into_iter()
        .map(|refused| refused.unwrap_err().to_string())
        .collect();
    let empty = format!(
        "session `{}` has nothing to run on; append a prompt first",
        session.id()
    );
    assert_eq!(
        told,
        [
            "the run could not be prepared: temperature: is 9; allowed is 0 to 2",
            "the run could not be prepared: time_limit: is 0; allowed is more than that",
            "the run could not be prepared: the edit of the turn panicked: no",
            empty.as_str(),
            "the prompt is empty; it needs some text or an image",
            empty.as_str(),
        ]
    );
    assert_eq!((session.turn_count(), session.stream().last_seq()), (0, 0));
    assert!(!session.is_running());
}

#[tokio::test]
async fn extensions_sinks_images_and_edits_are_the_runs_own() {
    let curious = Curious::new([says("1"), says("2")]);
    let session = Session::from_engine(curious.clone());
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let ears = Arc::clone(&heard);
    let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
        ears.lock().unwrap().push(event.type_name().to_owned());
    }));
    let run = session
        .prompt("look")
        .image(ImagePart::url("https://example.org/a.png"))
        .block(Block::user("and this"))
        .extension(7_u32)
        .event_sink(sink)
        .edit(|turn| turn.blocks.insert(0, Block::system("be brief")))
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    let (turn, extension) = curious.last();
    assert_eq!(extension, Some(7));
    let texts: Vec<_> = turn
        .blocks
        .iter()
        .filter_map(|block| block.text())
        .collect();
    assert_eq!(texts, ["be brief", "look", "and this"]);
    assert!(turn.blocks.iter().all(|block| !block.id.is_empty()));
    let image = match &turn.blocks.get(1).unwrap().content {
        geppetto_turns::Content::User(user) => user.images.len(),
        _ => 0,
    };
    assert_eq!(image, 1);
    let count = heard.lock().unwrap().len();
    assert!(count > 3);

    session.submit("again").await.unwrap().wait().await.unwrap();
    assert_eq!(curious.last().1, None);
    assert_eq!(heard.lock().unwrap().len(), count);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cancelled_by_its_token_and_ends_at_its_deadline() {
    let hangs = || says("par").hang();
    let session = Session::from_engine(Curious::new([hangs(), hangs()]));
    let token = CancellationToken::new();
    let run = session
        .prompt("1")
        .cancelled_by(&token)
        .submit()
        .await
        .unwrap();
    let mut events = run.events();
    while events.next().await.unwrap().text_delta().is_none() {}
    token.cancel();
    assert!(run.wait().await.unwrap_err().is_cancelled());

    let limit = Duration::from_secs(9);
    let run = session
        .prompt("2")
        .time_limit(limit)
        .submit()
        .await
        .unwrap();
    let status = run.outcome().await.status.clone();
    let expect = geppetto_engine::Limit::WallClock(limit);
    assert_eq!(status, RunStatus::LimitReached(expect));

    // Cancelling a run does not cancel the token of its caller.
    let token = CancellationToken::new();
    let run = session
        .prompt("3")
        .cancelled_by(&token)
        .submit()
        .await
        .unwrap();
    run.cancel();
    run.outcome().await;
    assert!(!token.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn in_a_session_with_a_parent_both_the_parent_and_the_token_cancel() {
    for by_token in [true, false] {
        let parent = RunContext::new();
        let engine = Curious::new([says("par").hang()]);
        let session = Session::builder(EngineRunner::new(engine))
            .parent(&parent)
            .build();
        let token = CancellationToken::new();
        let run = session
            .prompt("1")
            .cancelled_by(&token)
            .submit()
            .await
            .unwrap();
        let mut events = run.events();
        while events.next().await.unwrap().text_delta().is_none() {}
        match by_token {
            true => token.cancel(),
            false => parent.cancel(),
        }
        assert!(run.wait().await.unwrap_err().is_cancelled());
        assert_eq!(parent.is_cancelled(), !by_token);
    }
}

#[tokio::test]
async fn builders_are_swapped_for_a_run_or_for_good_and_the_log_stays() {
    let session = Session::from_engine(Curious::new([says("a"), says("a")]));
    let said = async |session: &Session| {
        let run = session.submit("hi").await.unwrap();
        run.wait().await.unwrap().assistant_text()
    };
    assert_eq!(said(&session).await, "a");
    let once = EngineRunner::new(Curious::new([says("b")]));
    let run = session
        .prompt("hi")
        .engine_builder(once)
        .submit()
        .await
        .unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "b");
    assert_eq!(said(&session).await, "a");
    let mut reader = session.subscribe();
    let before = session.stream().last_seq();
    session.set_builder(EngineRunner::new(Curious::new([says("c")])));
    assert_eq!(said(&session).await, "c");
    assert_eq!(reader.next_event().await.unwrap().seq, before + 1);
    assert_eq!(
        (session.turn_count(), session.stream().violations()),
        (4, vec![])
    );
}

/// Builds once it is released.
struct Slow(tokio::sync::Semaphore, EngineRunner);

#[async_trait]
impl EngineBuilder for Slow {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        self.0.acquire().await.unwrap().forget();
        self.1.build(ctx).await
    }
}

fn slow() -> (Session, Arc<Slow>) {
    let engine = ScriptedEngine::always(says("ok"));
    let slow = Arc::new(Slow(
        tokio::sync::Semaphore::new(0),
        EngineRunner::new(engine),
    ));
    (Session::new(Arc::clone(&slow)), slow)
}

#[tokio::test]
async fn a_submit_that_is_given_up_while_the_run_is_built_leaves_nothing() {
    let (session, slow) = slow();
    {
        let submit = session.submit("never mind");
        tokio::pin!(submit);
        assert!(futures_poll(submit.as_mut()).is_none());
        assert!(session.is_running());
        let other = session.submit("meanwhile").await;
        assert!(matches!(other, Err(SessionError::Busy { .. })));
        assert!(matches!(
            session.update_latest(|_| ()),
            Err(SessionError::Busy { .. })
        ));
    }
    assert!(!session.is_running());
    assert_eq!((session.turn_count(), session.stream().last_seq()), (0, 0));
    slow.0.add_permits(1);
    let turn = session.submit("hi").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.blocks.len(), 2);
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut cx) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_run_ends_its_build() {
    let (session, _) = slow();
    let limit = Duration::from_secs(3);
    let error = session
        .prompt("hi")
        .time_limit(limit)
        .submit()
        .await
        .unwrap_err();
    let SessionError::Build(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!((session.turn_count(), session.is_running()), (0, false));
}

#[tokio::test]
async fn a_cancel_ends_a_build() {
    let (session, slow) = slow();
    let run = session.try_submit("hi").unwrap();
    assert!(run.input().is_none());
    assert!(session.cancel_active());
    let error = run.wait().await.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((session.turn_count(), session.is_running()), (0, false));
    slow.0.add_permits(1);
    let run = session.try_submit("hi").unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(run.input().unwrap().blocks.len(), 1);
    assert_eq!(turn.assistant_text(), "ok");
}

#[tokio::test]
async fn the_latest_turn_is_changed_while_nothing_runs() {
    let session = Session::from_engine(Curious::new([says("1").hang()]));
    let nothing = session.update_latest(|_| ());
    assert!(matches!(nothing, Err(SessionError::Empty { .. })));
    let turn = session.append_user_prompt("hi").unwrap();
    assert_eq!(session.latest(), Some(turn));
    let edited = session
        .update_latest(|turn| turn.blocks.insert(0, Block::system("be brief")))
        .unwrap();
    assert_eq!(session.latest(), Some(edited.clone()));
    assert_eq!((edited.blocks.len(), session.turn_count()), (2, 1));
    assert!(!edited.blocks.get(0).unwrap().id.is_empty());
    let run = session.start_inference().await.unwrap();
    assert!(matches!(
        session.update_latest(|_| ()),
        Err(SessionError::Busy { .. })
    ));
    run.cancel();
    run.outcome().await;
}

#[tokio::test]
async fn an_update_that_another_one_overtook_is_made_again() {
    let session = Session::from_engine(Curious::new([]));
    session.append_user_prompt("hi").unwrap();
    let mut calls = 0;
    session
        .update_latest(|turn| {
            calls += 1;
            if calls == 1 {
                let other = |turn: &mut Turn| turn.push(Block::user("first"));
                session.update_latest(other).unwrap();
            }
            turn.push(Block::user("second"));
        })
        .unwrap();
    let latest = session.latest().unwrap();
    let texts: Vec<_> = latest
        .blocks
        .iter()
        .filter_map(|block| block.text())
        .collect();
    assert_eq!(
        (texts.as_slice(), calls),
        (["hi", "first", "second"].as_slice(), 2)
    );
}
