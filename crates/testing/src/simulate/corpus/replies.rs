//! Replies of a model, on each wire or without one.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use geppetto_engine::{Engine, ErrorKind};
use serde_json::Value;

use crate::{
    At, Reply, Script,
    reply::{ChatBody, GeminiBody, MessagesBody, ResponsesBody},
    simulate::{Breaks, SetupError, World, provider::Answer},
};

/// Wire used to call a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Chat,
    Responses,
    Messages,
    Gemini,
    /// No wire: a scripted engine.
    None,
}

impl Wire {
    pub(super) const ALL: [Self; 5] = [
        Self::Chat,
        Self::Responses,
        Self::Messages,
        Self::Gemini,
        Self::None,
    ];

    /// The wires to a provider.
    pub(super) const REAL: [Self; 4] = [Self::Chat, Self::Responses, Self::Messages, Self::Gemini];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Gemini => "gemini",
            Self::None => "scripted",
        }
    }

    /// Creates an engine that replies with `first` in the first run, and with `next` afterwards.
    pub(super) fn engine(
        self,
        world: &World,
        first: Vec<Said>,
        next: Vec<Said>,
    ) -> Result<Arc<dyn Engine>, SetupError> {
        let mut rng = world.rng();
        let replies = |said: Vec<Said>| said.into_iter().map(move |said| said.on(self));
        Ok(match self {
            Self::Chat => Arc::new(world.chat(replies(first), replies(next))?),
            Self::Responses => Arc::new(world.responses(replies(first), replies(next))?),
            Self::Messages => Arc::new(world.messages(replies(first), replies(next))?),
            Self::Gemini => Arc::new(world.gemini(replies(first), replies(next))?),
            Self::None => {
                let mut scripts = |said: Vec<Said>| {
                    let scripts = said.into_iter().map(|said| said.script(&mut rng));
                    scripts.collect::<Vec<_>>()
                };
                Arc::new(world.scripted(scripts(first), scripts(next)))
            }
        })
    }
}

/// Creates an engine whose provider derives the state of the conversation from the request, so that
/// replies may break off.
pub(super) fn breaking(
    wire: Wire,
    world: &World,
    first: Vec<Said>,
    next: Said,
) -> Result<Arc<dyn Engine>, SetupError> {
    let (breaks, own) = (Breaks::new(world), world.clone());
    let answer: Answer = Box::new(move |request| {
        if own.is_second() {
            return Some(next.clone().on(wire));
        }
        let body = request.json().to_string();
        let known = |said: &&Said| said.calls().any(|id| body.contains(id));
        let number = first.iter().take_while(known).count();
        let reply = first.get(number)?.clone().on(wire);
        let bytes = reply.body.render(request).bytes.len();
        Some(breaks.apply(reply, number, bytes))
    });
    Ok(match wire {
        Wire::Responses => Arc::new(world.responses_of(answer)?),
        Wire::Messages => Arc::new(world.messages_of(answer)?),
        Wire::Gemini => Arc::new(world.gemini_of(answer)?),
        Wire::Chat | Wire::None => Arc::new(world.chat_of(answer)?),
    })
}

/// One reply of a model.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    parts: Vec<Part>,
    trouble: Trouble,
}

#[derive(Debug, Clone)]
enum Part {
    Text(Vec<String>),
    Reasoning(Vec<String>),
    Call {
        id: String,
        name: String,
        args: String,
    },
}

#[derive(Debug, Clone, Copy, Default)]
enum Trouble {
    #[default]
    None,
    /// The provider is overloaded.
    Overloaded,
    /// The connection is reset after this many events.
    Reset(usize),
    /// The reply hangs after this many events.
    Hangs(usize),
    /// The reply hangs at its end, and ignores cancellation.
    Deaf,
}

impl Said {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds some words.
    pub(super) fn words(mut self, rng: &mut Rng) -> Self {
        self.parts.push(Part::Text(words(rng)));
        self
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.parts.push(Part::Text(vec![text.to_owned()]));
        self
    }

    pub(super) fn reasoning(mut self, rng: &mut Rng) -> Self {
        self.parts.push(Part::Reasoning(words(rng)));
        self
    }

    pub(super) fn call(mut self, id: &str, name: &str, args: &str) -> Self {
        self.parts.push(Part::Call {
            id: id.to_owned(),
            name: name.to_owned(),
            args: args.to_owned(),
        });
        self
    }

    pub(super) fn overloaded() -> Self {
        Self {
            trouble: Trouble::Overloaded,
            ..Self::default()
        }
    }

    /// Returns the same reply, reset after some of its events.
    pub(super) fn reset(mut self, events: usize) -> Self {
        self.trouble = Trouble::Reset(events);
        self
    }

    pub(super) fn hangs(mut self, events: usize) -> Self {
        self.trouble = Trouble::Hangs(events);
        self
    }

    pub(super) fn deaf(mut self) -> Self {
        self.trouble = Trouble::Deaf;
        self
    }

    /// Returns the ids of its calls.
    fn calls(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Call { id, .. } => Some(id.as_str()),
            _ => None,
        })
    }

    /// Returns the reply on a wire.
    fn on(self, wire: Wire) -> Reply {
        match wire {
            Wire::Responses => self.responses(),
            Wire::Messages => self.messages(),
            Wire::Gemini => self.gemini(),
            Wire::Chat | Wire::None => self.chat(),
        }
    }

    fn chat(self) -> Reply {
        let mut reply = Reply::chat().usage(11, 7);
        for part in self.parts {
            reply = match part {
                Part::Text(pieces) => pieces.into_iter().fold(reply, Reply::<ChatBody>::text),
                Part::Reasoning(pieces) => {
                    pieces.into_iter().fold(reply, Reply::<ChatBody>::reasoning)
                }
                Part::Call { id, name, args } => reply.tool_call(id, name, args),
            };
        }
        self.trouble.apply(reply.into())
    }

    fn responses(self) -> Reply {
        let mut reply = Reply::responses().usage(11, 7);
        for part in self.parts {
            reply = match part {
                Part::Text(pieces) => pieces.into_iter().fold(reply, Reply::<ResponsesBody>::text),
                Part::Reasoning(pieces) => pieces
                    .into_iter()
                    .fold(reply, Reply::<ResponsesBody>::summary)
                    .encrypted_content("sealed"),
                Part::Call { id, name, args } => reply.tool_call(id, name, args),
            };
        }
        self.trouble.apply(reply.into())
    }

    fn messages(self) -> Reply {
        let mut reply = Reply::messages().usage(11, 7);
        for part in self.parts {
            reply = match part {
                Part::Text(pieces) => pieces.into_iter().fold(reply, Reply::<MessagesBody>::text),
                Part::Reasoning(pieces) => pieces
                    .into_iter()
                    .fold(reply, Reply::<MessagesBody>::thinking)
                    .signature("signed"),
                Part::Call { id, name, args } => reply.tool_call(id, name, args),
            };
        }
        self.trouble.apply(reply.into())
    }

    fn gemini(self) -> Reply {
        let mut reply = Reply::gemini().usage(11, 7);
        let mut is_signed = false;
        for part in self.parts {
            reply = match part {
                Part::Text(pieces) => pieces.into_iter().fold(reply, Reply::<GeminiBody>::text),
                Part::Reasoning(pieces) => {
                    pieces.into_iter().fold(reply, Reply::<GeminiBody>::thought)
                }
                Part::Call { id, name, args } => {
                    // Malformed arguments arrive as a text in place of the object.
                    let args = serde_json::from_str(&args).unwrap_or(Value::String(args));
                    let reply = reply.function_call_with_id(id, name, &args);
                    // The first of parallel calls is signed.
                    if std::mem::replace(&mut is_signed, true) {
                        reply
                    } else {
                        reply.signed("c2lnbmVk")
                    }
                }
            };
        }
        self.trouble.apply(reply.into())
    }

    fn script(self, rng: &mut Rng) -> Script {
        let mut script = Script::new().usage(11, 7);
        let stop = match self.trouble {
            Trouble::Reset(events) | Trouble::Hangs(events) => events,
            _ => usize::MAX,
        };
        let steps = self.parts.into_iter().flat_map(steps);
        for step in steps.take(stop) {
            if rng.bool() {
                script = script.wait(Duration::from_millis(rng.u64(0..40)));
            }
            script = step(script);
        }
        match self.trouble {
            Trouble::None => script,
            Trouble::Overloaded => script.fail(ErrorKind::Overloaded, "over capacity"),
            Trouble::Reset(_) => script.fail(ErrorKind::Disconnected, "reset"),
            Trouble::Hangs(_) => script.hang(),
            Trouble::Deaf => script.deaf().hang(),
        }
    }
}

impl Trouble {
    fn apply(self, reply: Reply) -> Reply {
        match self {
            Self::None => reply,
            Self::Overloaded => overloaded(),
            Self::Reset(events) => reply.reset_at(At::Event(events)),
            Self::Hangs(events) => reply.stall_at(At::Event(events)),
            Self::Deaf => reply.stall_at(At::Event(usize::MAX)),
        }
    }
}

type Step = Box<dyn FnOnce(Script) -> Script>;

fn steps(part: Part) -> Vec<Step> {
    match part {
        Part::Text(pieces) => pieces
            .into_iter()
            .map(|piece| Box::new(|script: Script| script.text(piece)) as Step)
            .collect(),
        Part::Reasoning(pieces) => pieces
            .into_iter()
            .map(|piece| Box::new(|script: Script| script.reasoning(piece)) as Step)
            .collect(),
        Part::Call { id, name, args } => {
            vec![Box::new(|script: Script| script.tool_call(id, name, args))]
        }
    }
}

fn overloaded() -> Reply {
    Reply::error(503, "server_error", "The server is overloaded").header("retry-after", "1")
}

fn words(rng: &mut Rng) -> Vec<String> {
    let count = rng.usize(1..9);
    let word = |rng: &mut Rng| {
        let letters = rng.usize(1..9);
        let mut word: String = (0..letters).map(|_| rng.lowercase()).collect();
        if rng.u8(..) < 24 {
            word.push('é');
        }
        word.push(' ');
        word
    };
    (0..count).map(|_| word(rng)).collect()
}
