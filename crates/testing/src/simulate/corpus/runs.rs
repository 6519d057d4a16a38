//! Runs of all kinds.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, ErrorKind, Fallback, RetryConfig, RunContext, RunJournal, RunStatus, ToolConfig,
    ToolEffect, ToolErrorHandling, middleware::SystemPrompt,
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventKind, EventSink, sink_fn};
use geppetto_toolloop::StepController;
use geppetto_turns::Turn;
use tokio::time::sleep;

use crate::Script;

use super::{
    Case, Setup, SetupError, World,
    replies::{Said, Wire, breaking},
    tools, waiting,
};

/// Answer to every next prompt.
pub(super) const NEXT: &str = "and so it goes on";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for wire in Wire::ALL {
        let mut add = |name: &str, replies: Replies, change: Change| {
            cases.push(case(name, wire, replies, change));
        };
        add("text", |w| vec![Said::new().words(&mut w.rng())], plain);
        add("reasoning", reasoning, plain);
        add("one-call", one_call, with_tools);
        add("three-calls", three_calls, with_tools);
        add("system-prompt", one_call, with_system_prompt);
        add("failing-calls", failing_calls, with_tools);
        add("repeated-call", repeated_call, with_retries);
        add("aborting-call", aborting_call, with_abort);
        add("deaf-tool", deaf_tool, with_tools);
        add("pause", one_call, with_pauses);
        add("broken-reply", broken_reply, with_tools);
        add("hanging-reply", hanging_reply, with_deadline);
        add("slow-persister", one_call, with_slow_persister);
        add("deaf-journal", one_call, with_deaf_journal);
        add("slow-reader", one_call, with_tools);
        add("panicking-sink", one_call, with_panicking_sink);
        cases.push(waiting::asks(wire));
        cases.push(waiting::is_answered(wire));
    }
    for wire in Wire::REAL {
        cases.push(fallback(wire));
        cases.push(case("retry", wire, retry, with_tools));
        cases.push(long_loop(wire));
    }
    cases.push(case("deaf-engine", Wire::None, deaf_engine, with_deadline));
    cases.push(case(
        "open-call",
        Wire::Chat,
        |w| one_call(w).into_iter().take(1).collect(),
        plain,
    ));
    cases
}

pub(super) fn loops() -> Vec<Case> {
    Wire::REAL.map(long_loop).into()
}

type Replies = fn(&World) -> Vec<Said>;
type Change = fn(&World, Builder) -> Result<Builder, SetupError>;

fn case(name: &str, wire: Wire, replies: Replies, change: Change) -> Case {
    let full = format!("{}-{name}", wire.as_str());
    let name = name.to_owned();
    Case::new(full, move |world| {
        let next = vec![Said::new().text(NEXT)];
        let engine = wire.engine(world, replies(world), next)?;
        let builder = change(world, world.builder(engine))?;
        let setup = Setup::new(builder).next_text(NEXT);
        Ok(match name.as_str() {
            "slow-reader" => setup.slow_reader(),
            "open-call" => setup.leaves_calls_open(),
            _ => setup,
        })
    })
}

/// A tool loop whose first engine always fails, before or after output, and another one takes over.
fn fallback(wire: Wire) -> Case {
    Case::new(format!("{}-fallback", wire.as_str()), move |world| {
        let rng = &mut world.rng();
        // Its output is a prefix of the other one's, because a disturbed run may keep either.
        let mut fails = |text: &str| {
            let script = match rng.bool() {
                true => Script::new().text(text),
                false => Script::new(),
            };
            script.fail(ErrorKind::Overloaded, "busy")
        };
        let first = world.scripted([fails("let me"), fails("it is")], [fails("and so")]);
        let replies = vec![
            Said::new().text("let me look").call("call_1", "look", "{}"),
            Said::new().text("it is blue"),
        ];
        let second = wire.engine(world, replies, vec![Said::new().text(NEXT)])?;
        let engine = Fallback::new(first).or(second);
        let builder = with_tools(world, world.builder(engine))?;
        Ok(Setup::new(builder).next_text(NEXT))
    })
}

/// A tool loop of up to five rounds whose replies may break off.
fn long_loop(wire: Wire) -> Case {
    Case::new(format!("{}-loop", wire.as_str()), move |world| {
        let rng = &mut world.rng();
        let rounds = rng.usize(1..=5);
        let mut replies = Vec::new();
        for round in 1..rounds {
            let mut said = Said::new();
            if rng.bool() {
                said = said.reasoning(rng);
            }
            said = said.words(rng);
            for call in 0..rng.usize(1..=3) {
                let name = *rng.choice(&["look", "write", "listen"]).unwrap_or(&"look");
                said = said.call(&format!("call_{round}_{call}"), name, r#"{"n": 1}"#);
            }
            replies.push(said);
        }
        replies.push(Said::new().reasoning(rng).words(rng));
        let engine = breaking(wire, world, replies, Said::new().text(NEXT))?;
        let builder = with_tools(world, world.builder(engine))?;
        Ok(Setup::new(builder).next_text(NEXT))
    })
}

fn reasoning(world: &World) -> Vec<Said> {
    let rng = &mut world.rng();
    vec![Said::new().reasoning(rng).words(rng)]
}

fn one_call(world: &World) -> Vec<Said> {
    let rng = &mut world.rng();
    vec![
        Said::new().words(rng).call("call_1", "look", r#"{"n": 1}"#),
        Said::new().words(rng),
    ]
}

fn three_calls(world: &World) -> Vec<Said> {
    let rng = &mut world.rng();
    let mut names = ["look", "listen", "write", "stop"];
    rng.shuffle(&mut names);
    let mut said = Said::new().reasoning(rng);
    for (index, name) in names.into_iter().take(3).enumerate() {
        said = said.call(&format!("call_{index}"), name, r#"{"n": 2}"#);
    }
    vec![said, Said::new().words(rng)]
}

fn failing_calls(world: &World) -> Vec<Said> {
    let rng = &mut world.rng();
    let mut calls = [
        ("call_a", "fail", "{}"),
        ("call_b", "burst", "{}"),
        ("call_c", "nobody", "{}"),
        ("call_d", "look", r#"{"n": "#),
        ("call_e", "look", r#"{"n": "one"}"#),
    ];
    rng.shuffle(&mut calls);
    let mut said = Said::new();
    for (id, name, args) in calls.into_iter().take(3) {
        said = said.call(id, name, args);
    }
    vec![said, Said::new().words(rng)]
}

fn repeated_call(world: &World) -> Vec<Said> {
    let rng = &mut world.rng();
    let said = Said::new().call("call_1", "again", "{}");
    vec![said.call("call_2", "look", "{}"), Said::new().words(rng)]
}

fn aborting_call(world: &World) -> Vec<Said> {
    let said = Said::new().call("call_1", "look", "{}");
    let said = said.call("call_2", "fail", "{}");
    let last = Said::new().words(&mut world.rng());
    vec![said.call("call_3", "write", "{}"), last]
}

fn deaf_tool(world: &World) -> Vec<Said> {
    let said = Said::new().call("call_1", "deaf", "{}");
    let said = said
        .call("call_2", "look", "{}")
        .call("call_3", "write", "{}");
    vec![said, Said::new().words(&mut world.rng())]
}

fn retry(world: &World) -> Vec<Said> {
    let said = Said::new().words(&mut world.rng());
    vec![Said::overloaded(), Said::overloaded(), said]
}

fn broken_reply(world: &World) -> Vec<Said> {
    let rng = &mut world.rng();
    let first = Said::new().words(rng).call("call_1", "look", "{}");
    let last = Said::new().reasoning(rng).words(rng);
    vec![
        first.clone().reset(rng.usize(1..5)),
        first,
        last.clone().reset(rng.usize(1..5)),
        last.clone().reset(rng.usize(1..5)),
        last,
    ]
}

fn hanging_reply(world: &World) -> Vec<Said> {
    let rng = &mut world.rng();
    vec![Said::new().words(rng).words(rng).hangs(rng.usize(1..5))]
}

fn deaf_engine(world: &World) -> Vec<Said> {
    vec![Said::new().words(&mut world.rng()).deaf()]
}

fn plain(_: &World, builder: Builder) -> Result<Builder, SetupError> {
    Ok(builder)
}

fn with_tools(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    Ok(builder.tools(tools::all(world)?))
}

fn with_system_prompt(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    let builder = builder.middleware(SystemPrompt::new("You are brief."));
    with_tools(world, builder)
}

fn with_retries(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Retry;
    config.retry_config = RetryConfig::default();
    config.retry_config.max_retries = 3;
    Ok(with_tools(world, builder)?.tool_config(config))
}

fn with_abort(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Abort;
    Ok(with_tools(world, builder)?.tool_config(config))
}

fn with_deadline(_: &World, builder: Builder) -> Result<Builder, SetupError> {
    Ok(builder.max_duration(Duration::from_secs(7)))
}

fn with_panicking_sink(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    // Like a panic, but without the report that the process's hook would print.
    let sink = sink_fn(|_| std::panic::resume_unwind(Box::new("a sink that cannot do it")));
    Ok(with_tools(world, builder)?.event_sink(Arc::new(sink)))
}

/// A slow journal that ignores cancellation: only the session can continue.
fn with_deaf_journal(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    Ok(with_tools(world, builder)?.journal(Arc::new(DeafJournal)))
}

struct DeafJournal;

#[async_trait]
impl RunJournal for DeafJournal {
    async fn before_provider_call(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    async fn before_tool(&self, _: &RunContext, _: &ToolEffect<'_>) -> Result<(), EngineError> {
        sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    async fn run_ended(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), EngineError> {
        sleep(Duration::from_secs(2)).await;
        Ok(())
    }
}

fn with_slow_persister(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    let persister = world.persister(Duration::from_millis(300));
    Ok(with_tools(world, builder)?.persister(Arc::new(persister)))
}

/// Pauses that end after a while.
fn with_pauses(world: &World, builder: Builder) -> Result<Builder, SetupError> {
    // Events contain the time of the clock.
    let control = StepController::new().with_clock(|| SystemTime::UNIX_EPOCH);
    control.enable("simulated");
    let sink = EndsPauses {
        control: control.clone(),
        after: world.delay(Duration::from_millis(500)),
    };
    let builder = builder.step_control(control).event_sink(Arc::new(sink));
    with_tools(world, builder)
}

struct EndsPauses {
    control: StepController,
    after: Duration,
}

impl EventSink for EndsPauses {
    fn publish(&self, event: &Event) {
        if let EventKind::DebuggerPause(pause) = &event.kind {
            let (control, after) = (self.control.clone(), self.after);
            let id = pause.pause_id.clone();
            tokio::spawn(async move {
                sleep(after).await;
                control.continue_run(&id);
            });
        }
    }
}
