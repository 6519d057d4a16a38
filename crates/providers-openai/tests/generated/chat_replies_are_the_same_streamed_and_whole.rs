use geppetto_providers_openai::ChatEngine;
use geppetto_testing::{
    Reply,
    reply::{ChatBody, ReasoningDialect},
};
use proptest::{collection::vec, option, prelude::*};

use crate::support::{Asker, CASES, arguments, pieces};

/// Contents of one message, in the order in which a single body lists them.
#[derive(Debug, Clone)]
struct Message {
    reasoning: Option<Vec<String>>,
    text: Option<Vec<String>>,
    refusal: Option<Vec<String>>,
    /// Pieces of each call's arguments.
    calls: Vec<Vec<String>>,
    /// `true` if the pieces of the calls are interleaved.
    mixed: bool,
    field: ReasoningDialect,
    finish: Option<&'static str>,
    usage: Option<(u32, u32)>,
}

fn message() -> impl Strategy<Value = Message> {
    let field = prop_oneof![
        Just(ReasoningDialect::ReasoningContent),
        Just(ReasoningDialect::Reasoning)
    ];
    let finish = option::of(prop_oneof![
        Just("length"),
        Just("content_filter"),
        Just("stop")
    ]);
    let said = (
        option::of(pieces()),
        option::of(pieces()),
        option::of(pieces()),
    );
    let calls = (vec(arguments(), 0..4), any::<bool>());
    (said, calls, field, finish, option::of(any::<(u16, u16)>())).prop_map(
        |((reasoning, text, refusal), (calls, mixed), field, finish, usage)| Message {
            reasoning,
            text,
            refusal,
            calls,
            mixed,
            field,
            finish,
            usage: usage.map(|(input, output)| (input.into(), output.into())),
        },
    )
}

impl Message {
    fn reply(&self) -> Reply<ChatBody> {
        let mut reply = Reply::chat().reasoning_dialect(self.field).model("m-2026");
        reply = (self.reasoning.iter().flatten()).fold(reply, Reply::<ChatBody>::reasoning);
        reply = (self.text.iter().flatten()).fold(reply, Reply::<ChatBody>::text);
        reply = (self.refusal.iter().flatten()).fold(reply, Reply::<ChatBody>::refusal);
        reply = self.call(reply);
        if let Some(reason) = self.finish {
            reply = reply.finish(reason);
        }
        match self.usage {
            Some((input, output)) => reply.usage(input.into(), output.into()),
            None => reply,
        }
    }

    fn call(&self, mut reply: Reply<ChatBody>) -> Reply<ChatBody> {
        let id = |at: usize| format!("call_{at}");
        if !self.mixed {
            for (at, pieces) in self.calls.iter().enumerate() {
                reply = reply.tool_call_in_fragments(id(at), format!("f{at}"), pieces);
            }
            return reply;
        }
        for at in 0..self.calls.len() {
            reply = reply.tool_call_begin(id(at), format!("f{at}"));
        }
        let rounds = self.calls.iter().map(Vec::len).max().unwrap_or_default();
        for round in 0..rounds {
            for (at, pieces) in self.calls.iter().enumerate() {
                if let Some(piece) = pieces.get(round) {
                    reply = reply.tool_arguments(&id(at), piece);
                }
            }
        }
        reply
    }
}

#[test]
fn chat_replies_are_the_same_streamed_and_whole() {
    let asker = Asker::new(|url, stream| {
        let builder = ChatEngine::builder("m").base_url(url).stream(stream);
        Box::new(builder.build().unwrap())
    });
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(message in message(), seed in any::<u64>(), piece in 1_usize..40)| {
        let reply = message.reply().cut_into_random_chunks(seed, piece);
        let (streamed, whole) = asker.ask(&reply.into());
        prop_assert_eq!(streamed, whole);
    });
}
