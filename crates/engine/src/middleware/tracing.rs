//! [`TraceInference`]: middleware that creates spans.

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};
use tracing::{Instrument, Span, field::Empty};

use crate::{EngineError, ErrorKind, Middleware, Next, RunContext};

#[cfg(test)]
mod tests;

/// Creates a span for each provider call, with the attribute names of OpenTelemetry's semantic
/// conventions for generative AI. Message contents are never recorded.
///
/// The span of a call that fails, is cancelled or is dropped has an `error.type`, and the field `otel.status_code`,
/// from which `tracing-opentelemetry` sets the status of the span.
#[derive(Debug, Clone, Copy, Default)]
pub struct TraceInference;

/// The span of a call, which was cancelled unless its end is recorded.
struct Call {
    span: Span,
    is_open: bool,
}

impl Call {
    fn start(ctx: &RunContext) -> Self {
        let span = tracing::info_span!(
            "chat",
            otel.kind = "client",
            otel.status_code = Empty,
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = Empty,
            gen_ai.response.model = Empty,
            gen_ai.response.id = Empty,
            gen_ai.response.finish_reasons = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            gen_ai.conversation.id = ctx.session_id(),
            error.r#type = Empty,
        );
        Self {
            span,
            is_open: true,
        }
    }

    fn complete(mut self, result: &InferenceResult) {
        self.is_open = false;
        let span = &self.span;
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

    fn fail(&mut self, kind: ErrorKind) {
        self.is_open = false;
        self.span.record("error.type", kind.as_str());
        self.span.record("otel.status_code", "ERROR");
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.is_open {
            self.fail(ErrorKind::Cancelled);
        }
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
        let mut call = Call::start(ctx);
        let outcome = next.run(ctx, turn).instrument(call.span.clone()).await;
        match &outcome {
            Ok(result) => call.complete(result),
            Err(error) => call.fail(error.kind()),
        }
        outcome
    }
}
