//! A world with tools, a model that knows what to do, and a store that dies.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, Grammar};
use geppetto_host::{Host, HostBuilder};
use geppetto_store::{
    Appended, Batch, Claim, Error, ErrorKind, Lease, MemoryStore, Opened, SessionInfo,
    SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_testing::Gate;
use geppetto_toolloop::{
    Rejection, Tool, ToolContext, ToolError, ToolExecutor, ToolRegistry, raw_tool_fn,
};
use geppetto_turns::{BlockKind, Content, InferenceResult, ToolCall, Turn, Usage};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

pub(crate) const ID: &str = "chat";

/// What tools did outside of the store: calls by tool and key.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) acts: Arc<Mutex<Vec<(String, String)>>>,
    /// Where `send` waits after it acted, if it is closed.
    pub(crate) gate: Option<Gate>,
    /// Where the model waits in the middle of its reply, if there is one.
    pub(crate) in_reply: Option<Gate>,
    /// `true` if a person is asked before `pay` runs.
    pub(crate) asks: bool,
    /// Number of next replies that break off.
    pub(crate) breaks: Arc<AtomicU32>,
}

/// Asks before `pay` runs.
struct Ask;

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        if call.name == "pay" {
            return Err(Rejection::wait("May I pay?"));
        }
        Ok(())
    }
}

impl World {
    pub(crate) fn acts(&self, tool: &str) -> Vec<String> {
        let acts = self.acts.lock().unwrap();
        let of_tool = acts.iter().filter(|(own, _)| own == tool);
        of_tool.map(|(_, key)| key.clone()).collect()
    }

    fn tool(&self, name: &'static str, waits: bool) -> geppetto_toolloop::FnTool {
        let world = self.clone();
        let act = move |_: Value, ctx: ToolContext| {
            let acts = world.acts.clone();
            let gate = world.gate.clone().filter(|_| waits);
            async move {
                let act = (name.to_owned(), ctx.idempotency_key.clone());
                acts.lock().unwrap().push(act);
                if let Some(gate) = gate {
                    gate.pass().await;
                }
                Ok::<_, ToolError>(format!("{name}: done"))
            }
        };
        raw_tool_fn(name, "Acts", json!({"type": "object"}), act)
    }

    /// `pay` may not be repeated, `note` may, `send` waits and may not be repeated.
    fn tools(&self) -> ToolRegistry {
        let tools = ToolRegistry::new().with(self.tool("pay", false)).unwrap();
        let tools = tools.with(self.tool("note", false).idempotent()).unwrap();
        tools.with(self.tool("send", true)).unwrap()
    }

    pub(crate) fn builder(&self) -> Builder {
        let model = Model {
            in_reply: self.in_reply.clone(),
            breaks: Arc::clone(&self.breaks),
        };
        self.builder_of(model)
    }

    /// Returns a builder with another model.
    pub(crate) fn builder_of(&self, model: impl Engine + 'static) -> Builder {
        let builder = Builder::new(model).tools(self.tools());
        if self.asks {
            return builder.tool_executor(Ask);
        }
        builder
    }

    pub(crate) fn host(&self, store: impl SessionStore + 'static) -> HostBuilder {
        Host::builder(store, self.builder()).owner("test")
    }
}

/// Calls the tools that the prompt names (`pay note`; after a `then` in a second reply, whose calls
/// have the same ids), then answers `Done.` Other prompts are repeated.
struct Model {
    in_reply: Option<Gate>,
    breaks: Arc<AtomicU32>,
}

impl Model {
    fn breaks_off(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let breaks = &self.breaks;
        let taken = breaks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        taken.is_ok()
    }
}

#[async_trait]
impl Engine for Model {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let prompt = turn.last_of(BlockKind::User).unwrap();
        let prompt = prompt.text().unwrap().to_owned();
        let last = turn.blocks.last().unwrap().clone();
        let from = turn
            .blocks
            .iter()
            .rposition(|own| own.kind() == BlockKind::User);
        let rounds = turn.blocks.range(from.unwrap()..turn.blocks.len());
        let rounds = rounds
            .filter(|own| own.kind() == BlockKind::LlmText)
            .count();
        let calls = prompt.split(" then ").nth(rounds).unwrap_or_default();
        let calls: Vec<&str> = calls.split(' ').filter(|word| is_tool(word)).collect();
        let is_answered = matches!(last.content, Content::ToolUse(_)) && calls.is_empty();
        let mut reply = ResponseWriter::start(ctx, turn, "test", "model");
        let text = reply.open_text();
        let words = if is_answered { "Done" } else { prompt.as_str() };
        for letter in words.chars() {
            reply.push(text, letter.encode_utf8(&mut [0; 4]));
        }
        if let Some(gate) = &self.in_reply {
            tokio::select! {
                biased;
                () = gate.pass() => {}
                () = ctx.cancelled() => {
                    let error = EngineError::cancelled();
                    return Err(reply.fail(error, Finish::default()));
                }
            }
        }
        if self.breaks_off() {
            let error = EngineError::new(geppetto_engine::ErrorKind::Disconnected, "cut");
            return Err(reply.fail(error, Finish::default()));
        }
        reply.push(text, ".");
        reply.close(text, None);
        let usage = Usage::new(3, 4);
        if is_answered || calls.is_empty() {
            return Ok(reply.finish(Finish::completed().with_usage(usage)));
        }
        for (n, name) in calls.iter().enumerate() {
            let call = reply.open_tool_call(format!("call_{n}"), *name);
            reply.push(call, "{}");
            reply.close(call, None);
        }
        let class = geppetto_turns::FinishClass::ToolCallsPending;
        Ok(reply.finish(Finish::new(class).with_usage(usage)))
    }
}

fn is_tool(word: &str) -> bool {
    ["pay", "note", "send"].contains(&word)
}

/// Reads the whole log of events, which must be complete and legal.
pub(crate) async fn log(store: &impl SessionStore) -> Vec<Event> {
    let events = store.events(ID, 0, usize::MAX).await.unwrap();
    let mut grammar = Grammar::new();
    let mut last = 0;
    for event in &events {
        assert_eq!(event.first_seq(), last + 1, "gap before {event:?}");
        last = event.seq;
        if let Err(error) = grammar.accept(event) {
            panic!("{error}\n{:#?}", kinds(&events));
        }
    }
    grammar.finish().unwrap();
    events
}

pub(crate) fn kinds(events: &[Event]) -> Vec<String> {
    let kind = |event: &Event| format!("{} {}", event.seq, event.type_name());
    events.iter().map(kind).collect()
}

/// Text of each assistant message as a reader of events sees it at the end.
pub(crate) fn seen_text(events: &[Event]) -> String {
    let mut calls: Vec<((String, u32), String)> = Vec::new();
    for event in events {
        let own = event.correlation.call().map(|(id, n)| (id.to_owned(), n));
        if matches!(
            event.kind,
            geppetto_events::EventKind::ProviderCallDiscarded(_)
        ) {
            calls.retain(|(call, _)| Some(call) != own.as_ref());
        }
        if let (Some(text), Some(own)) = (event.text_delta(), own) {
            match calls.iter_mut().find(|(call, _)| *call == own) {
                Some((_, said)) => said.push_str(text),
                None => calls.push((own, text.to_owned())),
            }
        }
    }
    calls.into_iter().map(|(_, text)| text).collect()
}

pub(crate) fn said(turns: &[Turn]) -> String {
    let blocks = turns.last().into_iter().flat_map(|turn| turn.blocks.iter());
    let said = blocks.filter(|block| block.kind() == BlockKind::LlmText);
    said.filter_map(|block| block.text()).collect()
}

/// A store whose process dies at a write: nothing returns any more.
#[derive(Clone)]
pub(crate) struct Dying {
    pub(crate) inner: MemoryStore,
    writes: Arc<AtomicU64>,
    /// Number of the write at which it dies.
    dies_at: u64,
    /// Whether that write is written.
    written: bool,
    dead: Arc<Notify>,
    /// `true` once the process is gone. What still calls the store is told so, as there is nobody to
    /// wait for an answer.
    buried: Arc<watch::Sender<bool>>,
    /// `true` while writes wait.
    pub(crate) stalled: Arc<watch::Sender<bool>>,
    /// Number of the write that fails once.
    pub(crate) fails_at: Arc<AtomicU64>,
    /// Kind of the error with which writes fail.
    pub(crate) fails: Arc<Mutex<Option<ErrorKind>>>,
}

pub(crate) type Mortal = Wrapped<Dying>;

impl Dying {
    pub(crate) fn mortal(inner: MemoryStore, dies_at: u64, written: bool) -> Mortal {
        Wrapped(Self {
            inner,
            writes: Arc::default(),
            dies_at,
            written,
            dead: Arc::default(),
            buried: Arc::new(watch::Sender::new(false)),
            stalled: Arc::new(watch::Sender::new(false)),
            fails_at: Arc::default(),
            fails: Arc::default(),
        })
    }

    /// Creates a store that does not die.
    pub(crate) fn immortal(inner: MemoryStore) -> Mortal {
        Self::mortal(inner, u64::MAX, true)
    }

    async fn fail(&self) -> Result<(), Error> {
        let mut stalled = self.stalled.subscribe();
        stalled.wait_for(|stalled| !stalled).await.unwrap();
        let fails = *self.fails.lock().unwrap();
        fails.map_or(Ok(()), |kind| Err(Error::new(kind, "the disk is broken")))
    }

    pub(crate) async fn died(&self) {
        self.dead.notified().await;
    }

    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Ends the process: nothing waits for the store any more.
    pub(crate) fn bury(&self) {
        self.buried.send_replace(true);
    }

    async fn alive(&self) -> Result<(), Error> {
        if self.writes() < self.dies_at {
            return Ok(());
        }
        self.never().await
    }

    /// Waits for ever, as far as the process goes on.
    async fn never<T>(&self) -> Result<T, Error> {
        let mut buried = self.buried.subscribe();
        buried.wait_for(|buried| *buried).await.unwrap();
        Err(Error::new(ErrorKind::Unavailable, "the process was killed"))
    }
}

#[async_trait]
impl Wraps for Dying {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        self.alive().await?;
        self.inner.open(session, claim).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        self.alive().await?;
        self.fail().await?;
        self.inner.renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.alive().await?;
        self.inner.release(lease).await
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        self.alive().await?;
        self.fail().await?;
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if number == self.fails_at.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "not now"));
        }
        if number == self.dies_at {
            if self.written {
                self.inner.append(lease, batch).await.unwrap();
            }
            self.dead.notify_one();
            return self.never().await;
        }
        self.inner.append(lease, batch).await
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        let info = self.inner.info(session).await;
        // Others run in the meantime.
        tokio::task::yield_now().await;
        info
    }
}
