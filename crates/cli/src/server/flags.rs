//! [`ServerFlags`]: flags that choose the model.

use geppetto_settings::{Layer, SettingsArgs, SettingsError, Source};

/// Flags that choose the model, and all settings.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerFlags {
    /// Model to ask, short for --ai-engine. The provider follows from the names of Anthropic's,
    /// Google's and OpenAI's models unless it is set.
    #[arg(short, long, conflicts_with = "ai-engine")]
    model: Option<String>,
    /// Ask the built-in demo, whatever is configured.
    #[arg(long, conflicts_with_all = ["model", "ai-engine", "ai-api-type"])]
    pub(crate) demo: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

impl ServerFlags {
    /// Returns the layer of the flags.
    pub(crate) fn layer(&self) -> Result<Layer, SettingsError> {
        let layer = self.settings.layer()?;
        let name = "model".to_owned();
        let model = self.model.as_deref().unwrap_or_default();
        let layer = layer.set_from("ai-engine", model, Source::Flag { name })?;
        if !self.demo {
            return Ok(layer);
        }
        let demo = || Source::Flag {
            name: "demo".to_owned(),
        };
        let layer = layer.set_from("ai-api-type", super::DEMO, demo())?;
        layer.set_from("ai-engine", super::DEMO, demo())
    }
}
