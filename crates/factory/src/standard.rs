//! [`StandardFactory`].

use std::{fmt, sync::Arc};

use geppetto_engine::Engine;
use geppetto_provider::TokenSource;
use geppetto_settings::{Address, InferenceSettings, Resolved};
use geppetto_transport::HttpClient;

use crate::{
    EngineFactory, FactoryError,
    api_type::{ApiType, SUPPORTED},
    http::Clients,
    places::Places,
};

/// Creates engines of the providers that are built in.
///
/// Its engines share connections and the retry budget, except for engines with different proxies.
///
/// ```
/// use geppetto_factory::{EngineFactory, StandardFactory};
/// use geppetto_settings::InferenceSettings;
///
/// let factory = StandardFactory::new();
/// let settings = InferenceSettings::from_yaml("chat: {api_type: openai}")?;
/// let error = factory.create(&settings).err().unwrap();
/// assert!(error.to_string().contains("--ai-engine"), "{error}");
/// assert!(factory.supported().contains(&"ollama"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct StandardFactory {
    pub(crate) clients: Clients,
    pub(crate) tokens: Vec<(Address, Arc<dyn TokenSource>)>,
    pub(crate) places: Places,
}

impl StandardFactory {
    /// Creates a factory. HTTP clients are created with the first engine that needs one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the HTTP client of all engines: the application decides about proxy and certificates, and the
    /// proxy of the settings is not used. Their time limit still is.
    pub fn http_client(mut self, client: HttpClient) -> Self {
        self.clients.given = Some(client);
        self
    }

    /// Sets a source of API keys that expire, for the server at an address. Requests to this scheme, host
    /// and port carry its tokens, in place of the key of the settings; no other server receives them,
    /// whatever address the settings have.
    pub fn token_source(
        mut self,
        address: impl Into<Address>,
        source: impl TokenSource + 'static,
    ) -> Self {
        self.tokens.push((address.into(), Arc::new(source)));
        self
    }

    /// Sets where the settings come from, for errors: the prefix of variables, the profile in use, and API
    /// keys that belong to other addresses. Those of pinocchio by default.
    pub fn with_sources(mut self, resolved: &Resolved) -> Self {
        self.places = Places::of(resolved);
        self
    }

    /// Returns the source of tokens for the server at an address.
    pub(crate) fn tokens_for(&self, address: &Address) -> Option<Arc<dyn TokenSource>> {
        let mut sources = self.tokens.iter().rev();
        let found = sources.find(|(own, _)| own.same_host(address));
        found.map(|(_, source)| Arc::clone(source))
    }
}

impl EngineFactory for StandardFactory {
    fn create(&self, settings: &InferenceSettings) -> Result<Arc<dyn Engine>, FactoryError> {
        let name = settings.api_type();
        let api_type = ApiType::named(name, || self.places.of_path("chat.api_type"))?;
        match api_type {
            #[cfg(feature = "openai")]
            ApiType::Chat => self.chat(settings),
            #[cfg(feature = "openai")]
            ApiType::Responses => self.responses(settings),
            #[cfg(feature = "anthropic")]
            ApiType::Claude => self.claude(settings),
            #[cfg(feature = "gemini")]
            ApiType::Gemini => self.gemini(settings),
            #[cfg(feature = "demo")]
            ApiType::Demo => self.demo(settings),
            ApiType::NotBuiltIn(_) => Err(FactoryError::new(
                crate::FactoryErrorKind::NotBuiltIn,
                format!("the API type `{name}` is not available"),
            )),
        }
    }

    fn supported(&self) -> &[&str] {
        SUPPORTED
    }
}

/// Shows the addresses of sources of tokens, and nothing of the sources.
impl fmt::Debug for StandardFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: Vec<&Address> = self.tokens.iter().map(|(address, _)| address).collect();
        f.debug_struct("StandardFactory")
            .field("clients", &self.clients)
            .field("tokens", &tokens)
            .field("places", &self.places)
            .finish()
    }
}
