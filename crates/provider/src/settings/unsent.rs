//! [`Unsent`]: settings that are left out of a request, so that none is left out in silence.

use std::borrow::Cow;

use geppetto_engine::ResponseWriter;
use serde_json::{Map, Value, json};

use crate::output::inform;

/// Message of the event.
pub(crate) const MESSAGE: &str = "settings were not sent";

/// Settings that are not sent, with reasons.
#[derive(Debug, Default)]
pub struct Unsent(Vec<(&'static str, Cow<'static, str>)>);

impl Unsent {
    /// Adds a setting, with the reason for the user.
    pub fn add(&mut self, setting: &'static str, why: impl Into<Cow<'static, str>>) {
        self.0.push((setting, why.into()));
    }

    /// Returns `true` if the setting is not sent.
    #[must_use]
    pub fn has(&self, setting: &str) -> bool {
        self.0.iter().any(|(unsent, _)| *unsent == setting)
    }

    /// Returns `true` if the server refuses to reply in one body (`one_body`), `false` if it refuses to stream
    /// (`stream`).
    pub(crate) fn form(&self) -> Option<bool> {
        if self.has("stream") {
            return Some(false);
        }
        self.has("one_body").then_some(true)
    }

    /// Publishes one `info` event that names the settings, and logs each at debug level, at the
    /// first attempt of a call.
    pub(crate) fn announce(&self, writer: &ResponseWriter<'_>) {
        if self.0.is_empty() || writer.attempt() > 1 {
            return;
        }
        let settings: Map<String, Value> = self
            .0
            .iter()
            .map(|(setting, why)| ((*setting).to_owned(), Value::from(why.as_ref())))
            .collect();
        for (setting, why) in &self.0 {
            tracing::debug!(setting, why = %why, "setting not sent");
        }
        inform(writer, MESSAGE, json!({ "settings": settings }));
    }
}
