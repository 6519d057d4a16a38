//! A wire for tests, and a harness that calls an in-memory server.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use geppetto_engine::{
    Completed, Engine, EngineError, Finish, ItemId, RunContext, SeededIds, Slot,
};
use geppetto_events::{EventKind, EventSink, EventStream, MemorySink, kind::ReasoningSource};
use geppetto_provider::{
    CountTokens, Fault, Flow, Fold, Frame, Frames, Inference, KeyHeader, Output, Remedy, Server,
    Settings, Settled, Wire, WireEngine, WireEngineBuilder, WireRequest,
    read::{Number, Text, Word, parse},
    request::nothing_to_send,
    rules::{Meaning, Origin},
    wire_object,
};
use geppetto_transport::{
    HttpClient, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{Content, FinishClass, Incomplete, InferenceResult, Turn, Usage, repair};
use serde_json::json;

/// A wire of steps: indexed texts and thoughts, usage, and a finish reason. With `LINES`, its
/// frames are lines of JSON.
#[derive(Debug)]
pub(crate) struct Steps<const LINES: bool> {
    options: StepsOptions,
    host: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct StepsOptions {
    pub(crate) beta: Option<String>,
}

impl<const LINES: bool> Wire for Steps<LINES> {
    type Options = StepsOptions;
    type Fold = StepsFold;

    const PROVIDER: &'static str = "steps";
    const BASE_URL: &'static str = "https://steps.test/v1";
    const FORMAT: &'static str = "a step";
    const FRAMES: Frames = if LINES {
        Frames::JsonLines
    } else {
        Frames::Sse
    };

    fn new(options: StepsOptions, server: &Server) -> Result<Self, EngineError> {
        Ok(Self {
            options,
            host: server.authority().to_owned(),
        })
    }

    fn key_header(&self) -> KeyHeader {
        KeyHeader::Header("x-steps-key".into())
    }

    fn adapt(&self, settings: &mut Settings, _: &Turn) -> Result<(), EngineError> {
        let set = [("seed", settings.inference.seed.is_some())];
        settings.leave_out(&set, |_| Some("steps have no seed"));
        Ok(())
    }

    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        let (settings, blocks) = (call.settings(), repair(&call.turn().blocks));
        let said = blocks.iter().filter(|block| {
            let is_thought = matches!(block.content, Content::Reasoning(_));
            !(call.is_remedied() && is_thought)
        });
        let said: Vec<&str> = said.filter_map(|block| block.text()).collect();
        if said.is_empty() {
            return Err(nothing_to_send());
        }
        let verb = if settings.stream { "stream" } else { "ask" };
        let path = format!("/models/{}:{verb}?v=1", settings.model);
        let mut body = json!({"said": said});
        let temperature = settings.inference.temperature;
        if let Some(t) = temperature.filter(|_| !settings.unsent.has("temperature")) {
            body["temperature"] = json!(t);
        }
        let request = WireRequest::json(path, &body)?;
        match &self.options.beta {
            Some(beta) => request.try_with_header("x-beta", beta),
            None => Ok(request),
        }
    }

    fn fold(&self, _: &Inference<'_>) -> StepsFold {
        StepsFold::default()
    }

    fn remedy(&self, _: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        match error.provider_code() {
            Some("bad_temperature") => return Some(Remedy::without("temperature", "refused")),
            Some("bad_image") => return Some(Remedy::without("image", "refused").of_contents()),
            _ => {}
        }
        (error.provider_code() == Some("bad_thoughts"))
            .then(|| Remedy::new("thoughts are left out", json!({"code": "bad_thoughts"})))
    }

    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        let origin = Origin::new(&self.host, &call.settings.model);
        origin.mark(turn, call.first, |block| {
            matches!(block.content, Content::Reasoning(_))
        });
    }
}

impl<const LINES: bool> CountTokens for Steps<LINES> {
    fn count_request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        let request = self.request(call)?;
        let path = format!("/models/{}:count", call.settings().model);
        Ok(WireRequest::new(path, request.body().to_vec()))
    }

    fn counted(body: &str) -> Result<u64, Fault> {
        let counted: Step<'_> = parse(body).map_err(Fault::syntax)?;
        let missing = || Fault::not_a_reply("the server sent no count; check the base URL");
        counted.tokens.0.ok_or_else(missing)
    }
}

wire_object! {
    struct Step {
        kind as "type": Text<'a>,
        index: Number,
        text: Text<'a>,
        full: Text<'a>,
        id: Text<'a>,
        tokens: Number,
        reason: Text<'a>,
        error: Text<'a>,
        steps: Vec<Step<'a>>,
    }
}

#[derive(Debug, Default)]
pub(crate) struct StepsFold {
    items: BTreeMap<u64, ItemId>,
    id: Word,
    tokens: u64,
    reason: String,
}

impl StepsFold {
    fn step(&mut self, step: &Step<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        self.id.first(&step.id, out);
        let index = step.index.or_zero();
        match &*step.kind {
            kind @ ("text" | "thought") => {
                let id = *self.items.entry(index).or_insert_with(|| {
                    let id = match kind {
                        "text" => out.open_text(),
                        _ => out.open_reasoning(ReasoningSource::Provider),
                    };
                    out.place(id, Slot::at(index));
                    id
                });
                out.push(id, &step.text);
                if out.complete(id, &step.full) == Completed::Differs {
                    let id = out.supersede(id);
                    out.push(id, &step.full);
                    self.items.insert(index, id);
                }
            }
            "alive" => return Ok(Flow::Heartbeat),
            "tokens" => self.tokens += step.tokens.or_zero(),
            "stop" => {
                self.reason = out.word(&step.reason);
                if let Meaning::Failed(kind) = Meaning::of(&step.reason) {
                    return Err(Fault::failed(kind, &step.reason));
                }
                return Ok(Flow::End);
            }
            _ => {}
        }
        Ok(Flow::Continue)
    }
}

impl Fold for StepsFold {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        let step: Step<'_> = parse(frame.data).map_err(Fault::syntax)?;
        if &*step.kind == "error" {
            return Err(Fault::reported(frame.data));
        }
        self.step(&step, out)
    }

    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        let whole: Step<'_> = parse(body).map_err(Fault::syntax)?;
        if whole.steps.is_empty() {
            return Err(Fault::not_a_reply("the server sent a body without steps"));
        }
        for step in &whole.steps {
            self.step(step, out)?;
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        !self.reason.is_empty()
    }

    fn is_blank(&self) -> bool {
        self.reason == "blank"
    }

    fn growing_fields(&self, _: Frame<'_>) -> &'static [&'static str] {
        &["text"]
    }

    fn usage(&self) -> Option<Usage> {
        (self.tokens > 0).then(|| Usage::new(1, self.tokens))
    }

    fn finish(mut self, _: Option<Incomplete>, _: &mut Output<'_>) -> Finish {
        let mut finish = Finish::new(FinishClass::Completed).with_usage(Usage::new(1, self.tokens));
        finish.stop_reason = Some(self.reason).filter(|reason| !reason.is_empty());
        finish.response_id = self.id.take();
        finish
    }
}

/// An in-memory server, and an engine that calls it.
pub(crate) struct Asked<const LINES: bool> {
    pub(crate) server: Arc<MemoryTransport>,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) ctx: RunContext,
    pub(crate) engine: WireEngine<Steps<LINES>>,
}

impl<const LINES: bool> Asked<LINES> {
    pub(crate) fn new(
        replies: impl IntoIterator<Item = Reply>,
        set: impl FnOnce(WireEngineBuilder<Steps<LINES>>) -> WireEngineBuilder<Steps<LINES>>,
    ) -> Self {
        let server = Arc::new(MemoryTransport::new(replies));
        let sink = Arc::new(MemorySink::new());
        let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
            .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
        let retry = RetryPolicy::new().with_backoff(Duration::ZERO, 1.0, Duration::ZERO);
        let builder = WireEngine::builder("m-1")
            .http_client(HttpClient::new(Arc::clone(&server)))
            .retry_policy(retry);
        Self {
            server,
            sink,
            ctx,
            engine: set(builder).build().unwrap(),
        }
    }

    pub(crate) async fn ask(&self, turn: &mut Turn) -> Result<InferenceResult, EngineError> {
        let result = self.engine.run_inference(&self.ctx, turn).await;
        assert_eq!(self.ctx.stream().violations(), []);
        result
    }

    /// Returns the messages of the `info` events.
    pub(crate) fn infos(&self) -> Vec<String> {
        let info = |kind: &EventKind| match kind {
            EventKind::Info(info) => Some(info.message.clone()),
            _ => None,
        };
        let events = self.sink.events();
        events
            .iter()
            .filter_map(|event| info(&event.kind))
            .collect()
    }
}

pub(crate) fn turn() -> Turn {
    Turn::builder().user("Hi").build()
}
