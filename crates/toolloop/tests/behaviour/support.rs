//! An engine that follows a script, and a harness that runs it and checks the invariants of every
//! run.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, ErrorKind, Finish, InferenceRunner, ResponseWriter, RunContext, RunReport,
    SeededIds,
};
use geppetto_events::{Event, EventKind, EventSink, EventStream, Grammar, MemorySink};
use geppetto_toolloop::{Tool, ToolContext, ToolError, ToolLoop, ToolRegistry, raw_tool_fn};
use geppetto_turns::{Content, FinishClass, InferenceResult, ToolUse, Turn, Usage, repair};
use serde_json::{Value, json};
use tokio::time::sleep;

/// A step of the scripted engine.
#[derive(Debug, Clone)]
pub(crate) enum Do {
    Say(&'static str),
    Think(&'static str),
    /// Id, tool, arguments.
    Call(&'static str, &'static str, &'static str),
    Wait(Duration),
    /// Breaks off with an error of this kind.
    Break(ErrorKind),
    /// Breaks off inside a tool call.
    BreakInCall(ErrorKind),
    /// Ends the reply with this finish class.
    Finish(FinishClass),
    /// Hangs until it is dropped, ignoring cancellation.
    Hang,
    Panic,
}

/// Follows a script: one list of steps for each provider call.
pub(crate) struct Script {
    replies: Mutex<VecDeque<Vec<Do>>>,
    asked: Mutex<Vec<Turn>>,
}

impl Script {
    pub(crate) fn new(replies: impl IntoIterator<Item = Vec<Do>>) -> Arc<Self> {
        Arc::new(Self {
            replies: Mutex::new(replies.into_iter().collect()),
            asked: Mutex::default(),
        })
    }

    /// Returns the turns that the engine received.
    pub(crate) fn asked(&self) -> Vec<Turn> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Engine for Script {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        self.asked.lock().unwrap().push(turn.clone());
        let steps = self.replies.lock().unwrap().pop_front();
        let steps = steps.unwrap_or_else(|| panic!("asked more often than the script says"));
        let mut reply = ResponseWriter::start(ctx, turn, "script", "script-1");
        let mut class = None;
        for step in steps {
            match step {
                Do::Finish(other) => class = Some(other),
                Do::Say(text) => {
                    let id = reply.open_text();
                    for piece in text.split_inclusive(' ') {
                        reply.push(id, piece);
                        tokio::task::yield_now().await;
                    }
                    reply.close(id, None);
                }
                Do::Think(text) => {
                    let id = reply.open_reasoning(Default::default());
                    reply.push(id, text);
                    reply.close(id, None);
                }
                Do::Call(id, name, args) => {
                    let item = reply.open_tool_call(id, name);
                    reply.push(item, args);
                    reply.close(item, None);
                }
                Do::Wait(time) => sleep(time).await,
                Do::Break(kind) => {
                    let id = reply.open_text();
                    reply.push(id, "part");
                    return Err(reply.fail(EngineError::new(kind, "it broke"), Finish::default()));
                }
                Do::BreakInCall(kind) => {
                    let id = reply.open_tool_call("half", "echo");
                    reply.push(id, "{\"a");
                    return Err(reply.fail(EngineError::new(kind, "it broke"), Finish::default()));
                }
                Do::Hang => std::future::pending().await,
                Do::Panic => panic!("boom"),
            }
        }
        let usual = if reply.has_tool_calls() {
            FinishClass::ToolCallsPending
        } else {
            FinishClass::Completed
        };
        let class = class.unwrap_or(usual);
        Ok(reply.finish(Finish::new(class).with_usage(Usage::new(10, 5))))
    }
}

/// Record of the tools' lifecycles, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub(crate) fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Returns the maximum number of tools that ran at once.
    pub(crate) fn most_at_once(&self) -> usize {
        let (mut now, mut most) = (0usize, 0);
        for line in self.lines() {
            if line.starts_with('+') {
                now += 1;
            } else if line.starts_with('-') {
                now -= 1;
            }
            most = most.max(now);
        }
        most
    }
}

/// Records `-name` when a tool is over, also when it is dropped.
pub(crate) struct Stay(Diary, String);

impl Stay {
    pub(crate) fn enter(diary: &Diary, name: &str) -> Self {
        diary.note(format!("+{name}"));
        Self(diary.clone(), name.to_owned())
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.note(format!("-{}", self.1));
    }
}

/// A tool that runs for `ms` milliseconds, ignores cancellation, and returns `done <call id>`.
pub(crate) fn slow(diary: &Diary, name: &str, ms: u64) -> geppetto_toolloop::FnTool {
    let diary = diary.clone();
    raw_tool_fn(
        name,
        "",
        any(),
        move |_: Value, ctx: ToolContext| -> SlowCall {
            let diary = diary.clone();
            Box::pin(async move {
                let _stay = Stay::enter(&diary, &ctx.call_id);
                sleep(Duration::from_millis(ms)).await;
                Ok(format!("done {}", ctx.call_id))
            })
        },
    )
}

pub(crate) type SlowCall =
    std::pin::Pin<Box<dyn Future<Output = Result<String, ToolError>> + Send>>;

/// Schema of any object.
pub(crate) fn any() -> Value {
    json!({"type": "object"})
}

pub(crate) fn registry(tools: Vec<Box<dyn Tool>>) -> ToolRegistry {
    let mut registry = ToolRegistry::new();
    for tool in tools {
        registry.register(Arc::<dyn Tool>::from(tool)).unwrap();
    }
    registry
}

/// A context with seeded ids and a sink that keeps all events.
pub(crate) fn context() -> (RunContext, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::new());
    let dyn_sink: Arc<dyn EventSink> = sink.clone();
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_run("session", "run", "turn")
        .with_event_sinks([dyn_sink]);
    (ctx, sink)
}

pub(crate) fn prompt() -> Turn {
    Turn::builder().user("go").build()
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) outcome: Result<RunReport, EngineError>,
    pub(crate) turn: Turn,
    pub(crate) events: Vec<Event>,
}

/// Runs the loop on a new turn, and checks the invariants of every run.
pub(crate) async fn run(tool_loop: &ToolLoop) -> Done {
    let (ctx, sink) = context();
    run_in(tool_loop, &ctx, &sink).await
}

pub(crate) async fn run_in(tool_loop: &ToolLoop, ctx: &RunContext, sink: &MemorySink) -> Done {
    let mut turn = prompt();
    let outcome = tool_loop.run(ctx, &mut turn).await;
    assert_sound(ctx, sink, &turn);
    Done {
        outcome,
        turn,
        events: sink.events(),
    }
}

/// Checks the invariants of every run, however it ends: events in legal order with nothing open,
/// and a history that needs no repair except for incomplete blocks.
#[track_caller]
pub(crate) fn assert_sound(ctx: &RunContext, sink: &MemorySink, turn: &Turn) {
    assert_eq!(ctx.stream().violations(), []);
    let mut grammar = Grammar::fragment();
    for event in sink.events() {
        grammar.accept(&event).unwrap();
    }
    grammar.finish().unwrap();
    let replayed: Vec<_> = turn
        .blocks
        .iter()
        .filter(|block| {
            let left_out = matches!(block.content, Content::ToolCall(_) | Content::Reasoning(_));
            block.incomplete().is_none() || !left_out
        })
        .cloned()
        .collect();
    assert_eq!(repair(&turn.blocks), replayed);
    assert!(turn.blocks.iter().skip(1).all(|block| !block.id.is_empty()));
}

impl Done {
    /// Returns the answers, in the order of the turn: call id and text.
    pub(crate) fn answers(&self) -> Vec<(String, String)> {
        answers(&self.turn)
    }

    /// Returns the events of tool executions: type, call id, and input or result.
    pub(crate) fn tool_events(&self) -> Vec<String> {
        tool_events(&self.events)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.events.iter().map(Event::type_name).collect()
    }
}

pub(crate) fn answers(turn: &Turn) -> Vec<(String, String)> {
    let uses = turn.blocks.iter().filter_map(|block| block.as_tool_use());
    uses.map(|own: &ToolUse| (own.id.clone(), own.output()))
        .collect()
}

pub(crate) fn tool_events(events: &[Event]) -> Vec<String> {
    let mut lines = Vec::new();
    for event in events {
        let (id, line) = match &event.kind {
            EventKind::ToolExecutionStarted(e) => (
                &e.tool_call_id,
                format!("start {} {}", e.tool_call_id, e.input),
            ),
            EventKind::ToolResultReady(e) => (
                &e.tool_call_id,
                format!("{} {} {}", e.status.as_str(), e.tool_call_id, e.result),
            ),
            EventKind::ToolCallFinished(e) => {
                (&e.tool_call_id, format!("finish {}", e.tool_call_id))
            }
            _ => continue,
        };
        assert_eq!(event.correlation.tool_call_id.as_ref(), Some(id));
        assert_eq!(event.correlation.run_id.as_deref(), Some("run"));
        let call = event.correlation.provider_call_id.as_deref().unwrap();
        assert!(call.starts_with("script:run:provider-call:"), "{call}");
        lines.push(line);
    }
    lines
}

/// Returns the pairs as owned strings, for comparisons.
pub(crate) fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(id, text)| ((*id).to_owned(), (*text).to_owned()))
        .collect()
}

pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}
