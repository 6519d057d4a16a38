//! [`Provider`]: the server that an example uses.

use geppetto_engine::{EngineError, InferenceConfig};
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_testing::{ProviderServer, demo};

use crate::{
    Failure, Settings, ollama,
    settings::{DEFAULT_MODEL, Setting, Source},
};

/// The server that an example uses: a configured one, an Ollama server on this machine, or the
/// embedded demo provider.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    about: String,
    /// Kept because dropping it stops the server.
    demo: Option<ProviderServer>,
}

impl Provider {
    /// Chooses the server: a configured one (`--base-url`, `OPENAI_BASE_URL`, `OPENAI_API_KEY`);
    /// otherwise an Ollama server, if one answers on its default port; otherwise the embedded demo
    /// provider. `--demo` chooses the demo provider regardless.
    ///
    /// # Errors
    ///
    /// If the embedded demo provider cannot be started, or does not have the named model.
    pub async fn choose(mut settings: Settings) -> Result<Self, Failure> {
        let mut own = None;
        let about = if let Some(base_url) = &settings.base_url {
            let server = geppetto_transport::redact_url(&base_url.value);
            format!("{server} (from {})", base_url.source)
        } else if !settings.demo
            && let Some(model) = ollama::first_model().await
        {
            let detected = || Source::Detected("found on its default port");
            settings.base_url = Some(Setting::new(ollama::BASE_URL.to_owned(), detected()));
            settings
                .model
                .get_or_insert(Setting::new(model, detected()));
            "Ollama on its default port".to_owned()
        } else {
            check_demo_model(&settings)?;
            let server = demo::provider().await.map_err(|error| {
                Failure::Run(format!("cannot start the demo provider: {error}"))
            })?;
            let source = || Source::Detected("embedded demo provider");
            settings.base_url = Some(Setting::new(server.base_url(), source()));
            settings.model = Some(Setting::new(demo::MODEL.to_owned(), source()));
            own = Some(server);
            String::new()
        };
        settings
            .model
            .get_or_insert(Setting::new(DEFAULT_MODEL.to_owned(), Source::Default));
        Ok(Self {
            settings,
            about,
            demo: own,
        })
    }

    /// Returns the settings, with all values resolved.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Describes the choice in lines that fit on a terminal.
    #[must_use]
    pub fn about(&self) -> String {
        if self.settings.demo {
            return "Asking the embedded demo provider (--demo).".to_owned();
        }
        if self.demo.is_some() {
            return "No server is configured: asking the embedded demo provider.\n\
                    Set OPENAI_API_KEY or OPENAI_BASE_URL to ask a real model."
                .to_owned();
        }
        format!("Asking {} at {}", self.model(), self.about)
    }

    /// Creates an engine for the Chat Completions API.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, such as a missing key.
    pub fn chat_engine(&self) -> Result<ChatEngine, EngineError> {
        let mut builder = ChatEngine::builder(self.model());
        if let Some(base_url) = &self.settings.base_url {
            builder = builder.base_url(&base_url.value);
        }
        if let Some(key) = &self.settings.api_key {
            builder = builder.api_key(key.value.clone());
        }
        builder.build()
    }

    /// Creates an engine for the Responses API; `defaults` apply where the turn sets nothing else.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, such as a missing key.
    pub fn responses_engine(
        &self,
        defaults: InferenceConfig,
    ) -> Result<ResponsesEngine, EngineError> {
        let mut builder = ResponsesEngine::builder(self.model()).defaults(defaults);
        if let Some(base_url) = &self.settings.base_url {
            builder = builder.base_url(&base_url.value);
        }
        if let Some(key) = &self.settings.api_key {
            builder = builder.api_key(key.value.clone());
        }
        builder.build()
    }

    fn model(&self) -> &str {
        match &self.settings.model {
            Some(model) => &model.value,
            None => DEFAULT_MODEL,
        }
    }
}

/// The demo provider has one model. Another name was most likely meant for a server whose key is
/// missing.
pub(crate) fn check_demo_model(settings: &Settings) -> Result<(), Failure> {
    let Some(model) = &settings.model else {
        return Ok(());
    };
    if model.value == demo::MODEL {
        return Ok(());
    }
    let (reason, advice) = if settings.demo {
        ("--demo asks the embedded demo provider", "leave out --demo")
    } else {
        (
            "no key is set, so the embedded demo provider would answer",
            "set OPENAI_API_KEY or OPENAI_BASE_URL",
        )
    };
    let only = format!("it only has the model `{}`", demo::MODEL);
    Err(Failure::Setting(format!(
        "{reason}, and {only}, not `{}` (from {}); {advice}",
        model.value, model.source
    )))
}
