//! [`Tokens`]: what a run has used, where its provider does not say.

use geppetto_engine::RunContext;
use geppetto_events::{EventKind, kind::Info};
use geppetto_turns::{Block, Content, Turn};

/// How many bytes of text count as a token: what English text takes with common tokenizers.
const BYTES_PER_TOKEN: u64 = 4;

/// The tokens of provider calls whose usage was not reported, estimated.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    estimated: u64,
    /// For how many calls.
    calls: u64,
}

impl Tokens {
    /// The tokens of the run so far. The usage of a call without a report is estimated from the
    /// current conversation, prompt and output; the first time, an event reports this.
    pub(super) fn total(&mut self, ctx: &RunContext, turn: &Turn) -> u64 {
        let usage = ctx.total_usage();
        let new = usage.unreported_calls.saturating_sub(self.calls);
        if new > 0 {
            if self.calls == 0 {
                let message = "the provider does not report token usage; the token limit is held \
                               by an estimate of one token for four bytes";
                ctx.publish(EventKind::Info(Info::new(message, None)));
            }
            let bytes: u64 = turn.blocks.iter().map(|block| size(block)).sum();
            let estimate = bytes.div_ceil(BYTES_PER_TOKEN).saturating_mul(new);
            self.estimated = self.estimated.saturating_add(estimate);
            self.calls = usage.unreported_calls;
        }
        usage.total_tokens().saturating_add(self.estimated)
    }
}

fn size(block: &Block) -> u64 {
    let bytes = match &block.content {
        Content::ToolCall(call) => call.name.len() + call.args.as_str().len(),
        Content::ToolUse(answer) => answer.output().len(),
        _ => block.text().map_or(0, str::len),
    };
    bytes as u64
}
