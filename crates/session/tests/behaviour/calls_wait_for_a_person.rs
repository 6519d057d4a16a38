//! Tool calls wait for a person: their run ends, their turn is stored, and a later run continues
//! with the person's decision, in any process and order.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use geppetto_engine::{
    Decision, EngineError, ErrorKind, NOT_DECIDED, Persister, RunContext, RunJournal, RunStatus,
    StoreError, keys,
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, Grammar, sink_fn};
use geppetto_session::{BusyPolicy, ExecutionHandle, RunError, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, Tool, ToolContext, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_turns::{Args, Block, ToolCall, Turn};
use serde_json::{Value, json};

/// Everything outside of the process: the side effects of tools, the store, and the answers that an
/// application keeps itself.
#[derive(Clone, Default)]
struct Outside {
    /// Idempotency key and arguments of each mail.
    sent: Arc<Mutex<Vec<(String, String)>>>,
    stored: Arc<Mutex<Vec<(Turn, RunStatus)>>>,
    allowed: Arc<Mutex<HashSet<String>>>,
    events: Arc<Mutex<Vec<Event>>>,
    /// Gate at which a mail waits before it is sent.
    gate: Option<Gate>,
    journal_fails: bool,
}

/// Asks before mails are sent, and uses the answers that the application has received.
struct Ask(Outside);

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        if call.name == "look" || self.0.allowed.lock().unwrap().contains(&call.id) {
            return Ok(());
        }
        let args = call.args.as_str();
        Err(Rejection::wait(format!("May I send {args}?")))
    }
}

#[async_trait]
impl Persister for Outside {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        self.stored
            .lock()
            .unwrap()
            .push((turn.clone(), status.clone()));
        Ok(())
    }
}

#[async_trait]
impl RunJournal for Outside {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        match self.journal_fails {
            true => Err(EngineError::new(ErrorKind::Other, "disk full")),
            false => Ok(()),
        }
    }
}

impl Outside {
    fn tools(&self) -> ToolRegistry {
        let (sent, gate) = (Arc::clone(&self.sent), self.gate.clone());
        let schema = json!({"type": "object", "properties": {"to": {"type": "string"}},
            "required": ["to"]});
        let send = raw_tool_fn("send", "", schema, move |args: Value, ctx: ToolContext| {
            let (sent, gate) = (Arc::clone(&sent), gate.clone());
            async move {
                if let Some(gate) = gate {
                    gate.pass().await;
                }
                sent.lock()
                    .unwrap()
                    .push((ctx.idempotency_key, args.to_string()));
                "sent"
            }
        });
        let look = raw_tool_fn("look", "", json!({"type": "object"}), |_: Value| async {
            "seen"
        });
        ToolRegistry::new().with(send).unwrap().with(look).unwrap()
    }

    /// Returns a session as created by a new process.
    fn session(&self, engine: &ScriptedEngine, history: impl IntoIterator<Item = Turn>) -> Session {
        let events = Arc::clone(&self.events);
        let sink = sink_fn(move |event: &Event| events.lock().unwrap().push(event.clone()));
        let builder = Builder::new(engine.clone())
            .tools(self.tools())
            .tool_executor(Ask(self.clone()))
            .persister(self.clone())
            .journal(self.clone())
            .event_sink(sink);
        Session::builder(builder).id("s").history(history).build()
    }

    fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|(_, args)| args.clone()).collect()
    }

    fn stored(&self) -> (Turn, RunStatus) {
        self.stored.lock().unwrap().last().unwrap().clone()
    }

    /// Returns the names of the last run's events about tool calls, in legal order.
    fn tool_events(&self) -> Vec<String> {
        let events = std::mem::take(&mut *self.events.lock().unwrap());
        let mut grammar = Grammar::new();
        for event in &events {
            let mut event = event.clone();
            event.seq = 0;
            grammar.accept(&event).unwrap();
        }
        grammar.finish().unwrap();
        let names = events.iter().filter(|own| {
            let name = own.type_name();
            name.starts_with("tool-") && !name.contains("delta") && name != "tool-call-started"
        });
        let names = names.map(|own| {
            let id = own.correlation.tool_call_id.as_deref().unwrap();
            format!("{} {id}", own.type_name())
        });
        names.collect()
    }
}

fn mail(id: &str, to: &str) -> Script {
    Script::new().tool_call(id, "send", format!(r#"{{"to":"{to}"}}"#))
}

fn says(text: &str) -> Script {
    Script::new().text(text)
}

async fn waiting(run: &ExecutionHandle) -> RunError {
    let error = run.wait().await.unwrap_err();
    assert!(error.is_waiting(), "{error}");
    error
}

fn answers(turn: &Turn) -> Vec<(String, String)> {
    let uses = turn.blocks.iter().filter_map(|block| block.as_tool_use());
    uses.map(|own| (own.id.clone(), own.output())).collect()
}

fn pairs<const N: usize>(of: [(&str, &str); N]) -> Vec<(String, String)> {
    of.map(|(id, text)| (id.to_owned(), text.to_owned())).into()
}

#[tokio::test(start_paused = true)]
async fn the_others_of_the_reply_run_and_the_run_ends_with_what_it_waits_for() {
    let outside = Outside::default();
    let reply = mail("a", "ann").tool_call("b", "look", "{}");
    let session = outside.session(&ScriptedEngine::new([reply]), []);
    let run = session.submit("go").await.unwrap();
    let error = waiting(&run).await;
    let waits = error.waits();
    assert_eq!(waits.len(), 1);
    assert_eq!((&*waits[0].call_id, &*waits[0].tool_name), ("a", "send"));
    assert_eq!(waits[0].input, r#"{"to":"ann"}"#);
    assert_eq!(waits[0].question, r#"May I send {"to":"ann"}?"#);
    assert_eq!(
        error.to_string(),
        "the run is waiting: `send`: May I send {\"to\":\"ann\"}?"
    );
    assert_eq!(answers(error.turn()), pairs([("b", "seen")]));
    assert_eq!(
        (session.waits(), session.is_running()),
        (waits.clone(), false)
    );
    assert_eq!(
        outside.stored(),
        (session.latest().unwrap(), error.status().clone())
    );
    assert_eq!(
        outside.tool_events(),
        [
            "tool-call-requested a",
            "tool-call-requested b",
            "tool-call-waiting a",
            "tool-execution-started b",
            "tool-result-ready b",
            "tool-call-finished b",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_allowed_after_a_restart_runs_once_with_its_own_key() {
    type Reload = fn(&Turn) -> Turn;
    let reloads: [Reload; 2] = [
        |turn| Turn::from_yaml(&turn.to_yaml().unwrap()).unwrap(),
        |turn| Turn::from_json(&turn.to_json().unwrap()).unwrap(),
    ];
    for reload in reloads {
        let outside = Outside::default();
        let first = outside.session(&ScriptedEngine::new([mail("a", "ann")]), []);
        waiting(&first.submit("go").await.unwrap()).await;
        let _ = outside.tool_events();

        let engine = ScriptedEngine::new([says("done")]);
        let session = outside.session(&engine, [reload(&outside.stored().0)]);
        assert_eq!(session.waits(), first.waits());
        let run = session
            .answer([("a", Decision::Allow)])
            .submit()
            .await
            .unwrap();
        let turn = run.wait().await.unwrap();
        assert_eq!(outside.sent(), [r#"{"to":"ann"}"#]);
        assert_eq!(answers(&turn), pairs([("a", "sent")]));
        assert_eq!(
            (turn.assistant_text(), session.turn_count()),
            ("done".into(), 1)
        );
        assert_eq!(session.waits(), []);
        assert!(!turn.metadata.contains(&keys::WAITING_FOR));
        assert_eq!(answers(&engine.turns()[0]), pairs([("a", "sent")]));
        assert_eq!(
            outside.tool_events(),
            [
                "tool-call-resumed a",
                "tool-execution-started a",
                "tool-result-ready a",
                "tool-call-finished a",
            ]
        );

        // As in the process that asked, if the answer had been given there.
        let run = first
            .answer([("a", Decision::Allow)])
            .submit()
            .await
            .unwrap();
        let _ = run.wait().await;
        let sent = outside.sent.lock().unwrap().clone();
        assert_eq!(sent[0], sent[1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_and_other_arguments_are_told_to_the_model() {
    let outside = Outside::default();
    let engine = ScriptedEngine::new([
        mail("a", "ann").tool_call("b", "send", r#"{"to":"bob"}"#),
        says("ok"),
    ]);
    let session = outside.session(&engine, []);
    waiting(&session.submit("go").await.unwrap()).await;
    let decisions = [
        ("a", Decision::reject("she has left")),
        ("b", Decision::allow_with(json!({"to": "bea"}))),
    ];
    let run = session.answer(decisions).submit().await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(outside.sent(), [r#"{"to":"bea"}"#]);
    let refused = "Error: rejected: she has left";
    let told = turn.tool_answer("b").unwrap();
    assert_eq!(told.ran_with, Some(Args::from(json!({"to": "bea"}))));
    assert_eq!(turn.tool_answer("a").unwrap().output(), refused);
    assert!(told.output().contains("bea"), "{}", told.output());
    let calls: Vec<&str> = turn.tool_calls().map(|call| call.args.as_str()).collect();
    assert_eq!(calls, [r#"{"to":"ann"}"#, r#"{"to":"bob"}"#]);
}

#[tokio::test(start_paused = true)]
async fn arguments_of_a_person_are_checked_and_so_is_the_tool() {
    let outside = Outside::default();
    let engine = ScriptedEngine::new([mail("a", "ann"), says("ok")]);
    let session = outside.session(&engine, []);
    waiting(&session.submit("go").await.unwrap()).await;
    let stored = outside.stored().0;
    let run = session.answer([("a", Decision::allow_with(json!({"to": 7})))]);
    let turn = run.submit().await.unwrap().wait().await.unwrap();
    let answer = turn.tool_answer("a").unwrap().output();
    assert!(
        answer.starts_with("Error: the tool was not run:"),
        "{answer}"
    );

    let builder = Builder::new(ScriptedEngine::new([says("ok")])).tools(ToolRegistry::new());
    let session = Session::builder(builder).history([stored]).build();
    let run = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    let answer = run.wait().await.unwrap().tool_answer("a").unwrap().output();
    assert_eq!(answer, "Error: unknown tool `send`; there are no tools");
    assert_eq!(outside.sent(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn two_calls_are_answered_one_by_one_in_either_order_before_the_model_is_asked() {
    for order in [["a", "b"], ["b", "a"]] {
        let outside = Outside::default();
        let reply = mail("a", "ann").tool_call("b", "send", r#"{"to":"bob"}"#);
        let engine = ScriptedEngine::new([reply, says("done")]);
        let session = outside.session(&engine, []);
        waiting(&session.submit("go").await.unwrap()).await;
        let run = session
            .answer([(order[0], Decision::Allow)])
            .submit()
            .await
            .unwrap();
        let error = waiting(&run).await;
        assert_eq!(answers(error.turn()), pairs([(order[0], "sent")]));
        let left: Vec<String> = session.waits().into_iter().map(|own| own.call_id).collect();
        assert_eq!((left, engine.inferences()), (vec![order[1].to_owned()], 1));

        let run = session
            .answer([(order[1], Decision::Allow)])
            .submit()
            .await
            .unwrap();
        let turn = run.wait().await.unwrap();
        assert_eq!(
            answers(&turn),
            pairs([(order[0], "sent"), (order[1], "sent")])
        );
        assert_eq!(
            (turn.assistant_text(), engine.inferences()),
            ("done".into(), 2)
        );
        assert_eq!(outside.sent().len(), 2);
        let _ = outside.tool_events();
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_that_keeps_the_answers_itself_starts_an_inference() {
    let outside = Outside::default();
    let engine = ScriptedEngine::new([mail("a", "ann"), says("done")]);
    let session = outside.session(&engine, []);
    waiting(&session.submit("go").await.unwrap()).await;
    waiting(&session.start_inference().await.unwrap()).await;
    assert_eq!((engine.inferences(), outside.sent().len()), (1, 0));
    outside.allowed.lock().unwrap().insert("a".to_owned());
    session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!((engine.inferences(), outside.sent().len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_decision_about_what_does_not_wait_is_an_error_and_changes_nothing() {
    let outside = Outside::default();
    let engine = ScriptedEngine::new([mail("a", "ann"), says("done")]);
    let session = outside.session(&engine, []);
    waiting(&session.submit("go").await.unwrap()).await;
    let before = session.latest();
    let error = session
        .answer([("x", Decision::Allow)])
        .submit()
        .await
        .unwrap_err();
    assert!(matches!(error, SessionError::NotWaiting { .. }), "{error}");
    let twice = [("a", Decision::Allow), ("a", Decision::reject("no"))];
    let error = session.answer(twice).submit().await.unwrap_err();
    assert!(
        matches!(error, SessionError::DecidedTwice { .. }),
        "{error}"
    );
    assert_eq!((session.latest(), session.waits().len()), (before, 1));

    let run = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    let none: [(&str, Decision); 0] = [];
    let error = session.answer(none).submit().await.unwrap_err();
    assert!(
        matches!(error, SessionError::NothingWaits { .. }),
        "{error}"
    );
    let error = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tool call `a` of session `s` has its answer already; a call is answered once"
    );
    assert_eq!(outside.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_prompt_answers_them_as_not_run_for_good() {
    let outside = Outside::default();
    let engine = ScriptedEngine::new([mail("a", "ann"), says("as you wish")]);
    let session = outside.session(&engine, []);
    waiting(&session.submit("go").await.unwrap()).await;
    let turn = session
        .submit("never mind")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let answer = format!("Error: {NOT_DECIDED}");
    assert_eq!(answers(&turn), pairs([("a", &answer)]));
    assert!(turn.blocks.iter().all(|block| !block.id.is_empty()));
    assert!(!turn.metadata.contains(&keys::WAITING_FOR));
    assert_eq!(session.waits(), []);
    let error = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap_err();
    assert!(
        matches!(error, SessionError::AlreadyAnswered { .. }),
        "{error}"
    );
    assert_eq!(outside.sent(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_record_without_its_call_runs_nothing() {
    let outside = Outside::default();
    let engine = ScriptedEngine::new([mail("a", "ann"), says("ok"), says("ok")]);
    let session = outside.session(&engine, []);
    waiting(&session.submit("go").await.unwrap()).await;
    outside.allowed.lock().unwrap().insert("a".to_owned());
    // A call without a record, and one after which the conversation continued.
    let mut unrecorded = outside.stored().0;
    unrecorded.metadata.remove(&keys::WAITING_FOR);
    let mut went_on = outside.stored().0;
    went_on.push(Block::user("never mind"));
    for turn in [unrecorded, went_on] {
        let session = outside.session(&engine, [turn]);
        assert_eq!(session.waits(), []);
        let turn = session
            .start_inference()
            .await
            .unwrap()
            .wait()
            .await
            .unwrap();
        assert!(!turn.metadata.contains(&keys::WAITING_FOR));
    }
    assert_eq!(outside.sent(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_did_not_start_waits_on_however_its_run_ends() {
    let mut outside = Outside::default();
    let first = outside.session(&ScriptedEngine::new([mail("a", "ann")]), []);
    waiting(&first.submit("go").await.unwrap()).await;
    let _ = outside.tool_events();
    let stored = outside.stored().0;

    outside.journal_fails = true;
    let session = outside.session(&ScriptedEngine::new([]), [stored.clone()]);
    let run = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    let error = run.wait().await.unwrap_err();
    assert!(!error.is_waiting());
    assert_eq!(
        (error.waits(), session.waits()),
        (first.waits(), first.waits())
    );

    outside.journal_fails = false;
    let session = outside.session(&ScriptedEngine::new([says("done")]), [stored]);
    let run = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.cancel();
    assert!(run.wait().await.unwrap_err().is_cancelled());
    assert_eq!(session.waits(), first.waits());
    let run = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "done");
    assert_eq!(outside.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_answer_and_effect_leaves_the_call_waiting_with_the_same_key() {
    let mut outside = Outside::default();
    let first = outside.session(&ScriptedEngine::new([mail("a", "ann")]), []);
    waiting(&first.submit("go").await.unwrap()).await;
    let stored = outside.stored().0;
    let gate = Gate::new();
    outside.gate = Some(gate.clone());
    // The process ends while the tool runs: nothing of that run is stored.
    let crashed = outside.session(&ScriptedEngine::new([]), [stored.clone()]);
    let run = crashed
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    gate.reached().await;
    let again = outside.session(&ScriptedEngine::new([says("done")]), [stored]);
    assert_eq!(again.waits().len(), 1);
    let next = again
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    gate.open();
    next.wait().await.unwrap();
    let _ = run.wait().await;
    let sent = outside.sent.lock().unwrap().clone();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]));
}

#[tokio::test(start_paused = true)]
async fn the_settings_of_the_run_that_asked_apply_to_the_answer() {
    let outside = Outside::default();
    let engine = ScriptedEngine::new([mail("a", "ann"), says("done")]);
    let session = outside.session(&engine, []);
    let run = session.prompt("go").model("small").submit().await.unwrap();
    waiting(&run).await;
    let run = session
        .answer([("a", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    let models = engine.turns();
    let models = models.iter().map(|turn| {
        let config = turn.data.get(&keys::INFERENCE_CONFIG).unwrap();
        config.and_then(|config| config.model)
    });
    assert_eq!(
        models.collect::<Vec<_>>(),
        [Some("small".into()), Some("small".into())]
    );
}

#[tokio::test(start_paused = true)]
async fn queued_prompts_wait_for_the_answer_and_then_run() {
    let gate = Gate::new();
    let outside = Outside::default();
    let first = Script::new().text("let me ").hold_at(&gate);
    let first = first.tool_call("a", "send", r#"{"to":"ann"}"#);
    let first = first.tool_call("b", "send", r#"{"to":"bob"}"#);
    let engine = ScriptedEngine::new([first, says("done"), says("next")]);
    let builder = Builder::new(engine)
        .tools(outside.tools())
        .tool_executor(Ask(outside.clone()));
    let session = Session::builder(builder)
        .busy_policy(BusyPolicy::Queue { max: 3 })
        .build();
    let run = session.submit("go").await.unwrap();
    gate.reached().await;
    let next = session.submit("thanks").await.unwrap();
    gate.open();
    waiting(&run).await;
    // It was submitted before the question, so it is not an answer.
    assert_eq!(session.queued().len(), 1);
    let why = session.queue_paused().unwrap().to_string();
    assert!(why.starts_with("the last run is waiting: `send`"), "{why}");

    let run = session.answer([("a", Decision::Allow)]);
    waiting(&run.submit().await.unwrap()).await;
    assert_eq!((session.queued().len(), session.waits().len()), (1, 1));
    let run = session.answer([("b", Decision::Allow)]);
    let turn = run.submit().await.unwrap().wait().await.unwrap();
    assert!(turn.assistant_text().ends_with("done"));
    let turn = next.wait().await.unwrap();
    assert_eq!(session.queue_paused(), None);
    assert!(turn.assistant_text().ends_with("next"));
    assert_eq!(answers(&turn), pairs([("a", "sent"), ("b", "sent")]));
}

#[tokio::test(start_paused = true)]
async fn a_sink_sees_why_the_run_stopped() {
    let outside = Outside::default();
    let session = outside.session(&ScriptedEngine::new([mail("a", "ann")]), []);
    let run = session.submit("go").await.unwrap();
    waiting(&run).await;
    let events = outside.events.lock().unwrap();
    let last = serde_json::to_value(events.last().unwrap()).unwrap();
    assert_eq!(
        (&last["type"], &last["reason"]),
        (
            &json!("run-stopped"),
            &json!("waiting: `send`: May I send {\"to\":\"ann\"}?")
        )
    );
}

/// While the answering run is active, it may be past the question.
#[tokio::test(start_paused = true)]
async fn nothing_waits_while_a_run_is_active() {
    let gate = Gate::new();
    let outside = Outside {
        gate: Some(gate.clone()),
        ..Outside::default()
    };
    let engine = ScriptedEngine::new([mail("a", "ann"), says("done")]);
    let session = outside.session(&engine, []);
    waiting(&session.submit("go").await.unwrap()).await;
    assert_eq!(session.waits().len(), 1);
    let run = session.answer([("a", Decision::Allow)]);
    let run = run.submit().await.unwrap();
    gate.reached().await;
    assert_eq!(session.waits(), []);
    gate.open();
    run.wait().await.unwrap();
}
