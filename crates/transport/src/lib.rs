//! HTTP transport for model providers: SSE, timeouts, retries with a budget, redaction.
