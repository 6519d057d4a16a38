//! [`Options`]: the command line of the examples that talk to a provider.

use clap::ValueEnum;
use geppetto_settings::{Address, Layer, Secret, SettingsArgs, SettingsError, Source};

/// The options of the examples that talk to a provider: short names of common settings, and all settings.
#[derive(Debug, Clone, clap::Parser)]
pub struct Options {
    /// Model to ask, short for --ai-engine [default: gpt-5-mini, or that of a
    /// local server; also OPENAI_MODEL].
    #[arg(long, conflicts_with = "ai-engine")]
    pub model: Option<String>,
    /// Server to ask, such as http://localhost:8000/v1; short for
    /// --openai-base-url [also OPENAI_BASE_URL].
    #[arg(long, value_name = "URL", conflicts_with = "openai-base-url", value_parser = address)]
    pub base_url: Option<Address>,
    /// API key, short for --openai-api-key. Prefer OPENAI_API_KEY: command
    /// lines are visible to others.
    #[arg(long, value_name = "KEY", conflicts_with = "openai-api-key", value_parser = key)]
    pub api_key: Option<Secret>,
    /// Ask the embedded demo provider, whatever is configured.
    #[arg(long)]
    pub demo: bool,
    /// How to print events.
    #[arg(long, value_enum, default_value_t)]
    pub output: OutputFormat,
    /// All settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The API of the example.
    #[arg(skip)]
    pub api: Api,
}

/// The API that an example is about: what is asked if the user names no other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Api {
    /// Name of the API in settings.
    pub name: &'static str,
    /// Model if none is named.
    pub model: &'static str,
    /// Environment variables that choose a real server, for messages.
    pub variables: &'static str,
}

impl Api {
    /// OpenAI's, which other servers have, too.
    pub const OPENAI: Self = Self {
        name: "openai",
        model: DEFAULT_MODEL,
        variables: "OPENAI_API_KEY or OPENAI_BASE_URL",
    };
    /// Anthropic's.
    pub const CLAUDE: Self = Self {
        name: "claude",
        model: "claude-sonnet-4-5",
        variables: "ANTHROPIC_API_KEY",
    };
    /// Google's.
    pub const GEMINI: Self = Self {
        name: "gemini",
        model: "gemini-2.5-flash",
        variables: "GEMINI_API_KEY",
    };
}

impl Default for Api {
    fn default() -> Self {
        Self::OPENAI
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
fn key(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

#[allow(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
fn address(text: &str) -> Result<Address, std::convert::Infallible> {
    Ok(Address::new(text))
}

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// The answer on stdout, everything else on stderr.
    #[default]
    Text,
    /// Events as lines of JSON; ids only where they change.
    Jsonl,
    /// Events as lines of JSON, with all ids.
    JsonlFull,
    /// Events as YAML documents.
    Yaml,
}

/// The model if none is named. The README and the guides name the same one.
pub const DEFAULT_MODEL: &str = "gpt-5-mini";

impl Options {
    /// Sets the API of the example.
    #[must_use]
    pub fn of(mut self, api: Api) -> Self {
        self.api = api;
        self
    }

    /// Returns the layer of the flags.
    pub(crate) fn layer(&self) -> Result<Layer, SettingsError> {
        let url = self.base_url.as_ref().map(Address::as_str);
        let key = self.api_key.as_ref().map(Secret::expose);
        let (base_url, api_key) = (self.base_url_flag(), format!("{}-api-key", self.api.name));
        let short = [
            ("ai-engine", "model", self.model.as_deref()),
            (base_url.as_str(), "base-url", url),
            (api_key.as_str(), "api-key", key),
        ];
        let mut layer = self.settings.layer()?;
        for (flag, name, value) in short {
            let name = name.to_owned();
            layer = layer.set_from(flag, value.unwrap_or_default(), Source::Flag { name })?;
        }
        Ok(layer)
    }

    /// Returns the name of the setting of the server.
    pub(crate) fn base_url_flag(&self) -> String {
        format!("{}-base-url", self.api.name)
    }

    /// Returns the layer of what the example prefers.
    pub(crate) fn fallback(&self) -> Result<Layer, SettingsError> {
        let what = "API of the example".to_owned();
        let name = match self.api {
            Api::OPENAI => "",
            api => api.name,
        };
        Layer::fallback().set_from("ai-api-type", name, Source::Fallback { what })
    }
}
