//! [`Settings`]: each value and its source.

use std::fmt;

use clap::ValueEnum;
use geppetto_transport::ApiKey;

use crate::Failure;

/// The options of the examples that talk to a provider.
#[derive(Debug, Clone, clap::Parser)]
pub struct Options {
    /// Model to ask [default: gpt-5-mini, or that of a local server].
    #[arg(long, env = "OPENAI_MODEL")]
    pub model: Option<String>,
    /// Base URL of the server, such as http://localhost:8000/v1.
    #[arg(
        long,
        value_name = "URL",
        env = "OPENAI_BASE_URL",
        hide_env_values = true
    )]
    pub base_url: Option<String>,
    /// API key. Prefer the variable: command lines are visible to others.
    #[arg(
        long,
        value_name = "KEY",
        env = "OPENAI_API_KEY",
        hide_env_values = true,
        value_parser = key
    )]
    pub api_key: Option<ApiKey>,
    /// Ask the embedded demo provider, whatever is configured.
    #[arg(long)]
    pub demo: bool,
    /// How to print events.
    #[arg(long, value_enum)]
    pub output: Option<OutputFormat>,
    /// Print each setting and where it came from, and exit.
    #[arg(long)]
    pub print_settings: bool,
}

#[allow(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
fn key(text: &str) -> Result<ApiKey, std::convert::Infallible> {
    Ok(ApiKey::new(text))
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

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A flag of the command line.
    Flag(&'static str),
    /// An environment variable.
    Env(&'static str),
    /// The built-in default.
    Default,
    /// A value that a server reported.
    Detected(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Env(name) | Self::Detected(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The source of the value.
    pub source: Source,
}

impl<T> Setting<T> {
    pub(crate) fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

/// The settings of an example.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The model; `None` until a provider is chosen.
    pub model: Option<Setting<String>>,
    /// The server; `None` until a provider is chosen.
    pub base_url: Option<Setting<String>>,
    /// Whether only the embedded demo provider may be used.
    pub demo: bool,
    /// The API key.
    pub api_key: Option<Setting<ApiKey>>,
    /// How events are printed.
    pub output: Setting<OutputFormat>,
}

/// The model if none is named. The README and the guides name the same one.
pub const DEFAULT_MODEL: &str = "gpt-5-mini";

const OPENAI: &str = "https://api.openai.com/v1";

impl Settings {
    /// Resolves the settings: flags first, then the environment, then defaults.
    ///
    /// # Errors
    ///
    /// If a value is invalid: the name of the setting, its source, and the allowed values.
    pub fn resolve(
        options: &Options,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        // The demo provider has a model of its own and needs no key.
        let from_env = |name: &'static str| {
            let value = env(name).filter(|value| !options.demo && !value.trim().is_empty());
            value.map(|value| Setting::new(value, Source::Env(name)))
        };
        // An option holds the value of the environment if the command line does not set it.
        let given = |value: &Option<String>, flag, name: &'static str| match value {
            Some(value) if env(name).as_ref() != Some(value) => {
                Some(Setting::new(value.clone(), Source::Flag(flag)))
            }
            _ => from_env(name),
        };
        let key = options.api_key.as_ref().map(|key| key.expose().to_owned());
        let key = key.filter(|key| !key.trim().is_empty());
        let api_key = given(&key, "--api-key", "OPENAI_API_KEY")
            .map(|key| Setting::new(ApiKey::new(key.value), key.source));
        let base_url = given(&options.base_url, "--base-url", "OPENAI_BASE_URL").or_else(|| {
            let chosen = api_key.is_some();
            chosen.then(|| Setting::new(OPENAI.to_owned(), Source::Default))
        });
        if options.demo && base_url.is_some() {
            let message =
                "--demo asks the embedded demo provider; leave out --base-url and --api-key";
            return Err(Failure::Setting(message.to_owned()));
        }
        if let Some(base_url) = &base_url {
            check_url(base_url)?;
        }
        let model = given(&options.model, "--model", "OPENAI_MODEL");
        if let Some(model) = model.as_ref().filter(|model| model.value.trim().is_empty()) {
            return Err(bad("model", model, "allowed is the name of a model"));
        }
        let output = options.output.map_or(
            Setting::new(OutputFormat::Text, Source::Default),
            |output| Setting::new(output, Source::Flag("--output")),
        );
        Ok(Self {
            model,
            base_url,
            demo: options.demo,
            api_key,
            output,
        })
    }

    /// Resolves the settings from the environment of this process.
    ///
    /// # Errors
    ///
    /// As for [`resolve`](Self::resolve).
    pub fn from_env(options: &Options) -> Result<Self, Failure> {
        Self::resolve(options, |name| std::env::var(name).ok())
    }
}

fn check_url(url: &Setting<String>) -> Result<(), Failure> {
    let rest = url
        .value
        .strip_prefix("http://")
        .or_else(|| url.value.strip_prefix("https://"));
    match rest {
        Some(rest) if !rest.trim_start_matches('/').is_empty() => Ok(()),
        _ => Err(bad(
            "base_url",
            url,
            "allowed is an address such as http://localhost:8000/v1",
        )),
    }
}

fn bad(name: &str, setting: &Setting<String>, allowed: &str) -> Failure {
    let value = geppetto_transport::redact_url(&setting.value);
    Failure::Setting(format!(
        "{name} is `{value}` (from {}); {allowed}",
        setting.source
    ))
}

impl fmt::Display for Settings {
    /// Prints a line per setting: name, value, source; keys are masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let absent = || ("-".to_owned(), "not set".to_owned());
        let text = |setting: &Option<Setting<String>>, show: &dyn Fn(&str) -> String| {
            setting.as_ref().map_or_else(absent, |setting| {
                (show(&setting.value), setting.source.to_string())
            })
        };
        let output = self.output.value.to_possible_value();
        let rows = [
            ("model", text(&self.model, &str::to_owned)),
            (
                "base_url",
                text(&self.base_url, &|url| geppetto_transport::redact_url(url)),
            ),
            (
                "api_key",
                self.api_key
                    .as_ref()
                    .map_or_else(absent, |key| (key.value.masked(), key.source.to_string())),
            ),
            (
                "output",
                (
                    output
                        .map(|value| value.get_name().to_owned())
                        .unwrap_or_default(),
                    self.output.source.to_string(),
                ),
            ),
        ];
        let width = rows
            .iter()
            .map(|(_, (value, _))| value.chars().count())
            .max()
            .unwrap_or(0);
        for (name, (value, source)) in rows {
            writeln!(f, "{name:<8}  {value:<width$}  ({source})")?;
        }
        Ok(())
    }
}
