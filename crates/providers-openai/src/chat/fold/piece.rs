//! [`CallPiece`]: a piece of a tool call, in a uniform format.

use std::borrow::Cow;

use geppetto_provider::{Output, read::string};
use serde_json::value::RawValue;

use crate::chat::wire::{CallDelta, FunctionDelta};

/// A piece of a tool call.
pub(super) struct CallPiece<'a> {
    pub(super) choice: u64,
    pub(super) index: Option<u64>,
    pub(super) id: Cow<'a, str>,
    pub(super) name: &'a str,
    pub(super) args: Cow<'a, str>,
    pub(super) custom: bool,
    /// `true` if the arguments are a JSON object, which is complete.
    pub(super) object: bool,
    /// Additional data of the server for the call.
    pub(super) extra: Option<&'a RawValue>,
}

impl<'a> CallPiece<'a> {
    pub(super) fn new(delta: &'a CallDelta<'_>, choice: u64, out: &Output<'_>) -> Self {
        // Snowflake sends an empty custom call next to every function.
        let custom = delta
            .custom
            .as_ref()
            .filter(|custom| !custom.name.is_empty() || !custom.input.is_empty());
        let (name, (args, object), custom) = match (custom, &delta.function) {
            (Some(custom), _) => (&*custom.name, (Cow::Borrowed(&*custom.input), false), true),
            (None, Some(function)) => (&*function.name, arguments(function.arguments), false),
            (None, None) => ("", (Cow::Borrowed(""), false), false),
        };
        Self {
            choice,
            index: delta.index.0,
            id: out.id(&delta.id),
            name,
            args,
            custom,
            object,
            extra: delta.extra_content,
        }
    }

    /// Creates a piece of the only call, in the format that preceded tools.
    pub(super) fn legacy(delta: &'a FunctionDelta<'_>, choice: u64) -> Self {
        let (args, object) = arguments(delta.arguments);
        Self {
            choice,
            index: None,
            id: Cow::Borrowed(""),
            name: &delta.name,
            args,
            custom: false,
            object,
            extra: None,
        }
    }

    /// Returns `true` if it is empty.
    pub(super) fn is_silent(&self) -> bool {
        let is_empty = self.id.is_empty() && self.name.is_empty() && self.args.is_empty();
        is_empty && self.extra.is_none()
    }

    /// Returns `true` if it does not identify a call.
    pub(super) fn is_bare(&self) -> bool {
        self.index.is_none() && self.id.is_empty() && self.name.is_empty()
    }
}

/// Returns the arguments as text, and `true` if they were sent as an object.
fn arguments(raw: Option<&RawValue>) -> (Cow<'_, str>, bool) {
    let Some(raw) = raw.map(RawValue::get) else {
        return (Cow::Borrowed(""), false);
    };
    if raw.starts_with('"') {
        (string(raw), false)
    } else {
        (Cow::Borrowed(raw), true)
    }
}
