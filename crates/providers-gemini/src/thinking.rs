//! The thinking configuration of a request, from the settings of all providers and of this one.

use geppetto_provider::Settings;
use serde::Serialize;

use crate::{
    GeminiOptions,
    models::{Model, Thinking},
    refused,
};

#[cfg(test)]
mod tests;

/// `generationConfig.thinkingConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThinkingConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    include_thoughts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<String>,
}

/// Budgets of Google's OpenAI-compatible API for reasoning efforts.
///
/// Source: <https://ai.google.dev/gemini-api/docs/openai#thinking>.
const BUDGETS: [(&str, i64); 4] = [
    ("minimal", 512),
    ("low", 1024),
    ("medium", 8192),
    ("high", 24_576),
];

/// Wish about thoughts, from all settings.
struct Wish {
    level: Option<String>,
    budget: Option<i64>,
    /// `true` if the model should not think.
    off: bool,
}

impl Wish {
    fn of(settings: &Settings, options: &GeminiOptions) -> Self {
        let config = &settings.inference;
        let own = config
            .thinking_budget
            .map(|budget| i64::try_from(budget).unwrap_or(i64::MAX));
        // A setting of the turn takes precedence over any of the options.
        let has_own =
            own.is_some() || config.reasoning_effort.is_some() || config.thinking_type.is_some();
        let budget = own.or(options.thinking_budget.filter(|_| !has_own));
        let level = config.reasoning_effort.clone();
        let level = level.or_else(|| options.thinking_level.clone().filter(|_| !has_own));
        let level = level.map(|level| match level.to_ascii_lowercase().as_str() {
            "xhigh" | "max" => "high".to_owned(),
            level => level.to_owned(),
        });
        let kind = config.thinking_type.as_deref();
        let is_none = |level: &String| matches!(level.as_str(), "none" | "off" | "disabled");
        let off =
            kind == Some("disabled") || budget == Some(0) || level.as_ref().is_some_and(is_none);
        Self {
            budget: budget.or((kind == Some("adaptive") && level.is_none()).then_some(-1)),
            level: level.filter(|_| !off),
            off,
        }
    }
}

impl ThinkingConfig {
    /// Returns the configuration; `None` if nothing is set or the model has none.
    pub(crate) fn of(settings: &Settings, options: &GeminiOptions) -> Option<Self> {
        let model = Model::named(&settings.model);
        let thinking = model.thinking();
        if thinking == Thinking::Never || settings.unsent.has(refused::THINKING) {
            return None;
        }
        let wish = Wish::of(settings, options);
        let summary = settings.inference.reasoning_summary.as_deref();
        let include = summary.map(|summary| !matches!(summary, "none" | "off"));
        let mut config = Self {
            include_thoughts: include.or(options.include_thoughts).filter(|_| !wish.off),
            ..Self::default()
        };
        match (thinking, wish.off, wish.level) {
            (Thinking::Level, true, _) => {
                config.thinking_level = Some(model.least_level().to_owned());
            }
            (_, true, _) => config.thinking_budget = Some(model.least_budget()),
            (Thinking::Budget, _, level) => {
                let budget = level.as_deref().and_then(budget_of);
                config.thinking_budget = wish.budget.or(budget);
            }
            // The API refuses both in one request.
            (_, _, Some(level)) => config.thinking_level = Some(level),
            (_, _, None) => config.thinking_budget = wish.budget,
        }
        (config != Self::default()).then_some(config)
    }
}

fn budget_of(level: &str) -> Option<i64> {
    BUDGETS
        .iter()
        .find(|(name, _)| *name == level)
        .map(|(_, budget)| *budget)
}

/// Returns the reason why a setting about thoughts is not sent, if it is not.
pub(crate) fn refusal(setting: &str, settings: &Settings) -> Option<&'static str> {
    let thinking = Model::named(&settings.model).thinking();
    let config = &settings.inference;
    let is_about_thoughts = matches!(
        setting,
        "reasoning_effort" | "reasoning_summary" | "thinking_budget" | "thinking_type"
    );
    match (thinking, setting) {
        (Thinking::Never, _) if is_about_thoughts => Some("the model does not think"),
        (Thinking::Budget, "reasoning_effort") if config.thinking_budget.is_some() => {
            Some("the model has a thinking budget, which is set as well")
        }
        (Thinking::Budget, "reasoning_effort")
            if config
                .reasoning_effort
                .as_deref()
                .is_some_and(|level| !is_known(level)) =>
        {
            Some("the model has a thinking budget, and none is known for this effort")
        }
        (Thinking::Level | Thinking::Unknown, "thinking_budget")
            if config.reasoning_effort.is_some() =>
        {
            Some("a thinking level is set as well, and the API takes one of them")
        }
        _ => None,
    }
}

fn is_known(level: &str) -> bool {
    let level = level.to_ascii_lowercase();
    budget_of(&level).is_some()
        || matches!(
            level.as_str(),
            "none" | "off" | "disabled" | "xhigh" | "max"
        )
}
