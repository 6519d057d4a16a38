//! The Responses wire.
//!
//! | what | where |
//! |---|---|
//! | [`ResponsesEngine`], [`ResponsesEngineBuilder`] | the engine and its settings |
//! | [`ResponsesOptions`] | settings that only this API has |
//! | [`keys`] | what this wire keeps in turns and blocks |
//!
//! Settings come from the turn's data first (`geppetto_engine::keys`), then from the engine's
//! defaults. [`OPENAI_INFERENCE_CONFIG`](crate::keys::OPENAI_INFERENCE_CONFIG) holds an object of
//! request fields that are passed through as they stand and replace those of the same name; null leaves a field out. Settings that do
//! not exist in this API (`stop`, `seed`, `thinking_type`, `thinking_budget`), and those that the model
//! is known to refuse, are left out; one `info` event, `settings were not sent`, names them.
//!
//! Built-in tools ([`keys::SERVER_TOOLS`]) are passed through. Their progress is published as
//! [`ServerTool`](geppetto_events::kind::ServerTool) events; the items that they leave are blocks of kind
//! [`keys::ITEM_KIND`], which go back as they came. Event types that have no type of their own
//! here are published as custom events named `openai.responses.` and the API's name.
//!
//! A reasoning item goes back with its id, summary and encrypted content when the item that
//! followed it goes back too, and when the server and the model are the same. Ids, fields and items
//! that a server gave are sent to no other. Where the server says that it cannot read what is
//! encrypted, because the account is another one, the call is made once more without it, and an
//! `info` event says so.

use geppetto_engine::EngineError;
use geppetto_provider::{
    CountTokens, Fault, Inference, Remedy, Server, Settings, Settled, Wire, WireEngine,
    WireEngineBuilder, WireRequest, read::no_object,
};
use geppetto_turns::{Block, Content, DataKey, Turn};
use serde::Deserialize;
use serde_json::{Value, json};

mod fold;
pub mod keys;
mod options;
mod request;
mod wire;

#[cfg(test)]
mod tests;

pub use fold::ResponsesFold;
pub use options::{Include, ResponsesOptions};

use crate::account;
use request::{Purpose, Request, Sealed};

/// The `type` in the payload of a block that is a call of a custom tool.
const CUSTOM_TOOL: &str = "custom";

const PATH: &str = "/responses";
const COUNT_PATH: &str = "/responses/input_tokens";

/// Asks a server of the Responses format. Cheap to clone; clones share connections.
pub type ResponsesEngine = WireEngine<Responses>;

/// Settings of a [`ResponsesEngine`].
pub type ResponsesEngineBuilder = WireEngineBuilder<Responses>;

/// The Responses wire.
#[derive(Debug)]
pub struct Responses {
    options: ResponsesOptions,
    /// The host.
    server: String,
}

impl Responses {
    /// The settings that only this API has.
    #[must_use]
    pub fn options(&self) -> &ResponsesOptions {
        &self.options
    }

    fn encode(&self, call: &Inference<'_>, purpose: Purpose) -> Result<Vec<u8>, EngineError> {
        let sealed = if call.is_remedied() {
            Sealed::LeftOut
        } else {
            Sealed::Sent
        };
        Request::of(call.settings(), call.turn(), &self.server)?.encode(
            call.turn(),
            &self.options,
            purpose,
            sealed,
        )
    }

    fn send(&self, path: &'static str, body: Vec<u8>) -> Result<WireRequest, EngineError> {
        let options = &self.options;
        let (organization, project) = (&options.organization, &options.project);
        let request = WireRequest::new(path, body);
        account::headers(request, organization.as_deref(), project.as_deref())
    }
}

impl Wire for Responses {
    type Options = ResponsesOptions;
    type Fold = ResponsesFold;

    const PROVIDER: &'static str = "open_responses";
    const BASE_URL: &'static str = account::BASE_URL;
    const PATH: &'static str = PATH;
    const FORMAT: &'static str = "of the Responses API";
    const PASSED_THROUGH: Option<DataKey<Value>> = Some(crate::keys::OPENAI_INFERENCE_CONFIG);
    const RESERVED: &'static [&'static str] = &["input", "model", "stream"];

    fn new(options: ResponsesOptions, server: &Server) -> Result<Self, EngineError> {
        account::check_key(server)?;
        Ok(Self {
            options,
            server: server.authority().to_owned(),
        })
    }

    fn adapt(&self, settings: &mut Settings, _: &Turn) -> Result<(), EngineError> {
        request::leave_out(settings, &self.server);
        Ok(())
    }

    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        self.send(PATH, self.encode(call, Purpose::Reply)?)
    }

    fn fold(&self, call: &Inference<'_>) -> ResponsesFold {
        ResponsesFold::new(&call.settings().model)
    }

    /// Encrypted reasoning is left out where the server cannot read it: it came from another
    /// account, or its key has changed.
    ///
    /// Reports: <https://github.com/openai/codex/issues/8145>,
    /// <https://github.com/Wei-Shaw/sub2api/issues/3038>.
    fn remedy(&self, call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        let is_unreadable = error.provider_code() == Some(INVALID_ENCRYPTED);
        let mut blocks = call.turn().blocks.iter();
        (is_unreadable && blocks.any(|block| is_sealed(block)))
            .then(|| Remedy::new(UNREADABLE, json!({"code": INVALID_ENCRYPTED})))
    }

    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        if call.is_remedied {
            forget_sealed(turn, call.first);
        }
        let origin = request::origin(&self.server, call.settings);
        origin.mark(turn, call.first, is_of_server);
    }
}

impl CountTokens for Responses {
    fn count_request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        self.send(COUNT_PATH, self.encode(call, Purpose::Count)?)
    }

    fn counted(body: &str) -> Result<u64, Fault> {
        /// The reply to a request that counts tokens.
        #[derive(Deserialize)]
        struct Counted {
            input_tokens: u64,
        }

        let counted: Counted = parse(body)?;
        Ok(counted.input_tokens)
    }
}

/// Reads a body of JSON.
fn parse<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Fault> {
    // A list would be read as the fields of an object, one by one.
    if body.trim_start().starts_with('[') {
        return Err(Fault::syntax(no_object()));
    }
    serde_json::from_str(body).map_err(Fault::syntax)
}

/// The message of the event that says that reasoning was left out.
const UNREADABLE: &str = "the server could not read earlier reasoning, which is left out";

const INVALID_ENCRYPTED: &str = "invalid_encrypted_content";

fn is_sealed(block: &Block) -> bool {
    matches!(&block.content, Content::Reasoning(own) if own.encrypted_content.is_some())
}

/// Notes on the reasoning before `end` that the server could not read it.
fn forget_sealed(turn: &mut Turn, end: usize) {
    for index in 0..end {
        if turn.blocks.get(index).is_some_and(|block| is_sealed(block))
            && let Some(block) = turn.blocks.make_mut(index)
        {
            block
                .metadata
                .set_raw(keys::UNREADABLE.id(), Value::Bool(true));
        }
    }
}

/// Whether a block has what its server alone knows: an id, encrypted reasoning, an item.
fn is_of_server(block: &Block) -> bool {
    match &block.content {
        Content::LlmText(text) => text.item_id.is_some(),
        Content::ToolCall(call) => call.item_id.is_some(),
        Content::Reasoning(_) => true,
        Content::Other(other) => other.kind == keys::ITEM_KIND,
        _ => false,
    }
}
