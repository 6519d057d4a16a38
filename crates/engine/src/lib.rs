//! Contracts of the inference runtime: engines, run context, middleware, configuration, errors.

mod error;

pub use error::{EngineError, ErrorKind};
