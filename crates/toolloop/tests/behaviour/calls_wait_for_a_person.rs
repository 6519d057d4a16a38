use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_engine::{
    Decision, ErrorKind, InferenceRunner, Limit, PendingCall, RunContext, RunStop, ToolChoice,
    ToolConfig, ToolErrorHandling, keys,
};
use geppetto_toolloop::{MASK, Rejection, Tool, ToolContext, ToolExecutor, ToolLoop, raw_tool_fn};
use geppetto_turns::{Args, Block, ToolCall, Turn};
use serde_json::{Value, json};

use crate::support::*;

/// Results of the hooks, and the calls they received.
#[derive(Clone, Default)]
struct Hooks {
    /// Calls that wait in `pre_execute` and in `is_allowed`.
    wait: (Vec<&'static str>, Vec<&'static str>),
    forbidden: Vec<&'static str>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hooks {
    fn waiting(ids: &[&'static str]) -> Self {
        Self {
            wait: (Vec::new(), ids.to_vec()),
            ..Self::default()
        }
    }

    fn note(&self, ctx: &RunContext, hook: &str, call: &ToolCall) {
        let decided = ctx.extension::<Decision>().is_some();
        let line = format!("{hook} {} {} {decided}", call.id, call.args.as_str());
        self.asked.lock().unwrap().push(line);
    }
}

#[async_trait]
impl ToolExecutor for Hooks {
    async fn pre_execute(&self, ctx: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        self.note(ctx, "pre", call);
        match self.wait.0.contains(&&*call.id) {
            true => Err(Rejection::wait("Really?")),
            false => Ok(call.args.clone()),
        }
    }

    async fn is_allowed(
        &self,
        ctx: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        self.note(ctx, "allow", call);
        if self.forbidden.contains(&&*call.id) {
            return Err(Rejection::new("locked"));
        }
        match self.wait.1.contains(&&*call.id) {
            true => Err(Rejection::wait(format!("Do {}?", call.args.as_str()))),
            false => Ok(()),
        }
    }
}

fn looped(script: Arc<Script>, hooks: &Hooks, config: ToolConfig) -> ToolLoop {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"},
        "pin": {"type": "string"}}});
    let act = raw_tool_fn(
        "act",
        "",
        schema,
        |args: Value| async move { args.to_string() },
    );
    let fail = raw_tool_fn("fail", "", any(), |_: Value| async {
        Err::<(), _>("broken")
    });
    let tools = registry(vec![Box::new(act.secret_args(["pin"])), Box::new(fail)]);
    ToolLoop::new(script, tools)
        .with_config(config)
        .with_executor(hooks.clone())
}

async fn go(
    tool_loop: &ToolLoop,
    turn: &mut Turn,
    decisions: &[(&str, Decision)],
) -> Result<RunStop, String> {
    let (ctx, sink) = context();
    let decisions = decisions
        .iter()
        .map(|(id, own)| ((*id).to_owned(), own.clone()));
    let outcome = tool_loop.run(&ctx.with_decisions(decisions), turn).await;
    let mut grammar = geppetto_events::Grammar::fragment();
    for event in sink.events() {
        grammar.accept(&event).unwrap();
    }
    outcome
        .map(|report| report.stop)
        .map_err(|error| error.to_string())
}

fn ids(turn: &Turn) -> Vec<String> {
    let waits = PendingCall::of(turn);
    waits.into_iter().map(|own| own.call_id).collect()
}

#[tokio::test(start_paused = true)]
async fn hooks_are_asked_again_and_told_what_was_decided() {
    let hooks = Hooks {
        wait: (vec!["a"], vec!["a", "b"]),
        ..Hooks::default()
    };
    let calls = vec![
        Do::Call("a", "act", r#"{"n":1}"#),
        Do::Call("b", "act", r#"{"n":2}"#),
    ];
    let script = Script::new([calls, vec![Do::Say("ok")]]);
    let tool_loop = looped(script, &hooks, ToolConfig::default());
    let mut turn = prompt();
    let RunStop::Waiting(waits) = go(&tool_loop, &mut turn, &[]).await.unwrap() else {
        panic!("it does not wait");
    };
    assert_eq!(waits.calls, PendingCall::of(&turn));
    let questions: Vec<&str> = waits
        .calls
        .iter()
        .map(|own| own.question.as_str())
        .collect();
    assert_eq!(questions, ["Really?", r#"Do {"n":2}?"#]);
    hooks.asked.lock().unwrap().clear();

    let other = Decision::allow_with(json!({"n": 3}));
    let stop = go(&tool_loop, &mut turn, &[("a", other)]).await.unwrap();
    assert!(matches!(stop, RunStop::Waiting(_)));
    assert_eq!(ids(&turn), ["b"]);
    assert_eq!(
        *hooks.asked.lock().unwrap(),
        [
            r#"pre a {"n":3} true"#,
            r#"allow a {"n":3} true"#,
            r#"pre b {"n":2} false"#,
            r#"allow b {"n":2} false"#,
        ]
    );
    let stop = go(&tool_loop, &mut turn, &[("b", Decision::Allow)])
        .await
        .unwrap();
    assert_eq!((stop, ids(&turn).len()), (RunStop::Finished, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_rejects_counts_more_than_a_person_who_allows() {
    let mut hooks = Hooks::waiting(&["a"]);
    let replies = [vec![Do::Call("a", "act", "{}")], vec![Do::Say("ok")]];
    let script = Script::new(replies);
    let mut turn = prompt();
    go(
        &looped(Arc::clone(&script), &hooks, ToolConfig::default()),
        &mut turn,
        &[],
    )
    .await
    .unwrap();
    hooks.forbidden = vec!["a"];
    let tool_loop = looped(script, &hooks, ToolConfig::default());
    go(&tool_loop, &mut turn, &[("a", Decision::Allow)])
        .await
        .unwrap();
    assert_eq!(
        answers(&turn),
        pairs(&[("a", "Error: not allowed: locked")])
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_a_call_that_cannot_run() {
    let hooks = Hooks {
        wait: (vec!["a", "b", "c"], vec![]),
        ..Hooks::default()
    };
    let calls = vec![
        Do::Call("a", "nothing", "{}"),
        Do::Call("b", "act", r#"{"n":"x"}"#),
        Do::Call("c", "act", "{"),
    ];
    let script = Script::new([calls, vec![Do::Say("ok")]]);
    let done = run(&looped(script, &hooks, ToolConfig::default())).await;
    assert_eq!(done.outcome.as_ref().unwrap().stop, RunStop::Finished);
    assert!(
        done.answers()
            .iter()
            .all(|(_, text)| text.starts_with("Error: "))
    );
    assert_eq!(done.answers().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn secrets_show_neither_in_the_question_nor_in_the_record() {
    let hooks = Hooks::waiting(&["a"]);
    let script = Script::new([vec![Do::Call("a", "act", r#"{"pin":"1234567"}"#)]]);
    let tool_loop = looped(script, &hooks, ToolConfig::default());
    let (ctx, sink) = context();
    let mut turn = prompt();
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    let waits = PendingCall::of(&turn);
    assert_eq!(waits[0].input, format!(r#"{{"pin":"{MASK}"}}"#));
    assert_eq!(waits[0].question, format!(r#"Do {{"pin":"{MASK}"}}?"#));
    let events = sink.events();
    assert!(!serde_json::to_string(&events).unwrap().contains("1234567"));
}

#[tokio::test(start_paused = true)]
async fn where_the_run_ends_otherwise_a_call_that_would_wait_is_answered() {
    let failing = vec![Do::Call("a", "act", "{}"), Do::Call("b", "fail", "{}")];
    let mut abort = ToolConfig::default();
    abort.tool_error_handling = ToolErrorHandling::Abort;
    let hooks = Hooks::waiting(&["a"]);
    let done = run(&looped(Script::new([failing]), &hooks, abort)).await;
    assert_eq!(done.outcome.as_ref().unwrap_err().kind(), ErrorKind::Tool);
    let not_run = "Error: not run: another tool call ended the run";
    assert_eq!(
        done.answers(),
        pairs(&[("a", not_run), ("b", "Error: broken")])
    );

    let two = vec![Do::Call("a", "act", "{}"), Do::Call("b", "act", "{}")];
    let mut limited = ToolConfig::default();
    limited.max_tool_calls = Some(1);
    let done = run(&looped(Script::new([two]), &hooks, limited)).await;
    let stop = &done.outcome.as_ref().unwrap().stop;
    assert_eq!(*stop, RunStop::LimitReached(Limit::ToolCalls(1)));
    let texts: Vec<String> = done.answers().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["Error: not run: limit reached: 1 tool calls"; 2]);
    assert!(!done.turn.metadata.contains(&keys::WAITING_FOR));
}

/// Fails after the tools have run.
struct FailsAfterTools;

impl geppetto_engine::SnapshotHook for FailsAfterTools {
    fn snapshot(&self, _: &RunContext, _: &Turn, phase: geppetto_engine::Phase) {
        assert!(phase != geppetto_engine::Phase::PostTools, "no room");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_on_if_a_hook_fails_after_the_question() {
    let calls = vec![Do::Call("a", "act", "{}"), Do::Call("b", "act", "{}")];
    let hooks = Hooks::waiting(&["a"]);
    let tool_loop = looped(Script::new([calls]), &hooks, ToolConfig::default());
    let ctx = context().0.with_snapshot_hook(Arc::new(FailsAfterTools));
    let mut turn = prompt();
    assert!(tool_loop.run(&ctx, &mut turn).await.is_err());
    let ids: Vec<String> = answers(&turn).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["b"]);
    assert!(turn.metadata.contains(&keys::WAITING_FOR));
}

#[tokio::test(start_paused = true)]
async fn a_forced_call_is_not_forced_again_after_the_answer() {
    let hooks = Hooks::waiting(&["a"]);
    let mut forced = ToolConfig::default();
    forced.tool_choice = ToolChoice::Required;
    let script = Script::new([vec![Do::Call("a", "act", "{}")], vec![Do::Say("ok")]]);
    let tool_loop = looped(Arc::clone(&script), &hooks, forced);
    let mut turn = prompt();
    go(&tool_loop, &mut turn, &[]).await.unwrap();
    go(&tool_loop, &mut turn, &[("a", Decision::Allow)])
        .await
        .unwrap();
    let choices: Vec<ToolChoice> = script
        .asked()
        .iter()
        .map(|turn| {
            turn.data
                .get(&keys::TOOL_CONFIG)
                .unwrap()
                .unwrap()
                .tool_choice
        })
        .collect();
    assert_eq!(choices, [ToolChoice::Required, ToolChoice::Auto]);
}

#[tokio::test(start_paused = true)]
async fn a_decision_holds_for_the_call_that_waited_and_no_later_one_with_its_id() {
    let hooks = Hooks::waiting(&["a"]);
    let again = vec![Do::Call("a", "act", r#"{"n":2}"#)];
    let script = Script::new([vec![Do::Call("a", "act", r#"{"n":1}"#)], again]);
    let tool_loop = looped(script, &hooks, ToolConfig::default());
    let mut turn = prompt();
    go(&tool_loop, &mut turn, &[]).await.unwrap();
    let stop = go(&tool_loop, &mut turn, &[("a", Decision::Allow)])
        .await
        .unwrap();
    let RunStop::Waiting(waits) = stop else {
        panic!("the second call ran");
    };
    assert_eq!(waits.calls[0].question, r#"Do {"n":2}?"#);
    assert_eq!(answers(&turn), pairs(&[("a", r#"{"n":1}"#)]));
    go(&tool_loop, &mut turn, &[("a", Decision::reject("no"))])
        .await
        .unwrap_err();
    assert_eq!(
        answers(&turn)[1],
        ("a".into(), "Error: rejected: no".into())
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_a_person_is_the_result_and_no_hook_is_asked() {
    let hooks = Hooks::waiting(&["a"]);
    let script = Script::new([vec![Do::Call("a", "act", "{}")], vec![Do::Say("ok")]]);
    let tool_loop = looped(script, &hooks, ToolConfig::default());
    let mut turn = prompt();
    go(&tool_loop, &mut turn, &[]).await.unwrap();
    hooks.asked.lock().unwrap().clear();
    let answer = Decision::answer("blue");
    go(&tool_loop, &mut turn, &[("a", answer)]).await.unwrap();
    assert_eq!(answers(&turn), pairs(&[("a", "blue")]));
    assert_eq!(*hooks.asked.lock().unwrap(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn later_calls_with_the_id_of_earlier_ones_run_with_their_own_arguments_and_key() {
    let keys: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&keys);
    let act = raw_tool_fn("act", "", any(), move |args: Value, ctx: ToolContext| {
        noted.lock().unwrap().push(ctx.idempotency_key);
        async move { args.to_string() }
    });
    let call = |args| vec![Do::Call("a", "act", args)];
    let replies = [call(r#"{"n":1}"#), call(r#"{"n":2}"#), vec![Do::Say("ok")]];
    let tool_loop = ToolLoop::new(Script::new(replies), registry(vec![Box::new(act)]))
        .with_executor(Hooks::waiting(&["a"]));
    // A call of an earlier program has the id too.
    let mut turn = Turn::builder().user("go").build();
    turn.push(Block::tool_call(ToolCall::new("a", "act", r#"{"n":0}"#)));
    turn.push(Block::user("never mind"));
    for decisions in [
        &[][..],
        &[("a", Decision::Allow)],
        &[("a", Decision::Allow)],
    ] {
        go(&tool_loop, &mut turn, decisions).await.unwrap();
    }
    let expected = [("a", r#"{"n":1}"#), ("a", r#"{"n":2}"#)];
    assert_eq!(answers(&turn), pairs(&expected));
    let keys = keys.lock().unwrap();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

/// Runs two calls that a person has allowed, one that ends the run and one that takes its time.
async fn ended_by_the_other(parallel: u32) -> (Turn, Vec<String>) {
    let diary = Diary::default();
    let fail = raw_tool_fn("fail", "", any(), |_: Value| async {
        tokio::time::sleep(ms(5)).await;
        Err::<(), _>("broken")
    });
    let tools = registry(vec![Box::new(fail), Box::new(slow(&diary, "slow", 60_000))]);
    let calls = vec![Do::Call("a", "fail", "{}"), Do::Call("b", "slow", "{}")];
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Abort;
    config.max_parallel_tools = parallel;
    let tool_loop = ToolLoop::new(Script::new([calls]), tools)
        .with_config(config)
        .with_executor(Hooks::waiting(&["a", "b"]));
    let mut turn = prompt();
    go(&tool_loop, &mut turn, &[]).await.unwrap();
    let both = [("a", Decision::Allow), ("b", Decision::Allow)];
    go(&tool_loop, &mut turn, &both).await.unwrap_err();
    (turn, diary.lines())
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_not_started_when_its_run_ends_waits_on() {
    let (turn, ran) = ended_by_the_other(1).await;
    assert_eq!((ids(&turn), ran), (vec!["b".to_owned()], vec![]));
    assert_eq!(answers(&turn).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_started_when_its_run_ends_is_answered() {
    let (turn, ran) = ended_by_the_other(2).await;
    assert_eq!((ids(&turn), ran.len()), (vec![], 2));
    assert_eq!(answers(&turn).len(), 2);
}
