//! [`Messages`]: the wire.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::{
    CountTokens, Fault, Inference, KeyHeader, Remedy, Server, Settings, Settled, Wire, WireEngine,
    WireEngineBuilder, WireRequest,
    read::Counts,
    request::{media_remedy, results_remedy},
    rules::{NameForm, flag_before},
};
use geppetto_turns::{Block, Content, DataKey, FinishClass, Turn, keys::turn_meta};
use serde_json::{Value, json};

use crate::{
    MessagesFold, MessagesOptions,
    address::{Address, PATH},
    keys, refused,
    request::{Purpose, Request, server_tools},
    settings,
};

/// Version of the API, which each request names.
const API_VERSION: &str = "2023-06-01";

/// Calls a server in the Messages format. Cheap to clone; clones share connections.
pub type MessagesEngine = WireEngine<Messages>;

/// Configures a [`MessagesEngine`].
pub type MessagesEngineBuilder = WireEngineBuilder<Messages>;

/// The Messages wire.
#[derive(Debug)]
pub struct Messages {
    options: MessagesOptions,
    /// Host of the server.
    server: String,
    address: Address,
}

impl Messages {
    /// Returns the settings specific to this API.
    #[must_use]
    pub fn options(&self) -> &MessagesOptions {
        &self.options
    }

    /// Returns `true` if the server is Anthropic's own.
    fn is_anthropic(&self) -> bool {
        let host = self.server.split(':').next().unwrap_or_default();
        host == "anthropic.com" || host.ends_with(".anthropic.com")
    }

    fn send(
        &self,
        path: String,
        call: &Inference<'_>,
        purpose: Purpose,
    ) -> Result<WireRequest, EngineError> {
        let origin = settings::origin(&self.server, call.settings());
        let is_vertex = self.address.is_vertex();
        let request = Request::of(call, &self.options, origin)?.for_vertex(is_vertex);
        let mut sent = WireRequest::new(path, request.encode(purpose)?);
        if !is_vertex {
            sent = sent.try_with_header("anthropic-version", API_VERSION)?;
        }
        let betas = request.betas(self.is_anthropic())?;
        match betas.is_empty() {
            true => Ok(sent),
            false => sent.try_with_header("anthropic-beta", &betas.join(",")),
        }
    }
}

impl Wire for Messages {
    type Options = MessagesOptions;
    type Fold = MessagesFold;

    const PROVIDER: &'static str = "claude";
    const BASE_URL: &'static str = "https://api.anthropic.com";
    const PATH: &'static str = PATH;
    const FORMAT: &'static str = "of the Messages API";
    const PASSED_THROUGH: Option<DataKey<Value>> = Some(keys::CLAUDE_INFERENCE_CONFIG);
    const RESERVED: &'static [&'static str] = &["messages", "model", "stream"];

    fn new(options: MessagesOptions, server: &Server) -> Result<Self, EngineError> {
        let wire = Self {
            options,
            server: server.authority().to_owned(),
            address: Address::of(server)?,
        };
        if wire.is_anthropic() && !server.has_key() {
            return Err(EngineError::new(
                ErrorKind::Configuration,
                "api_key: is missing; set ANTHROPIC_API_KEY or give the engine a key, or set the base \
                 URL of a server that needs none",
            ));
        }
        Ok(wire)
    }

    fn key_header(&self) -> KeyHeader {
        match self.options.bearer || self.address.is_vertex() {
            true => KeyHeader::Bearer,
            false => KeyHeader::Header("x-api-key".into()),
        }
    }

    fn token_header(&self) -> KeyHeader {
        KeyHeader::Bearer
    }

    fn adapt(&self, settings: &mut Settings, turn: &Turn) -> Result<(), EngineError> {
        settings::adapt(settings, turn, &self.options, &self.server);
        let own = server_tools(turn, &self.options)?;
        let reserved: Vec<&str> = own
            .iter()
            .filter_map(|tool| tool["name"].as_str())
            .collect();
        if !reserved.is_empty() {
            settings.translate_names_beside(NameForm::Plain, &reserved);
        }
        Ok(())
    }

    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        let settings = call.settings();
        let path = self.address.reply(&settings.model, settings.stream);
        self.send(path, call, Purpose::Reply)
    }

    fn fold(&self, _: &Inference<'_>) -> MessagesFold {
        MessagesFold::default()
    }

    /// Omits thinking whose signature the server refuses, because another account or model wrote it, or a
    /// setting that the server refuses.
    ///
    /// Report: <https://github.com/CherryHQ/cherry-studio/issues/12996>.
    fn remedy(&self, call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        let mut blocks = call.turn().blocks.iter();
        if refused::is_signature(error) && blocks.any(|block| is_thinking(block)) {
            return Some(Remedy::new(UNREADABLE, json!({})));
        }
        let of_media = media_remedy(call, error).or_else(|| results_remedy(call, error));
        if of_media.is_some() {
            return of_media;
        }
        let settings = call.settings();
        let mut blocks = call.turn().blocks.iter();
        if refused::is_about_blocks(error)
            && !settings.unsent.has(refused::BLOCKS)
            && blocks.any(|block| is_of_server_tool(block))
        {
            return Some(refused::without_blocks());
        }
        refused::remedy(error, |setting| {
            settings::is_sent(settings, &self.options, setting)
        })
    }

    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        if call.is_remedied {
            flag_before(turn, call.first, &keys::UNREADABLE, is_thinking);
        }
        if call.settings.unsent.has(refused::BLOCKS) {
            flag_before(turn, call.first, &keys::UNREADABLE, is_of_server_tool);
        }
        let origin = settings::origin(&self.server, call.settings);
        origin.mark(turn, call.first, is_of_server);
        mark_end(turn, call.first);
    }
}

/// Marks the last block of a reply with what the next request needs: that it was paused, and the container in
/// which it ran code.
fn mark_end(turn: &mut Turn, first: usize) {
    let result = turn.metadata.get(&turn_meta::INFERENCE_RESULT);
    let Some(result) = result.ok().flatten() else {
        return;
    };
    let container = result
        .details
        .get("container")
        .and_then(|own| own.get("id"))
        .cloned();
    let is_paused = result.finish_class == FinishClass::Paused;
    let length = turn.blocks.len();
    if length <= first || (container.is_none() && !is_paused) {
        return;
    }
    let Some(last) = turn.blocks.make_mut(length - 1) else {
        return;
    };
    if is_paused {
        last.metadata.set_raw(keys::PAUSED.id(), Value::Bool(true));
    }
    if let Some(id) = container {
        last.metadata.set_raw(keys::CONTAINER.id(), id);
    }
}

impl CountTokens for Messages {
    fn count_request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        self.send(self.address.count(), call, Purpose::Count)
    }

    fn counted(body: &str) -> Result<u64, Fault> {
        let tokens = Counts::read(body).and_then(|mut counts| counts.find(&["/input_tokens"]));
        tokens.ok_or_else(|| Fault::not_a_reply("the server sent a body without a count of tokens"))
    }
}

/// Message of the event that reports the omission of thinking.
const UNREADABLE: &str = "the server could not read earlier thinking, which is left out";

fn is_thinking(block: &Block) -> bool {
    matches!(block.content, Content::Reasoning(_))
}

/// Returns `true` if a block is the call or the result of a tool that the server has run itself.
fn is_of_server_tool(block: &Block) -> bool {
    let Content::Other(other) = &block.content else {
        return false;
    };
    let kind = other.payload.get("type").and_then(|kind| kind.as_str());
    other.kind == keys::BLOCK_KIND && kind.is_some_and(settings::is_server_tool)
}

/// Returns `true` if a block has contents that only the server can read.
fn is_of_server(block: &Block) -> bool {
    use geppetto_turns::keys::block_meta::ANNOTATIONS;
    match &block.content {
        Content::Reasoning(_) => true,
        Content::LlmText(_) => block.metadata.contains(&ANNOTATIONS),
        Content::ToolCall(call) => call.extra.get(keys::CALLER).is_some(),
        Content::Other(other) => other.kind == keys::BLOCK_KIND,
        _ => false,
    }
}
