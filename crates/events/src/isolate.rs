//! Isolation of panics in user-supplied code: sinks, extractors, engines, tools, hooks.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

#[cfg(test)]
pub(crate) mod tests;

/// Calls `function` and returns its result. Catches a panic, including one raised while dropping
/// the panic payload.
///
/// # Errors
///
/// Returns the panic message, or `without a message`, if `function` panics.
pub fn catch<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(function)).map_err(message)
}

/// Returns the message of a panic and drops its payload.
fn message(payload: Box<dyn Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // A payload that panics when dropped may have another such payload, without end.
        std::mem::forget(second);
    }
    text.unwrap_or_else(|| "without a message".to_owned())
}
