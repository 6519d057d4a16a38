//! [`Learned`]: settings that a server has refused.
//!
//! Otherwise each call of a conversation would be refused once before it succeeds, which costs a round trip per
//! call of a tool loop. Reports: <https://github.com/kortix-ai/suna/pull/6894>,
//! <https://github.com/NousResearch/hermes-agent/pull/15416>, <https://github.com/rcourtman/Pulse/pull/1867>.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use geppetto_engine::{InferenceConfig, StructuredOutput, ToolConfig, ToolDefinition};
use serde_json::{Map, Value};

use super::limit;
use crate::Settings;

/// Maximum number of remembered refusals per engine. The oldest one is forgotten first.
const MOST: usize = 16;

/// A setting, and the reason for its omission.
type LeftOut = (&'static str, &'static str);

/// What had to be changed for a call to succeed.
#[derive(Debug)]
pub(super) struct Lesson {
    /// The configuration before the changes.
    inference: InferenceConfig,
    pub(super) left_out: Vec<LeftOut>,
    /// The output limit of the model.
    pub(super) limit: Option<u64>,
}

impl Lesson {
    /// Creates an empty lesson about a call with these settings, which are not changed yet.
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            inference: settings.inference.clone(),
            left_out: Vec::new(),
            limit: None,
        }
    }
}

/// Settings that the server of an engine has refused.
///
/// A refusal applies to calls with equal settings only, because a server that refuses a value, or a combination
/// of settings, may accept others.
#[derive(Debug, Default)]
pub(crate) struct Learned(Mutex<VecDeque<Refusal>>);

#[derive(Debug)]
struct Refusal {
    model: String,
    inference: InferenceConfig,
    tools: Vec<ToolDefinition>,
    tool_config: ToolConfig,
    output: Option<StructuredOutput>,
    extra: Map<String, Value>,
    left_out: Vec<LeftOut>,
    limit: Option<u64>,
}

impl Refusal {
    fn applies_to(&self, settings: &Settings, inference: &InferenceConfig) -> bool {
        self.model == settings.model
            && self.inference == *inference
            && self.tool_config == settings.tool_config
            && self.output == settings.output
            && self.extra == settings.extra
            && self.tools == settings.tools
    }
}

impl Learned {
    /// Remembers what had to be changed for a call to succeed.
    pub(super) fn remember(&self, settings: &Settings, lesson: Lesson) {
        let Lesson {
            inference,
            left_out,
            limit,
        } = lesson;
        if left_out.is_empty() && limit.is_none() {
            return;
        }
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = refusals.iter_mut();
        if let Some(known) = known.find(|known| known.applies_to(settings, &inference)) {
            let is_new = |left_out: &LeftOut| !known.left_out.contains(left_out);
            let added: Vec<LeftOut> = left_out.into_iter().filter(is_new).collect();
            known.left_out.extend(added);
            known.limit = limit.or(known.limit);
            return;
        }
        if refusals.len() == MOST {
            refusals.pop_front();
        }
        refusals.push_back(Refusal {
            model: settings.model.clone(),
            inference,
            tools: settings.tools.clone(),
            tool_config: settings.tool_config.clone(),
            output: settings.output.clone(),
            extra: settings.extra.clone(),
            left_out,
            limit,
        });
    }

    /// Omits what the server refused in an earlier call with the same settings.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = refusals.iter();
        let Some(known) = known.find(|known| known.applies_to(settings, &settings.inference))
        else {
            return;
        };
        for (setting, why) in &known.left_out {
            if !settings.unsent.has(setting) {
                settings.unsent.add(setting, *why);
            }
        }
        if let Some(limit) = known.limit {
            limit::apply(limit, &mut settings.inference);
            settings.unsent.add(limit::SETTING, limit::why(limit));
        }
        if let Some(stream) = settings.unsent.form() {
            settings.stream = stream;
        }
    }
}
