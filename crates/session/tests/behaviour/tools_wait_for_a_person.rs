//! A tool that has started can make its call wait for a person. It stores the data that it needs,
//! and is called again with the decision, possibly in another process. A person can also provide
//! the result of a call.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_engine::{
    Decision, EngineError, ErrorKind, PendingCall, RunContext, RunJournal, RunStatus, ToolEffect,
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventSink, Grammar, MemorySink};
use geppetto_session::{RunError, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{
    FnTool, Rejection, Tool, ToolContext, ToolError, ToolExecutor, ToolRegistry, raw_tool_fn,
};
use geppetto_turns::{ToolCall, ToolUse, Turn};
use serde_json::{Value, json};

/// Effects outside of the process, in order.
#[derive(Clone, Default)]
struct World(Arc<Mutex<Vec<String>>>);

impl World {
    fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Prepares an order, asks a person, and places it.
fn order(world: &World) -> FnTool {
    let world = world.clone();
    let schema = json!({"type": "object", "properties": {"what": {"type": "string"}}});
    raw_tool_fn(
        "order",
        "Orders",
        schema,
        move |args: Value, ctx: ToolContext| {
            let world = world.clone();
            async move {
                let what = args["what"].as_str().unwrap_or("nothing").to_owned();
                let Some(resumed) = &ctx.resumed else {
                    world.add(format!("draft of {what}"));
                    let question = format!("Order {what} for 20 CHF?");
                    return Err(ToolError::wait(question).with_data(json!({"draft": 7})));
                };
                match &resumed.decision {
                    Some(_) => {
                        world.add(format!(
                            "ordered {what}, draft {}",
                            resumed.pending.data["draft"]
                        ));
                        Ok(format!("ordered {what}"))
                    }
                    None => {
                        Err(ToolError::wait("Still: order it?")
                            .with_data(resumed.pending.data.clone()))
                    }
                }
            }
        },
    )
}

fn look(world: &World) -> FnTool {
    let world = world.clone();
    raw_tool_fn(
        "look",
        "Looks",
        json!({"type": "object"}),
        move |_: Value| {
            let world = world.clone();
            async move {
                world.add("looked");
                "nothing new"
            }
        },
    )
}

struct Shop {
    world: World,
    engine: ScriptedEngine,
    events: Arc<MemorySink>,
}

impl Shop {
    fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self {
            world: World::default(),
            engine: ScriptedEngine::new(scripts),
            events: Arc::new(MemorySink::new()),
        }
    }

    fn builder(&self) -> Builder {
        let tools = ToolRegistry::new().with(order(&self.world)).unwrap();
        let tools = tools.with(look(&self.world)).unwrap();
        Builder::new(self.engine.clone())
            .tools(tools)
            .event_sink(Arc::clone(&self.events) as Arc<dyn EventSink>)
    }

    /// A session in another process, which has read the turn from its store.
    fn session(&self, stored: &str) -> Session {
        let history = [Turn::from_json(stored).unwrap()];
        Session::builder(self.builder())
            .id("shop")
            .history(history)
            .build()
    }

    async fn stopped(&self, builder: Builder) -> RunError {
        let session = Session::builder(builder).id("shop").build();
        let run = session.submit("Order milk").await.unwrap();
        run.wait().await.unwrap_err()
    }

    /// Returns the types of a call's events, and checks their order.
    fn types(&self, call_id: &str) -> Vec<String> {
        let mut grammar = Grammar::new();
        let events: Vec<Event> = self.events.events();
        for event in &events {
            let mut event = event.clone();
            event.seq = 0; // Each process numbers its own.
            grammar.accept(&event).unwrap();
        }
        let own = |event: &&Event| event.correlation.tool_call_id.as_deref() == Some(call_id);
        events
            .iter()
            .filter(own)
            .map(|event| event.type_name().to_owned())
            .collect()
    }
}

fn orders_milk() -> Script {
    Script::new().tool_call("call_1", "order", r#"{"what":"milk"}"#)
}

#[tokio::test]
async fn it_is_called_again_with_the_decision_and_what_it_kept() {
    let script = orders_milk().tool_call("call_2", "look", "{}");
    let shop = Shop::new([script, Script::new().text("Done.")]);
    let stopped = shop.stopped(shop.builder()).await;
    assert!(stopped.is_waiting(), "{stopped}");
    let waits = stopped.waits();
    assert_eq!(
        (waits.len(), &*waits[0].question),
        (1, "Order milk for 20 CHF?")
    );
    assert!(stopped.turn().tool_answer("call_2").is_some());

    let session = shop.session(&stopped.turn().to_json().unwrap());
    // Called again without a decision, it keeps waiting.
    let asked = session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(asked.waits()[0].question, "Still: order it?");

    let session = shop.session(&asked.turn().to_json().unwrap());
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.tool_answer("call_1").unwrap().output(), "ordered milk");
    assert_eq!(turn.assistant_text(), "Done.");
    let mut world = shop.world.all();
    world.sort();
    assert_eq!(world, ["draft of milk", "looked", "ordered milk, draft 7"]);
    assert!(session.waits().is_empty());
    assert_eq!(
        shop.types("call_1")[3..],
        [
            "tool-execution-started",
            "tool-call-waiting",
            "tool-call-resumed",
            "tool-execution-started",
            "tool-call-waiting",
            "tool-call-resumed",
            "tool-execution-started",
            "tool-result-ready",
            "tool-call-finished",
        ]
    );
}

#[tokio::test]
async fn a_decision_about_one_does_not_call_the_other_again() {
    let starts = World::default();
    let seen = starts.clone();
    let render = raw_tool_fn(
        "render",
        "Renders",
        json!({"type": "object"}),
        move |_: Value, ctx: ToolContext| {
            seen.add(ctx.call_id.clone());
            async move { Err::<String, _>(ToolError::wait("a job renders")) }
        },
    );
    let engine = ScriptedEngine::new([
        Script::new()
            .tool_call("call_1", "render", "{}")
            .tool_call("call_2", "render", "{}"),
        Script::new().text("Both are rendered."),
    ]);
    let tools = ToolRegistry::new().with(render).unwrap();
    let session = Session::new(Builder::new(engine.clone()).tools(tools));
    session
        .submit("Render")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();

    let first = [("call_1", Decision::answer("1.png"))];
    let error = session
        .answer(first)
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    let waits = error.waits();
    assert_eq!((waits.len(), &*waits[0].call_id), (1, "call_2"));
    assert_eq!(engine.inferences(), 1);
    let second = [("call_2", Decision::answer("2.png"))];
    let turn = session
        .answer(second)
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(turn.assistant_text(), "Both are rendered.");
    let mut starts = starts.all();
    starts.sort();
    assert_eq!(starts, ["call_1", "call_2"]);
}

#[tokio::test]
async fn its_key_is_the_same_each_time_and_a_rejection_reaches_the_model() {
    let keys = World::default();
    let seen = keys.clone();
    let asks = raw_tool_fn(
        "ask",
        "Asks",
        json!({"type": "object"}),
        move |_: Value, ctx: ToolContext| {
            seen.add(ctx.idempotency_key.clone());
            async move { Err::<String, _>(ToolError::wait("Really?")) }
        },
    );
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_1", "ask", "{}"),
        Script::new().text("Then not."),
    ]);
    let tools = ToolRegistry::new().with(asks).unwrap();
    let session = Session::new(Builder::new(engine.clone()).tools(tools));
    session
        .submit("Go")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    // A tool can ask a second question.
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    assert!(run.wait().await.unwrap_err().is_waiting());
    let keys = keys.all();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));

    let rejected = [("call_1", Decision::reject("too dear"))];
    let turn = session
        .answer(rejected)
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let answer = turn.tool_answer("call_1").unwrap();
    assert!(answer.is_error() && answer.output().contains("too dear"));
}

/// Asks before each call.
struct AskFirst;

#[async_trait]
impl ToolExecutor for AskFirst {
    async fn is_allowed(
        &self,
        _: &RunContext,
        _: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        Err(Rejection::wait("May it run?"))
    }
}

#[tokio::test]
async fn what_it_kept_outlives_a_question_of_a_hook() {
    let shop = Shop::new([orders_milk(), Script::new().text("Done.")]);
    let stopped = shop.stopped(shop.builder()).await;
    let history = [stopped.turn().clone()];
    let builder = shop.builder().tool_executor(AskFirst);
    let session = Session::builder(builder)
        .id("shop")
        .history(history)
        .build();
    let asked = session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(asked.waits()[0].question, "May it run?");
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    assert_eq!(shop.world.all(), ["draft of milk", "ordered milk, draft 7"]);
}

#[tokio::test]
async fn a_run_that_is_cancelled_leaves_no_question() {
    let gate = Gate::new();
    let at = gate.clone();
    let slow = raw_tool_fn(
        "slow",
        "Waits",
        json!({"type": "object"}),
        move |_: Value| {
            let at = at.clone();
            async move {
                at.pass().await;
                "done"
            }
        },
    );
    let shop = Shop::new([
        orders_milk().tool_call("call_2", "slow", "{}"),
        Script::new().text("Done."),
    ]);
    let tools = ToolRegistry::new().with(order(&shop.world)).unwrap();
    let builder = shop.builder().tools(tools.with(slow).unwrap());
    let session = Session::new(builder);
    let run = session.submit("Order milk").await.unwrap();
    gate.reached().await;
    run.cancel();
    let error = run.wait().await.unwrap_err();
    assert_eq!(error.status(), &RunStatus::Cancelled);
    assert!(session.waits().is_empty());
    let answer = error.turn().tool_answer("call_1").unwrap().output();
    assert!(answer.contains("cancelled"), "{answer}");
    shop.types("call_1");
}

#[tokio::test]
async fn a_person_gives_the_result_of_a_call() {
    let shop = Shop::new([orders_milk(), Script::new().text("I see.")]);
    let stopped = shop.stopped(shop.builder().tool_executor(AskFirst)).await;
    let session = shop.session(&stopped.turn().to_json().unwrap());
    let given = [("call_1", Decision::answer("there is milk in the fridge"))];
    let turn = session
        .answer(given)
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let answer = turn.tool_answer("call_1").unwrap();
    assert!(!answer.is_error());
    assert_eq!(answer.output(), "there is milk in the fridge");
    assert_eq!(turn.assistant_text(), "I see.");
    assert!(shop.world.all().is_empty());
    assert_eq!(shop.types("call_1").last().unwrap(), "tool-call-finished");
}

/// A nested agent: when its run waits, the call waits as well.
fn agent(world: &World, engine: &ScriptedEngine) -> FnTool {
    let (world, engine) = (world.clone(), engine.clone());
    raw_tool_fn(
        "agent",
        "Asks an agent",
        json!({"type": "object"}),
        move |_: Value, ctx: ToolContext| {
            let tools = ToolRegistry::new().with(order(&world)).unwrap();
            let builder = Builder::new(engine.clone()).tools(tools);
            async move {
                let inner = Session::builder(builder)
                    .id(&*ctx.idempotency_key)
                    .parent(&ctx.run);
                let run = match ctx.resumed {
                    None => inner.build().submit("Order milk").await?,
                    Some(resumed) => {
                        let turn: Turn = serde_json::from_value(resumed.pending.data)?;
                        let inner = inner.history([turn]).build();
                        let waits = inner.waits();
                        let decided = waits
                            .iter()
                            .filter_map(|own| Some((&*own.call_id, resumed.decision.clone()?)));
                        inner.answer(decided).submit().await?
                    }
                };
                match run.wait().await {
                    Ok(turn) => Ok(turn.assistant_text()),
                    Err(error) if error.is_waiting() => {
                        let question = error.waits()[0].question.clone();
                        Err(ToolError::wait(question)
                            .with_data(serde_json::to_value(error.turn())?))
                    }
                    Err(error) => Err(error.into()),
                }
            }
        },
    )
}

#[tokio::test]
async fn an_agent_inside_of_a_tool_waits_and_goes_on_with_the_outer_call() {
    let world = World::default();
    let inner = ScriptedEngine::new([
        orders_milk(),
        Script::new().text("The milk comes.").usage(5, 5),
    ]);
    let outer = ScriptedEngine::new([
        Script::new().tool_call("call_1", "agent", "{}").usage(1, 1),
        Script::new().text("It is on its way.").usage(1, 1),
    ]);
    let builder = || {
        let tools = ToolRegistry::new().with(agent(&world, &inner)).unwrap();
        Builder::new(outer.clone()).tools(tools)
    };
    let session = Session::builder(builder()).id("outer").build();
    let stopped = session
        .submit("Get milk")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(stopped.waits()[0].question, "Order milk for 20 CHF?");

    let history = [Turn::from_yaml(&stopped.turn().to_yaml().unwrap()).unwrap()];
    let session = Session::builder(builder())
        .id("outer")
        .history(history)
        .build();
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(
        turn.tool_answer("call_1").unwrap().output(),
        "The milk comes."
    );
    assert_eq!(turn.assistant_text(), "It is on its way.");
    assert_eq!(world.all(), ["draft of milk", "ordered milk, draft 7"]);
    assert_eq!(run.outcome().await.usage.total_tokens(), 12);
    assert_eq!(inner.inferences(), 2);
}

#[tokio::test]
async fn a_session_without_tools_keeps_the_calls_and_says_so() {
    let shop = Shop::new([
        orders_milk(),
        Script::new().text("Never asked."),
        Script::new().text("ok"),
    ]);
    let stopped = shop.stopped(shop.builder()).await;
    let history = [stopped.turn().clone()];
    let plain = Builder::new(shop.engine.clone());
    let session = Session::builder(plain).id("shop").history(history).build();
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(
        error.engine_error().unwrap().kind(),
        ErrorKind::Configuration
    );
    assert!(error.to_string().contains("`order`"), "{error}");
    assert_eq!((session.waits().len(), shop.engine.inferences()), (1, 1));

    session.set_builder(shop.builder());
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    assert_eq!(shop.world.all(), ["draft of milk", "ordered milk, draft 7"]);
}

#[async_trait]
impl RunJournal for World {
    async fn before_tool(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        self.add(format!("before {}", effect.call.name));
        Ok(())
    }

    async fn tool_waits(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
        waiting: &PendingCall,
    ) -> Result<(), EngineError> {
        self.add(format!("{} waits: {}", effect.call.name, waiting.question));
        Ok(())
    }

    async fn after_tool(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
        _: &ToolUse,
    ) -> Result<(), EngineError> {
        self.add(format!("after {}", effect.call.name));
        Ok(())
    }
}

#[tokio::test]
async fn the_journal_knows_that_the_effect_is_not_in_doubt() {
    let shop = Shop::new([orders_milk(), Script::new().text("Done.")]);
    let journal = World::default();
    let builder = || shop.builder().journal(journal.clone());
    let stopped = shop.stopped(builder()).await;
    let history = [stopped.turn().clone()];
    let session = Session::builder(builder())
        .id("shop")
        .history(history)
        .build();
    let run = session
        .answer([("call_1", Decision::Allow)])
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap();
    assert_eq!(
        journal.all(),
        [
            "before order",
            "order waits: Order milk for 20 CHF?",
            "before order",
            "after order"
        ]
    );
}
