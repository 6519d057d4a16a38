//! Errors that only this wire has.

/// What a reply of this wire is called in errors.
pub(super) const FORMAT: &str = "a chat completion";
