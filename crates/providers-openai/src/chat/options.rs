//! [`ChatOptions`]: settings of the Chat Completions wire.

use geppetto_provider::Settings;
use serde_json::{Map, Value};

use super::Dialect;

/// Settings specific to the Chat Completions wire, for
/// [`ChatEngineBuilder::options`](super::ChatEngineBuilder).
///
/// A [`Dialect`] is sufficient if nothing else is set: `builder.options(Dialect::new())`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ChatOptions {
    /// Dialect of the requests. By the host of the base URL by default ([`Dialect::for_base_url`]).
    pub dialect: Option<Dialect>,
    /// Number of choices. The first is the reply, the others are kept in the details of the result under
    /// `other_choices`. 1 by default.
    pub n: Option<u64>,
    /// Penalty for tokens that occurred, from -2 to 2. 0 by default.
    pub presence_penalty: Option<f64>,
    /// Penalty for tokens by how often they occurred, from -2 to 2. 0 by default.
    pub frequency_penalty: Option<f64>,
    /// Bias of tokens from -100 to 100, by token id. Empty by default.
    pub logit_bias: Map<String, Value>,
    /// Organization that OpenAI bills (`openai-organization`).
    pub organization: Option<String>,
    /// Project that OpenAI bills (`openai-project`).
    pub project: Option<String>,
}

impl ChatOptions {
    /// Creates the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the dialect of the requests.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Sets the number of choices.
    #[must_use]
    pub fn with_n(mut self, choices: u64) -> Self {
        self.n = Some(choices);
        self
    }

    /// Sets the penalty for tokens that occurred.
    #[must_use]
    pub fn with_presence_penalty(mut self, penalty: f64) -> Self {
        self.presence_penalty = Some(penalty);
        self
    }

    /// Sets the penalty for tokens by how often they occurred.
    #[must_use]
    pub fn with_frequency_penalty(mut self, penalty: f64) -> Self {
        self.frequency_penalty = Some(penalty);
        self
    }

    /// Sets the bias of tokens.
    #[must_use]
    pub fn with_logit_bias(mut self, bias: Map<String, Value>) -> Self {
        self.logit_bias = bias;
        self
    }

    /// The request fields of these options that are set.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let bias = Some(&self.logit_bias).filter(|bias| !bias.is_empty());
        let fields = [
            ("n", self.n.map(Value::from)),
            ("presence_penalty", self.presence_penalty.map(Value::from)),
            ("frequency_penalty", self.frequency_penalty.map(Value::from)),
            ("logit_bias", bias.cloned().map(Value::Object)),
        ];
        let fields = fields.into_iter();
        fields.filter_map(|(name, value)| Some((name, value?)))
    }

    /// Adds the fields of these options that the turn does not set and that are not refused.
    pub(super) fn add_to(&self, settings: &mut Settings) {
        for (name, value) in self.fields() {
            if !settings.unsent.has(name) && !settings.extra.contains_key(name) {
                settings.extra.insert(name.to_owned(), value);
            }
        }
    }

    /// Sets the organization that OpenAI bills.
    #[must_use]
    pub fn with_organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Sets the project that OpenAI bills.
    #[must_use]
    pub fn with_project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self
    }
}

impl From<Dialect> for ChatOptions {
    fn from(dialect: Dialect) -> Self {
        Self::new().with_dialect(dialect)
    }
}
