//! A program may import several layers with globs: a name used for different items in two of them
//! would not compile here.

#![allow(
    unused_imports,
    reason = "the globs overlap, which is what this is about"
)]

use geppetto::{
    builder::*, engine::*, events::*, openai::*, prelude::*, session::*, tools::*, transport::*,
    turns::*,
};

/// Uses every type of the prelude, and those whose names could clash between layers.
type Names = (
    (Block, Builder, BusyPolicy, ChatEngine, Dialect, EngineError),
    (ErrorKind, Event, EventKind, ExecutionHandle, ApiKey),
    (
        InferenceConfig,
        ResponsesEngine,
        ResponsesOptions,
        RunContext,
    ),
    (RunError, Session, SessionError, StructuredOutput),
    (ToolChoice, ToolConfig, ToolError, ToolRegistry, Turn),
    (Body, Timeouts, Request, Response, Retry, RetryConfig),
    (Finish, FinishClass, InferenceResult, Usage, Limit, Phase),
);

#[test]
fn layers_can_be_imported_together() {
    fn is_engine<E: Engine>() {}
    fn is_sink<S: EventSink>() {}
    is_engine::<ChatEngine>();
    is_sink::<MemorySink>();
    assert!(size_of::<Names>() > 0);
}
