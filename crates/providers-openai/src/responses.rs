//! The Responses wire.
//!
//! | item | purpose |
//! |---|---|
//! | [`ResponsesEngine`], [`ResponsesEngineBuilder`] | the engine and its settings |
//! | [`ResponsesOptions`] | settings specific to this API |
//! | [`keys`] | keys of turns and blocks of this wire |
//!
//! Settings in the data of the turn (`geppetto_engine::keys`) take precedence over the engine's
//! defaults. [`OPENAI_INFERENCE_CONFIG`](crate::keys::OPENAI_INFERENCE_CONFIG) is an object of
//! request fields that are passed through unchanged and replace those of the same name; null omits
//! a field. Settings that do not exist in this API (`stop`, `seed`, `thinking_type`,
//! `thinking_budget`), and those that the model is known to refuse, are omitted; one `info` event,
//! `settings were not sent`, names them.
//!
//! Built-in tools ([`keys::SERVER_TOOLS`]) are passed through. Their progress is published as
//! [`ServerTool`](geppetto_events::kind::ServerTool) events; their items become blocks of kind
//! [`keys::ITEM_KIND`], which are sent back unchanged. Event types without a type in this crate are
//! published as custom events named `openai.responses.` followed by the API's name.
//!
//! A reasoning item is sent back with its id, summary and encrypted content if the item after it is
//! sent back too, and if the server and the model are the same. Ids, fields and items of a server
//! are sent to no other. If the server reports that it cannot decrypt the content, because the
//! account is another one, the call is repeated once without it, and an `info` event reports that.

use geppetto_engine::EngineError;
use geppetto_provider::{
    CountTokens, Fault, Inference, Remedy, Server, Settings, Settled, Wire, WireEngine,
    WireEngineBuilder, WireRequest,
    read::no_object,
    request::{media_remedy, results_remedy},
    rules::flag_before,
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

use crate::{account, refused};
use request::{Purpose, Request, Sealed};

/// Value of `type` in the payload of a block for a call of a custom tool.
const CUSTOM_TOOL: &str = "custom";

const PATH: &str = "/responses";
const COUNT_PATH: &str = "/responses/input_tokens";

/// Calls a server in the Responses format. Cheap to clone; clones share connections.
pub type ResponsesEngine = WireEngine<Responses>;

/// Configures a [`ResponsesEngine`].
pub type ResponsesEngineBuilder = WireEngineBuilder<Responses>;

/// The Responses wire.
#[derive(Debug)]
pub struct Responses {
    options: ResponsesOptions,
    /// Host of the server.
    server: String,
}

impl Responses {
    /// Returns the settings specific to this API.
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
        Request::of(call.settings(), call.turn(), &self.server, &self.options)?.encode(
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

    /// Omits encrypted reasoning and compactions if the server cannot decrypt them, because they
    /// came from another account or the key has changed, or if it refuses an item or its id; or a setting or
    /// images that the server refuses.
    ///
    /// Reports: <https://github.com/openai/codex/issues/8145>,
    /// <https://github.com/Wei-Shaw/sub2api/issues/3038>,
    /// <https://github.com/maximhq/bifrost/issues/6488>,
    /// <https://github.com/NousResearch/hermes-agent/pull/101243>, <https://github.com/laravel/ai/pull/1052>.
    fn remedy(&self, call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        let is_unreadable = refused::is_about_items(error);
        let mut blocks = call.turn().blocks.iter();
        if is_unreadable && blocks.any(|block| is_sealed(block) || has_id(block)) {
            let data = json!({"code": error.provider_code()});
            return Some(Remedy::new(UNREADABLE, data));
        }
        let of_media = media_remedy(call, error).or_else(|| results_remedy(call, error));
        if of_media.is_some() {
            return of_media;
        }
        let settings = call.settings();
        let effort = settings.inference.reasoning_effort.as_deref();
        let of_settings = refused::remedy(error, effort, |setting| {
            request::can_leave_out(settings, &self.options, setting)
        });
        of_settings.or_else(|| items_remedy(call, error))
    }

    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        if call.is_remedied {
            let is_refused = |block: &Block| is_sealed(block) || has_id(block);
            flag_before(turn, call.first, &keys::UNREADABLE, is_refused);
        }
        if call.settings.unsent.has(refused::ITEMS) {
            flag_before(turn, call.first, &keys::UNREADABLE, is_item);
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
        /// Reply to a request that counts tokens.
        #[derive(Deserialize)]
        struct Counted {
            input_tokens: u64,
        }

        let counted: Counted = parse(body)?;
        Ok(counted.input_tokens)
    }
}

/// Parses a JSON body.
fn parse<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Fault> {
    // A list would be parsed as the fields of an object, in order.
    if body.trim_start().starts_with('[') {
        return Err(Fault::syntax(no_object()));
    }
    serde_json::from_str(body).map_err(Fault::syntax)
}

/// Message of the event that reports the omission of reasoning.
const UNREADABLE: &str = "the server could not read earlier reasoning, which is left out";

/// Reason for the omission of items of built-in tools.
const NO_ITEMS: &str = "the server does not accept items of its built-in tools as it sent them";

fn is_sealed(block: &Block) -> bool {
    match &block.content {
        Content::Reasoning(own) => own.encrypted_content.is_some(),
        Content::Other(other) if other.kind == keys::ITEM_KIND => {
            request::is_sealed_item(&other.payload)
        }
        _ => false,
    }
}

/// Returns `true` if a text or a call has an id of the server.
fn has_id(block: &Block) -> bool {
    match &block.content {
        Content::LlmText(text) => text.item_id.is_some(),
        Content::ToolCall(call) => call.item_id.is_some(),
        _ => false,
    }
}

/// Returns the remedy for an error that refuses a field of an item of a built-in tool.
fn items_remedy(call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
    let mut blocks = call.turn().blocks.iter();
    let is_new = !call.settings().unsent.has(refused::ITEMS);
    (is_new && refused::is_about_fields(error) && blocks.any(|block| is_item(block)))
        .then(|| Remedy::without(refused::ITEMS, NO_ITEMS).of_contents())
}

/// Returns `true` if a block is an item of a built-in tool, as the server sent it.
fn is_item(block: &Block) -> bool {
    match &block.content {
        Content::Other(other) => {
            other.kind == keys::ITEM_KIND && !request::is_sealed_item(&other.payload)
        }
        _ => false,
    }
}

/// Returns `true` if a block has server-specific contents: an id, encrypted reasoning, an item.
fn is_of_server(block: &Block) -> bool {
    match &block.content {
        Content::Reasoning(_) => true,
        Content::Other(other) => other.kind == keys::ITEM_KIND,
        _ => has_id(block),
    }
}
