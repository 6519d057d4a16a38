//! [`Gemini`]: the wire.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::{
    CountTokens, Fault, Inference, KeyHeader, Remedy, Server, Settings, Settled, Wire, WireEngine,
    WireEngineBuilder, WireRequest,
    request::media_remedy,
    rules::{Origin, flag_before},
};
use geppetto_turns::{Block, Content, DataKey, Turn};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    GeminiFold, GeminiOptions,
    address::{Address, BASE_URL},
    keys, refused,
    request::{self, To},
};

/// Calls a server in the format of Google's `generateContent` API. Cheap to clone; clones share
/// connections.
pub type GeminiEngine = WireEngine<Gemini>;

/// Configures a [`GeminiEngine`].
pub type GeminiEngineBuilder = WireEngineBuilder<Gemini>;

/// The `generateContent` wire.
#[derive(Debug)]
pub struct Gemini {
    options: GeminiOptions,
    address: Address,
    bearer: bool,
    /// Host of the server.
    server: String,
}

impl Gemini {
    /// Returns the settings specific to this API.
    #[must_use]
    pub fn options(&self) -> &GeminiOptions {
        &self.options
    }

    fn to(&self, settings: &Settings, is_remedied: bool) -> To<'_> {
        To {
            options: &self.options,
            origin: Origin::new(&self.server, &settings.model),
            is_vertex: self.address.is_vertex(),
            is_remedied,
        }
    }
}

impl Wire for Gemini {
    type Options = GeminiOptions;
    type Fold = GeminiFold;

    const PROVIDER: &'static str = "gemini";
    const BASE_URL: &'static str = BASE_URL;
    const FORMAT: &'static str = "of the generateContent API";
    const PASSED_THROUGH: Option<DataKey<Value>> = Some(keys::GEMINI_INFERENCE_CONFIG);
    const RESERVED: &'static [&'static str] = &["contents", "model"];

    fn new(options: GeminiOptions, server: &Server) -> Result<Self, EngineError> {
        let url = server.base_url();
        // The key may be in the query, as in Google's documentation.
        let has_key = server.has_key() || url.contains("?key=") || url.contains("&key=");
        if url.starts_with(BASE_URL) && !has_key {
            return Err(EngineError::new(
                ErrorKind::Configuration,
                "api_key: is missing; set GEMINI_API_KEY or give the engine a key, or set the base \
                 URL of a server that needs none",
            ));
        }
        let address = Address::of(server, &options)?;
        Ok(Self {
            bearer: options.bearer.unwrap_or(address.wants_token()),
            options,
            address,
            server: server.authority().to_owned(),
        })
    }

    fn key_header(&self) -> KeyHeader {
        match self.bearer {
            true => KeyHeader::Bearer,
            false => KeyHeader::Header("x-goog-api-key".into()),
        }
    }

    /// Tokens that expire are those of OAuth, unless the options say otherwise.
    fn token_header(&self) -> KeyHeader {
        match self.options.bearer {
            Some(false) => self.key_header(),
            _ => KeyHeader::Bearer,
        }
    }

    fn adapt(&self, settings: &mut Settings, _: &Turn) -> Result<(), EngineError> {
        request::leave_out(settings, &self.options);
        Ok(())
    }

    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        let settings = call.settings();
        let method = match settings.stream {
            // Without `alt=sse` a stream is a JSON list, which is complete only at its end.
            true => "streamGenerateContent?alt=sse",
            false => "generateContent",
        };
        let to = self.to(settings, call.is_remedied());
        let body = request::encode(settings, call.turn(), &to)?;
        let path = self.address.path(&settings.model, method);
        Ok(WireRequest::new(path, body))
    }

    fn fold(&self, _: &Inference<'_>) -> GeminiFold {
        GeminiFold::default()
    }

    /// Omits the thought signatures if the server cannot read them, because they came from another
    /// account, project or model; or what else it refuses.
    fn remedy(&self, call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        let mut blocks = call.turn().blocks.iter();
        let may_be_signed = |block: &Block| is_signed(block) || block.as_tool_call().is_some();
        if refused::is_about_signatures(error) {
            let is_new = !call.is_remedied() && blocks.any(|block| may_be_signed(block));
            return is_new.then(|| Remedy::new(UNREADABLE, json!({"code": error.provider_code()})));
        }
        media_remedy(call, error).or_else(|| refused::remedy(error, call.settings()))
    }

    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        if call.is_remedied {
            flag_before(turn, call.first, &keys::UNREADABLE, is_signed);
        }
        let origin = Origin::new(&self.server, &call.settings.model);
        origin.mark(turn, call.first, is_of_server);
    }
}

impl CountTokens for Gemini {
    fn count_request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        let settings = call.settings();
        let to = self.to(settings, false);
        let body = request::encode_for_count(settings, call.turn(), &to)?;
        let path = self.address.path(&settings.model, "countTokens");
        Ok(WireRequest::new(path, body))
    }

    fn counted(body: &str) -> Result<u64, Fault> {
        /// Reply to a request that counts tokens.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Counted {
            total_tokens: u64,
        }

        let counted: Counted = serde_json::from_str(body).map_err(Fault::syntax)?;
        Ok(counted.total_tokens)
    }
}

/// Message of the event that reports the omission of signatures.
const UNREADABLE: &str = "the server could not read earlier thought signatures, which are left out";

fn is_signed(block: &Block) -> bool {
    let has = |id: &str| block.metadata.raw(id).is_some();
    has(keys::THOUGHT_SIGNATURE.id())
        || has(keys::SIGNED_PARTS.id())
        || matches!(&block.content, Content::Other(other)
            if other.kind == keys::PART_KIND && other.payload.contains_key("thoughtSignature"))
}

/// Returns `true` if a block has contents for the server only.
fn is_of_server(block: &Block) -> bool {
    match &block.content {
        Content::Reasoning(_) | Content::ToolCall(_) => true,
        Content::Other(other) => other.kind == keys::PART_KIND,
        _ => is_signed(block),
    }
}
