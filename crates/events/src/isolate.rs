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

/// The message of a panic, whose payload ends here.
fn message(payload: Box<dyn Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // There is no end to payloads that panic when they are dropped.
        std::mem::forget(second);
    }
    text.unwrap_or_else(|| "without a message".to_owned())
}
