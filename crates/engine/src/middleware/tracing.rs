//! [`TraceInference`]: middleware that creates spans.

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};
use tracing::{Instrument, Span, field::Empty};

use crate::{EngineError, Middleware, Next, RunContext};

/// Creates a span for each provider call, with the attribute names of OpenTelemetry's semantic
/// conventions for generative AI. Message contents are never recorded.
#[derive(Debug, Clone, Copy, Default)]
pub struct TraceInference;

impl TraceInference {
    fn span(ctx: &RunContext) -> Span {
        tracing::info_span!(
            "chat",
            otel.kind = "client",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = Empty,
            gen_ai.response.model = Empty,
            gen_ai.response.id = Empty,
            gen_ai.response.finish_reasons = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            gen_ai.conversation.id = ctx.session_id(),
            error.r#type = Empty,
        )
    }
}

#[async_trait]
impl Middleware for TraceInference {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        let span = Self::span(ctx);
        let outcome = next.run(ctx, turn).instrument(span.clone()).await;
        match &outcome {
            Ok(result) => {
                span.record("gen_ai.provider.name", result.provider.as_str());
                span.record("gen_ai.response.model", result.model.as_str());
                if let Some(id) = &result.response_id {
                    span.record("gen_ai.response.id", id.as_str());
                }
                if let Some(reason) = &result.stop_reason {
                    span.record("gen_ai.response.finish_reasons", reason.as_str());
                }
                if let Some(usage) = &result.usage {
                    span.record("gen_ai.usage.input_tokens", usage.input_tokens);
                    span.record("gen_ai.usage.output_tokens", usage.output_tokens);
                }
            }
            Err(error) => {
                span.record("error.type", error.kind().as_str());
            }
        }
        outcome
    }
}
