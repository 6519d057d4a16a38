//! [`Settings`]: each value, and where it came from.

use std::fmt;

use clap::ValueEnum;
use geppetto_transport::ApiKey;

use crate::Failure;

/// The options that all examples have.
#[derive(Debug, Clone, clap::Parser)]
pub struct Options {
    /// The model to ask [default: what the server has, or one of OpenAI].
    #[arg(long)]
    pub model: Option<String>,
    /// The model that OpenAI is asked for when nobody names one: `gpt-4o-mini`, unless the example
    /// needs another.
    #[arg(skip)]
    pub default_model: Option<&'static str>,
    /// The server's address up to and with its version, such as http://localhost:8000/v1
    /// [env: `OPENAI_BASE_URL`].
    #[arg(long)]
    pub base_url: Option<String>,
    /// Ask the embedded demo provider, whatever the environment and this machine offer.
    #[arg(long, conflicts_with = "base_url")]
    pub demo: bool,
    /// How to print events.
    #[arg(long, value_enum)]
    pub output: Option<OutputFormat>,
    /// Print each setting and where it came from, and stop.
    #[arg(long)]
    pub print_settings: bool,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// Text as it comes, for people.
    #[default]
    Text,
    /// Each event as a line of JSON.
    Jsonl,
    /// Each event as a document of YAML.
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
    /// Nobody said anything.
    Default,
    /// A server was asked.
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

/// A value, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Setting<T> {
    pub(crate) fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

/// What an example runs with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The model; absent while the server has not been asked for one.
    pub model: Option<Setting<String>>,
    /// The server; absent while none has been chosen.
    pub base_url: Option<Setting<String>>,
    /// Whether nobody but the embedded demo provider may be asked.
    pub demo: bool,
    /// The key.
    pub api_key: Option<Setting<ApiKey>>,
    /// The model to ask for when nobody names one.
    pub default_model: &'static str,
    /// How events are printed.
    pub output: Setting<OutputFormat>,
}

const DEFAULT_MODEL: &str = "gpt-4o-mini";

const OPENAI: &str = "https://api.openai.com/v1";

impl Settings {
    /// Resolves the settings: flags first, then the environment, then defaults.
    ///
    /// # Errors
    ///
    /// When a value cannot work: the setting's name, where it came from, what is allowed.
    pub fn resolve(
        options: &Options,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let flags = options;
        // The demo provider has a model of its own and wants no key.
        let env = |name| env(name).filter(|value| !flags.demo && !value.trim().is_empty());
        let flag = |value: &Option<String>, name| {
            value
                .clone()
                .map(|value| Setting::new(value, Source::Flag(name)))
        };
        let from_env =
            |name: &'static str| env(name).map(|value| Setting::new(value, Source::Env(name)));
        let api_key = env("OPENAI_API_KEY")
            .map(|key| Setting::new(ApiKey::new(key), Source::Env("OPENAI_API_KEY")));
        let base_url = flag(&flags.base_url, "--base-url")
            .or_else(|| from_env("OPENAI_BASE_URL"))
            .or_else(|| {
                let chosen = api_key.is_some();
                chosen.then(|| Setting::new(OPENAI.to_owned(), Source::Default))
            });
        if let Some(base_url) = &base_url {
            check_url(base_url)?;
        }
        let model = flag(&flags.model, "--model").or_else(|| from_env("OPENAI_MODEL"));
        if let Some(model) = model.as_ref().filter(|model| model.value.trim().is_empty()) {
            return Err(bad("model", model, "allowed is the name of a model"));
        }
        let output = flags.output.map_or(
            Setting::new(OutputFormat::Text, Source::Default),
            |output| Setting::new(output, Source::Flag("--output")),
        );
        Ok(Self {
            model,
            base_url,
            demo: flags.demo,
            api_key,
            default_model: options.default_model.unwrap_or(DEFAULT_MODEL),
            output,
        })
    }

    /// The settings of this process's environment.
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
    /// A line for each setting: name, value, source; keys masked.
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
