//! Thinking: the mode, the budget and the effort that the model has.
//!
//! Sources: <https://platform.claude.com/docs/en/build-with-claude/extended-thinking>,
//! <https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking>,
//! <https://platform.claude.com/docs/en/build-with-claude/effort>.

use geppetto_engine::InferenceConfig;
use geppetto_provider::{
    Settings,
    rules::{Claude, Origin},
};
use geppetto_turns::{Content, Turn};

/// Thinking with a budget.
pub(crate) const ENABLED: &str = "enabled";
/// The model decides how much to think.
pub(crate) const ADAPTIVE: &str = "adaptive";
/// No thinking.
pub(crate) const DISABLED: &str = "disabled";

/// Smallest budget that the API accepts, in tokens.
const SMALLEST: u64 = 1_024;

/// Budget of a model without an effort, in tokens.
fn budget_of(effort: Option<&str>) -> u64 {
    match effort {
        Some("minimal") => SMALLEST,
        Some("low") => 4_096,
        Some("high") => 16_384,
        Some("xhigh" | "max") => 24_576,
        _ => 8_192,
    }
}

/// Sets the mode of thinking, and the effort, in the form that the model accepts. `is_needed` returns
/// `true` if the last reply must begin with thinking, and does not.
pub(super) fn adapt(
    settings: &mut Settings,
    claude: Option<Claude>,
    is_needed: impl FnOnce() -> bool,
) {
    let mode = mode(settings, claude);
    let effort = effort(settings, claude);
    settings.inference.reasoning_effort = effort;
    settings.inference.thinking_type = mode.map(str::to_owned);
    let is_on = is_on(&settings.inference);
    if settings.demands_tool() {
        let by_default = mode.is_none() && claude.is_some_and(Claude::thinks_by_default);
        if claude.is_some_and(Claude::refuses_forced_tools) {
            let why = "the model refuses a call that must use a tool";
            settings.unsent.add("tool_choice", why);
        } else if is_on || by_default {
            let why = "the API does not accept it in a call that must use a tool";
            off(settings, claude, why);
        }
        return;
    }
    if !is_on {
        return;
    }
    if mode == Some(ENABLED) && is_needed() {
        off(
            settings,
            claude,
            "the calls that were answered last were made without it",
        );
    }
}

/// Omits thinking from the request.
fn off(settings: &mut Settings, claude: Option<Claude>, why: &'static str) {
    settings.inference.thinking_type = disabled(claude).map(str::to_owned);
    settings.unsent.add("thinking", why);
}

/// Returns the mode that disables thinking; `None` if the model does not think by default, or always thinks.
fn disabled(claude: Option<Claude>) -> Option<&'static str> {
    let claude = claude?;
    (claude.thinks_by_default() && !claude.always_thinks()).then_some(DISABLED)
}

/// Returns the mode of thinking that the settings ask for, as the model has it.
fn mode(settings: &mut Settings, claude: Option<Claude>) -> Option<&'static str> {
    let config = &settings.inference;
    let asked = config.thinking_type.as_deref();
    let effort = config.reasoning_effort.as_deref();
    let budget = config.thinking_budget;
    let is_off = asked == Some(DISABLED) || effort == Some("none") || budget == Some(0);
    let is_on = asked.is_some() || effort.is_some() || budget.is_some();
    let is_adaptive = claude.is_some_and(Claude::is_adaptive);
    if claude.is_some_and(|claude| !claude.thinks()) {
        if is_on && !is_off {
            settings.unsent.add("thinking", "the model does not think");
        }
        return None;
    }
    if is_off && claude.is_some_and(Claude::always_thinks) {
        let why = "the model always thinks; set a low reasoning effort";
        settings.unsent.add("thinking_type", why);
    }
    if is_off && claude.is_some_and(Claude::refuses_budget) {
        return disabled(claude);
    }
    if is_off || !is_on {
        return is_off.then_some(DISABLED);
    }
    if claude.is_some_and(Claude::refuses_budget) {
        if budget.is_some() {
            let why = "the model decides how much to think; set a reasoning effort";
            settings.unsent.add("thinking_budget", why);
        }
        return Some(ADAPTIVE);
    }
    match (budget, asked) {
        (Some(_), _) => Some(ENABLED),
        (None, Some(ADAPTIVE)) if claude.is_none() => Some(ADAPTIVE),
        (None, _) if is_adaptive => Some(ADAPTIVE),
        (None, _) => Some(ENABLED),
    }
}

/// Returns the effort to send; `None` if the model has none, or the settings ask for none.
fn effort(settings: &Settings, claude: Option<Claude>) -> Option<String> {
    let asked = settings.inference.reasoning_effort.as_deref()?;
    let claude = claude.filter(|claude| claude.has_effort())?;
    let effort = match asked {
        "none" => return None,
        "minimal" => "low",
        // <https://platform.claude.com/docs/en/build-with-claude/effort>: `xhigh` since Opus 4.7, `max`
        // since 4.6.
        "xhigh" if claude.is_adaptive() && !claude.has_xhigh() => "max",
        "xhigh" | "max" if !claude.is_adaptive() => "high",
        other => other,
    };
    Some(effort.to_owned())
}

/// Returns `true` if thinking is requested.
pub(super) fn is_on(config: &InferenceConfig) -> bool {
    matches!(config.thinking_type.as_deref(), Some(ENABLED | ADAPTIVE))
}

/// Sets the budget, below the output limit, which includes it. A limit of the settings stays. `effort` is
/// that of the settings.
pub(super) fn fit_budget(settings: &mut Settings, claude: Option<Claude>, effort: Option<&str>) {
    let config = &settings.inference;
    if config.thinking_type.as_deref() != Some(ENABLED) {
        return;
    }
    let asked = config.thinking_budget;
    let budget = asked.unwrap_or_else(|| budget_of(effort)).max(SMALLEST);
    let limit = config.max_response_tokens.unwrap_or(u64::MAX);
    if limit <= SMALLEST {
        return off(settings, claude, "the output limit leaves no room for it");
    }
    // Half of the limit is for the answer, unless the settings say otherwise.
    let fitting = match asked {
        Some(_) if budget < limit => budget,
        _ => budget.min((limit / 2).max(SMALLEST)),
    };
    if asked.is_some_and(|asked| fitting < asked) {
        let why = "it is not below the output limit, and is reduced to half of that";
        settings.unsent.add("thinking_budget (reduced)", why);
    }
    settings.inference.thinking_budget = Some(fitting);
}

/// Returns how thoughts are shown, if the request says so: as a summary for models that show none by
/// default.
pub(super) fn display(settings: &Settings) -> Option<&'static str> {
    if settings.unsent.has("thinking_display") || !is_on(&settings.inference) {
        return None;
    }
    let claude = Claude::of(&settings.model);
    match settings.inference.reasoning_summary.as_deref() {
        Some("none" | "off" | "omitted") => Some("omitted"),
        Some(_) => Some("summarized"),
        None => claude
            .is_some_and(Claude::refuses_budget)
            .then_some("summarized"),
    }
}

/// Returns `true` if the last reply calls tools, and does not begin with thinking that the server can
/// read: with a budget, the API refuses that.
///
/// Source: <https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks>;
/// report: <https://github.com/pydantic/pydantic-ai/issues/2040>.
pub(super) fn is_needed(turn: &Turn, origin: &Origin) -> bool {
    let mut has_call = false;
    // Whether the first block of the reply is thinking.
    let mut begins = None;
    for block in turn.blocks.iter().rev() {
        match &block.content {
            Content::User(own) if own.text.trim().is_empty() && !own.has_media() => {}
            Content::System(own) if own.text.trim().is_empty() => {}
            Content::ToolUse(_) | Content::User(_) | Content::System(_) if begins.is_none() => {}
            Content::ToolUse(_) | Content::User(_) | Content::System(_) => break,
            Content::LlmText(own) if own.text.trim().is_empty() => {}
            Content::LlmText(_) => begins = Some(false),
            _ if block.incomplete().is_some() => {}
            Content::Reasoning(_) if super::is_readable_thinking(block, origin) => {
                begins = Some(true);
            }
            Content::ToolCall(_) => {
                has_call = true;
                begins = Some(false);
            }
            Content::Other(_) => begins = Some(false),
            _ => {}
        }
    }
    has_call && begins == Some(false)
}
