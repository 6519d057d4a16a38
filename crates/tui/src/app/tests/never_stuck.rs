//! Every way in which a chat of the same kind was seen to hang: the input is usable afterwards, and the
//! next prompt is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use crossterm::event::{KeyCode, KeyEvent};
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, EngineRunner, ErrorKind, Persister, RunContext,
    RunStatus, StoreError,
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventKind, kind::TextDelta};
use geppetto_session::Session;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_turns::Turn;
use ratatui::layout::Size;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::support::{TestChat, chat, session};
use crate::{
    Chat,
    app::{App, Message, driver::Driver},
    backend::{Input, Memory, Read, Request},
    environment::Environment,
    models::NoModels,
    start,
};

fn answers(text: &str) -> Script {
    Script::new().text(text)
}

/// Sends a prompt, whose answer must be "Fine.".
async fn next_prompt_is_answered(chat: &TestChat) {
    chat.is_ready().await;
    chat.types("how are you\n");
    chat.shows("Fine.").await;
    chat.is_ready().await;
}

#[tokio::test(start_paused = true)]
async fn a_first_prompt_is_sent_like_any_other() {
    let chat = Chat::new(session([answers("Hello."), answers("Fine.")])).first_prompt("hi");
    let chat = TestChat::start(chat);
    chat.shows("Hello.").await;
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_the_run() {
    let chat = chat([answers("He").panic("a bug"), answers("Fine.")]).await;
    chat.types("hi\n");
    chat.shows("a bug").await;
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_ignores_the_cancellation() {
    let deaf = answers("He").hang().deaf();
    let chat = chat([deaf, answers("Fine.")]).await;
    chat.types("hi\n");
    chat.shows("He").await;
    chat.key(KeyCode::Esc);
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn cancelled_in_the_middle_of_a_text_which_is_kept() {
    let chat = chat([answers("Once upon").hang(), answers("Fine.")]).await;
    chat.types("hi\n");
    chat.shows("Once upon").await;
    chat.key(KeyCode::Esc);
    chat.shows("cancelled").await;
    next_prompt_is_answered(&chat).await;
    assert!(chat.text().contains("Once upon"), "{}", chat.text());
}

#[tokio::test(start_paused = true)]
async fn a_prompt_sent_right_after_the_cancellation() {
    let chat = chat([answers("Once").hang().deaf(), answers("Fine.")]).await;
    chat.types("hi\n");
    chat.shows("Once").await;
    chat.key(KeyCode::Esc);
    chat.types("how are you\n");
    chat.shows("Fine.").await;
    chat.is_ready().await;
}

#[tokio::test(start_paused = true)]
async fn cancelled_while_a_tool_runs() {
    let slow = raw_tool_fn(
        "slow",
        "Waits",
        json!({"type": "object"}),
        |_: Value| async {
            std::future::pending::<()>().await;
            "never"
        },
    );
    let tools = ToolRegistry::new().with(slow).unwrap();
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_1", "slow", "{}"),
        answers("Fine."),
    ]);
    let chat = TestChat::start(Chat::new(Session::new(Builder::new(engine).tools(tools))));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("slow").await;
    chat.key(KeyCode::Esc);
    next_prompt_is_answered(&chat).await;
}

/// Fails to build the first run.
struct FailsFirst(AtomicBool, ScriptedEngine);

#[async_trait]
impl EngineBuilder for FailsFirst {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        if !self.0.swap(true, Ordering::SeqCst) {
            return Err(EngineError::new(
                ErrorKind::Configuration,
                "no key: set ONE",
            ));
        }
        EngineRunner::new(self.1.clone()).build(ctx).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_before_the_first_event_returns_the_prompt() {
    let builder = FailsFirst(
        AtomicBool::new(false),
        ScriptedEngine::new([answers("Fine.")]),
    );
    let chat = TestChat::start(Chat::new(Session::new(builder)));
    chat.is_ready().await;
    chat.types("how are you\n");
    chat.shows("no key: set ONE").await;
    assert!(chat.screen().contains("> how are you"), "{}", chat.screen());
    chat.key(KeyCode::Enter);
    chat.shows("Fine.").await;
    chat.is_ready().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_after_the_last_one_starts_nothing() {
    let session = session([answers("Hello."), answers("Fine.")]);
    let chat = TestChat::start(Chat::new(session.clone()));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("Hello.").await;
    chat.is_ready().await;
    let events = session.stream().events_after(0);
    let delta = events
        .iter()
        .find(|own| own.text_delta().is_some())
        .unwrap();
    let late = Event::in_context(
        EventKind::TextDelta(TextDelta::new("late", 6, 1)),
        Arc::clone(&delta.meta),
        Arc::clone(&delta.correlation),
    );
    session.stream().publish(late, &[]);
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_runs_already_is_joined() {
    let gate = Gate::new();
    let session = session([
        answers("One").hold_at(&gate).text(" two."),
        answers("Fine."),
    ]);
    let run = session.submit("count").await.unwrap();
    gate.reached().await;
    let chat = TestChat::start(Chat::new(session));
    chat.shows("One").await;
    gate.open();
    run.outcome().await;
    chat.shows("One two.").await;
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_joined_can_be_cancelled() {
    let session = session([answers("One").hang(), answers("Fine.")]);
    let run = session.submit("count").await.unwrap();
    let chat = TestChat::start(Chat::new(session));
    chat.shows("One").await;
    chat.key(KeyCode::Esc);
    let ended = tokio::time::timeout(Duration::from_secs(5), run.outcome());
    assert!(ended.await.is_ok(), "the run goes on");
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_reads_nothing_does_not_stop_the_run() {
    let script = (0..5_000).fold(Script::new(), |script, _| script.text("word "));
    let session = session([script]);
    let backend = Arc::new(Memory::new(session.clone()));
    let (mut driver, mut messages) = Driver::new(backend, Arc::new(NoModels));
    let Some(Message::Opened(opened)) = messages.recv().await else {
        panic!("the session opens");
    };
    driver.perform(crate::app::Effect::Follow(1, opened));
    let request = Request {
        input: Input::Prompt {
            text: "go".to_owned(),
            images: Vec::new(),
            files: Vec::new(),
        },
        selection: crate::Selection::new(),
        system: None,
        cancel: tokio_util::sync::CancellationToken::new(),
    };
    driver.perform(crate::app::Effect::Start(1, Box::new(request)));
    // Nobody receives the messages.
    let turn = tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            if let Some(turn) = session.latest().filter(|_| !session.is_running()) {
                return turn;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(turn.await.unwrap().assistant_text().len(), 25_000);
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_is_shown() {
    let failing = answers("He").fail(ErrorKind::Authentication, "the key is wrong");
    let chat = chat([failing, answers("Fine.")]).await;
    chat.types("hi\n");
    chat.shows("the key is wrong").await;
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_turn_after_reasoning_and_a_tool() {
    let clock = raw_tool_fn(
        "clock",
        "Tells the time",
        json!({"type": "object"}),
        |_: Value| async { "noon" },
    );
    let tools = ToolRegistry::new().with(clock).unwrap();
    let engine = ScriptedEngine::new([
        Script::new()
            .reasoning("Look.")
            .tool_call("call_1", "clock", "{}"),
        answers("It is noon."),
        answers("Fine."),
    ]);
    let chat = TestChat::start(Chat::new(Session::new(Builder::new(engine).tools(tools))));
    chat.is_ready().await;
    chat.types("what time\n");
    chat.shows("It is noon.").await;
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn missing_events_do_not_keep_it_busy() {
    let chat = chat([answers("He").hang(), answers("Fine.")]).await;
    chat.types("hi\n");
    chat.shows("He").await;
    chat.send(Message::Events(1, vec![Read::Missing(7)]));
    chat.shows("7 events are missing").await;
    chat.key(KeyCode::Esc);
    next_prompt_is_answered(&chat).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_events_are_all_lost_is_over_with_its_outcome() {
    let session = session([answers("Hello."), answers("Fine.")]);
    let backend = Arc::new(Memory::new(session.clone()));
    let (mut driver, mut messages) = Driver::new(backend, Arc::new(NoModels));
    let environment = Environment {
        is_terminal: true,
        has_colour: false,
        has_bracketed_paste: true,
        in_tmux: false,
    };
    let options = Chat::new(session.clone()).options;
    let setup = start::setup(options, &environment, Size::new(60, 16));
    let mut app = App::new(setup, Instant::now());
    let opened = messages.recv().await.unwrap();
    let mut effects = app.update(opened, Instant::now());
    for turns in 1..=2 {
        app.editor.set("hi");
        let enter = KeyEvent::from(KeyCode::Enter);
        effects.extend(app.update(
            Message::Input(crate::app::Input::Key(enter)),
            Instant::now(),
        ));
        effects.drain(..).for_each(|effect| driver.perform(effect));
        assert!(app.run.is_some());
        while app.run.is_some() {
            let message = messages.recv().await.unwrap();
            if !matches!(message, Message::Events(..)) {
                effects.extend(app.update(message, Instant::now()));
            }
        }
        assert_eq!(session.turn_count(), turns);
    }
}

/// Takes a second to store a turn.
struct Slow(Arc<AtomicBool>);

#[async_trait]
impl Persister for Slow {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.store(true, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn quitting_while_it_streams_waits_until_the_turn_is_stored() {
    let stored = Arc::new(AtomicBool::new(false));
    let engine = ScriptedEngine::new([answers("Once").hang()]);
    let builder = Builder::new(engine).persister(Slow(Arc::clone(&stored)));
    let chat = TestChat::start(Chat::new(Session::new(builder)));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("Once").await;
    chat.control('d');
    chat.ended().await;
    assert!(stored.load(Ordering::SeqCst));
}

/// Never stores a turn.
struct Stuck;

#[async_trait]
impl Persister for Stuck {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn quitting_waits_at_most_two_seconds() {
    let builder = Builder::new(ScriptedEngine::new([answers("Once").hang()])).persister(Stuck);
    let chat = TestChat::start(Chat::new(Session::new(builder)));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("Once").await;
    let before = Instant::now();
    chat.control('d');
    chat.ended().await;
    assert!(before.elapsed() <= Duration::from_millis(2_100));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_stored_although_the_chat_ends_right_after_it() {
    let stored = Arc::new(AtomicBool::new(false));
    let engine = ScriptedEngine::new([answers("Hello.")]);
    let builder = Builder::new(engine).persister(Slow(Arc::clone(&stored)));
    let chat = TestChat::start(Chat::new(Session::new(builder)));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("Hello.").await;
    chat.types("/quit\n");
    chat.ended().await;
    assert!(stored.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn the_run_of_a_process_that_is_gone_is_not_waited_for() {
    let session = session([answers("Hello."), answers("Fine.")]);
    let chat = TestChat::start(Chat::new(session.clone()));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("Hello.").await;
    chat.is_ready().await;
    let events = session.stream().events_after(0);
    let started = events.iter().find(|own| own.type_name() == "run-started");
    let mut elsewhere = started.unwrap().clone();
    let mut correlation = (*elsewhere.correlation).clone();
    correlation.run_id = Some("elsewhere".to_owned());
    elsewhere.correlation = Arc::new(correlation);
    session.stream().publish(elsewhere, &[]);
    chat.hides("ready").await;
    chat.key(KeyCode::Esc);
    chat.shows("stopping").await;
    chat.key(KeyCode::Esc);
    next_prompt_is_answered(&chat).await;
}
