//! Composes an engine with middleware, tools, sinks, hooks and a persister into a runner.
