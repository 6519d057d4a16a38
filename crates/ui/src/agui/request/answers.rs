//! Answers to tool calls that wait: decisions of a person, and results of the client's tools.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::{RunInput, text_of};
use crate::{RequestError, agui::CONFIRM};

/// Answer to a tool call that waits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// A person allows the call, with other arguments if there are some.
    Allow {
        /// Id of the call.
        call: String,
        /// Arguments in place of the model's.
        arguments: Option<Value>,
    },
    /// A person does not allow the call.
    Deny {
        /// Id of the call.
        call: String,
        /// Reason, if there is one.
        reason: Option<String>,
    },
    /// The client has executed the tool.
    Output {
        /// Id of the call.
        call: String,
        /// Result.
        result: String,
    },
    /// The client could not execute the tool.
    Failed {
        /// Id of the call.
        call: String,
        /// The error.
        error: String,
    },
}

impl Answer {
    /// Returns the id of the call, as the provider has it.
    #[must_use]
    pub fn call(&self) -> &str {
        let (Self::Allow { call, .. }
        | Self::Deny { call, .. }
        | Self::Output { call, .. }
        | Self::Failed { call, .. }) = self;
        provider_id(call)
    }

    /// Returns the id of the call, as the stream had it.
    #[must_use]
    pub fn shown_call(&self) -> &str {
        let (Self::Allow { call, .. }
        | Self::Deny { call, .. }
        | Self::Output { call, .. }
        | Self::Failed { call, .. }) = self;
        call
    }
}

/// Returns the id of a call without the number that makes it unique.
pub(super) fn provider_id(call: &str) -> &str {
    match call.rsplit_once('#') {
        Some((id, number)) if number.parse::<usize>().is_ok() => id,
        _ => call,
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resume {
    interrupt_id: String,
    status: String,
    #[serde(default)]
    payload: Value,
}

impl Resume {
    /// Returns the id of the tool call.
    pub(super) fn call(&self) -> &str {
        let id = self.interrupt_id.as_str();
        id.strip_prefix(CONFIRM).unwrap_or(id)
    }
}

impl RunInput {
    pub(super) fn resumed(&self) -> Result<Vec<Answer>, RequestError> {
        let resume = self.resume.iter().flatten();
        resume.map(decision).collect()
    }

    /// Returns the results of tools at the end of the messages.
    pub(super) fn results(&self) -> Vec<Answer> {
        let messages = self.messages.iter().rev();
        let messages = messages.skip_while(|own| matches!(&*own.role, "activity" | "reasoning"));
        let results = messages.map_while(|own| {
            let call = own.tool_call_id.clone().filter(|_| own.role == "tool")?;
            Some(match own.error.clone().filter(|error| !error.is_empty()) {
                Some(error) => Answer::Failed { call, error },
                None => Answer::Output {
                    call,
                    result: text_of(&own.content),
                },
            })
        });
        let mut results: Vec<Answer> = results.collect();
        results.reverse();
        let decided: HashMap<&str, ()> = self
            .resume
            .iter()
            .flatten()
            .map(|own| (own.call(), ()))
            .collect();
        results.retain(|own| !decided.contains_key(own.shown_call()));
        // Some clients send a result twice; the first counts
        // (<https://github.com/agno-agi/agno/pull/5191>).
        let mut seen = HashSet::new();
        results.retain(|own| seen.insert(own.shown_call().to_owned()));
        results
    }
}

/// Reads a decision: a boolean, or an object with `approved`. Nothing else allows a call.
fn decision(resume: &Resume) -> Result<Answer, RequestError> {
    let call = resume.call().to_owned();
    let payload = &resume.payload;
    let reason = ["reason", "message", "feedback"];
    let reason = reason.iter().find_map(|name| payload.get(name)?.as_str());
    let reason = reason.map(str::to_owned);
    if resume.status == "cancelled" {
        return Ok(Answer::Deny { call, reason });
    }
    if resume.status != "resolved" {
        let status: String = resume.status.chars().take(80).collect();
        return Err(RequestError(format!(
            "the status `{status}` of a resume entry is not known; known are `resolved` and \
             `cancelled`"
        )));
    }
    let names = ["approved", "accepted", "approve", "accept"];
    let named = names.iter().find_map(|name| payload.get(name)?.as_bool());
    match payload.as_bool().or(named) {
        Some(true) => {
            let names = ["editedArgs", "edited_args", "arguments", "args"];
            let own = names.iter().find_map(|name| payload.get(name));
            let arguments = own.filter(|own| own.is_object()).cloned();
            Ok(Answer::Allow { call, arguments })
        }
        Some(false) => Ok(Answer::Deny { call, reason }),
        None => Err(RequestError(
            "the payload of a resume entry decides nothing; send `{\"approved\": true}` or \
             `{\"approved\": false}`"
                .to_owned(),
        )),
    }
}
