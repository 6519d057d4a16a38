//! An engine written from scratch, in place of a provider that the workspace does not support. It
//! reads the conversation, streams its reply through a `ResponseWriter`, and ends early if the run
//! is cancelled or the model fails. The writer does the rest: it creates the blocks, publishes
//! events in a legal order, and keeps partial output.
//!
//! ```text
//! $ cargo run -p custom-engine
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

mod model;

use std::{io, sync::Arc};

use async_trait::async_trait;
use example_run::{print, println};
use geppetto_engine::{Engine, EngineError, ErrorKind, Finish, ResponseWriter, RunContext};
use geppetto_events::{
    EventKind, EventSink, kind::ReasoningSource, printer::HumanPrinter, sink_fn,
};
use geppetto_turns::{BlockKind, InferenceResult, Turn, Usage};
use model::{LocalModel, Piece};

/// An engine for a [`LocalModel`].
struct LocalEngine {
    model: LocalModel,
}

#[async_trait]
impl Engine for LocalEngine {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        // 1. The conversation, in the provider's format.
        let prompt = turn
            .last_of(BlockKind::User)
            .and_then(|block| block.text())
            .unwrap_or_default();
        let mut stream = self.model.ask(prompt);
        let usage = Usage::new(words(prompt), stream.words());

        // 2. The reply, as it arrives. A piece of another kind closes the open item.
        let mut reply = ResponseWriter::start(ctx, turn, "local", "model-1");
        let mut open = None;
        loop {
            let piece = tokio::select! {
                biased;
                () = ctx.cancelled() => Err(EngineError::cancelled()),
                piece = stream.next() => piece.map_err(|broken| {
                    EngineError::new(ErrorKind::Server, "the local model broke").with_source(broken)
                }),
            };
            let (thinks, text) = match piece {
                Ok(Some(Piece::Thought(text))) => (true, text),
                Ok(Some(Piece::Word(text))) => (false, text),
                Ok(None) => break,
                // 3. If the reply is cut off, the partial output stays in the turn, marked as such.
                Err(error) => return Err(reply.fail(error, Finish::default())),
            };
            let item = match open {
                Some((was, item)) if was == thinks => item,
                _ => {
                    if let Some((_, item)) = open {
                        reply.close(item, None);
                    }
                    match thinks {
                        true => reply.open_reasoning(ReasoningSource::Provider),
                        false => reply.open_text(),
                    }
                }
            };
            open = Some((thinks, item));
            reply.push(item, &text);
        }

        // 4. The end: the stop reason and the usage.
        Ok(reply.finish(
            Finish::completed()
                .with_stop_reason("eos")
                .with_usage(usage),
        ))
    }
}

fn words(text: &str) -> u64 {
    text.split_whitespace().map(|_| 1).sum()
}

/// Asks once and prints the outcome.
async fn ask(ctx: &RunContext, prompt: &str) {
    let engine = LocalEngine { model: LocalModel };
    let screen: Arc<dyn EventSink> = Arc::new(HumanPrinter::new(io::stdout()));
    let ctx = ctx.clone().with_event_sinks([screen]);
    let mut turn = Turn::builder().user(prompt).build();
    let outcome = engine.run_inference(&ctx, &mut turn).await;

    match outcome {
        Ok(result) => {
            let usage = result.usage.unwrap_or_default();
            println!(
                "=> {}, {} words in, {} out",
                result.finish_class, usage.input_tokens, usage.output_tokens
            );
        }
        Err(error) => println!("=> {} error: {error}", error.kind()),
    }
    print!("{turn}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    example_run::arguments!();
    println!("--- a whole reply");
    ask(&RunContext::new(), "Why is the sky blue?").await;

    println!("--- cancelled after the second word");
    let ctx = RunContext::new();
    let token = ctx.cancellation().clone();
    let impatient: Arc<dyn EventSink> = Arc::new(sink_fn(move |event| {
        if let EventKind::TextDelta(delta) = &event.kind
            && delta.sequence == 2
        {
            token.cancel();
        }
    }));
    ask(&ctx.with_event_sinks([impatient]), "Why is the sky blue?").await;

    println!("--- a model that breaks");
    ask(&RunContext::new(), "Please break.").await;
}
