//! Facts about common models: context window, output limit, list price.
//!
//! The table is small and has a source for each row; it is not a list of the models that work. All models work,
//! whether they are in it or not. `model_info` of the settings extends and overrides it.
//!
//! Which parameters a model refuses is not repeated here: the wires decide it where they build requests, and an
//! `info` event names what is not sent.
//!
//! ```
//! use geppetto_factory::models;
//! use geppetto_settings::InferenceSettings;
//!
//! let facts = models::facts("gpt-5-mini").unwrap();
//! assert_eq!(facts.context_window, Some(400_000));
//!
//! let settings = InferenceSettings::from_yaml("
//! chat: {engine: gpt-5-mini}
//! model_info: {context_window: 100000}
//! ")?;
//! let info = models::model_info(&settings);
//! assert_eq!((info.context_window, info.reasoning), (Some(100_000), Some(true)));
//! # Ok::<(), geppetto_settings::SettingsError>(())
//! ```

use geppetto_settings::{
    InferenceSettings,
    settings::{Cost, ModelInfo},
};
use geppetto_turns::Price;

mod table;
#[cfg(test)]
mod tests;

/// Facts about one model.
#[derive(Debug, Clone, Copy)]
struct Facts {
    id: &'static str,
    context_window: u64,
    max_output_tokens: u64,
    reasoning: bool,
    price: Price,
}

/// Returns the known facts about a model. A date (`gpt-5-mini-2025-08-07`) and the vendor prefix of gateways
/// (`openai/gpt-5-mini`) do not matter. `None` for a model that is not in the table.
#[must_use]
pub fn facts(model: &str) -> Option<ModelInfo> {
    find(model).map(Facts::info)
}

/// Returns the list price of a model at its provider's own address. `None` for a model that is not in the
/// table.
#[must_use]
pub fn price(model: &str) -> Option<Price> {
    find(model).map(|facts| facts.price)
}

/// Returns the facts about the model of the settings: those of `model_info`, and the known ones for what it
/// leaves out.
#[must_use]
pub fn model_info(settings: &InferenceSettings) -> ModelInfo {
    let model = settings.chat.engine.as_deref();
    let known = model.and_then(facts).unwrap_or_default();
    known.merged(settings.model_info.clone())
}

fn find(model: &str) -> Option<&'static Facts> {
    let name = model.rsplit('/').next().unwrap_or(model).trim();
    table::ALL.iter().find(|facts| {
        name.strip_prefix(facts.id)
            .is_some_and(|rest| rest.is_empty() || is_date(rest))
    })
}

/// Returns `true` for `-2025-08-07` and `-20250807`.
fn is_date(rest: &str) -> bool {
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let is_date_char = |c: char| c.is_ascii_digit() || c == '-';
    rest.starts_with("-20") && digits == 8 && rest.chars().all(is_date_char)
}

impl Facts {
    fn info(&self) -> ModelInfo {
        let mut cost = Cost::default();
        cost.input = self.price.input;
        cost.output = self.price.output;
        cost.cache_read = self.price.cache_read;
        cost.cache_write = self.price.cache_write;
        let mut info = ModelInfo::default();
        info.id = Some(self.id.to_owned());
        info.reasoning = Some(self.reasoning);
        info.context_window = Some(self.context_window);
        info.max_output_tokens = Some(self.max_output_tokens);
        info.cost = Some(cost);
        info
    }
}

/// The prices for an engine.
#[cfg(feature = "openai")]
#[derive(Debug)]
pub(crate) struct Prices {
    model: String,
    /// The price of that model by the settings.
    own: Option<Price>,
    /// `true` if list prices apply: requests go to the provider itself.
    is_listed: bool,
}

#[cfg(feature = "openai")]
impl Prices {
    pub(crate) fn of(settings: &InferenceSettings, endpoint: &geppetto_settings::Endpoint) -> Self {
        let own = geppetto_settings::catalogue::own_address(&endpoint.name);
        let address = endpoint.base_url.as_ref();
        Self {
            model: settings.chat.engine.clone().unwrap_or_default(),
            own: settings.model_info.cost.as_ref().map(|cost| {
                Price::new(cost.input, cost.output)
                    .with_cache_read(cost.cache_read)
                    .with_cache_write(cost.cache_write)
            }),
            is_listed: own
                .zip(address)
                .is_some_and(|(own, address)| own.same_host(address)),
        }
    }

    /// Returns the price of each model. That of the settings is for their own model only.
    pub(crate) fn into_fn(self) -> impl Fn(&str) -> Option<Price> + Send + Sync + 'static {
        move |model| {
            let own = self.own.filter(|_| model == self.model);
            own.or_else(|| price(model).filter(|_| self.is_listed))
        }
    }
}
