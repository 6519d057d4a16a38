//! Settings that models refuse on any server, by their names.

use geppetto_provider::rules::Claude;

#[cfg(test)]
mod tests;

/// Families of OpenAI's non-reasoning models, by prefix.
///
/// Reports: <https://github.com/AAswordman/Operit/issues/1048> (OpenAI),
/// <https://github.com/Budibase/budibase/issues/17211> (Azure). `gpt-5-chat` does not accept an
/// effort either: <https://learnku.com/articles/90544>.
const NOT_REASONING: [&str; 6] = [
    "gpt-3.5",
    "gpt-4",
    "chatgpt-4o",
    "ft:gpt-3.5",
    "ft:gpt-4",
    "gpt-5-chat",
];

/// Early reasoning models without an effort setting:
/// <https://github.com/run-llama/llama_index/issues/17731>.
const WITHOUT_EFFORT: [&str; 2] = ["o1-mini", "o1-preview"];

/// Models that do not reason unless an effort is set:
/// <https://learn.microsoft.com/en-us/javascript/api/@azure/ai-projects/reasoningeffort>,
/// <https://github.com/langchain-ai/langchain/pull/35424>; `gpt-5.3` and `gpt-5.4` according to the
/// profiles of <https://github.com/pydantic/pydantic-ai>, measured in July 2026.
const EFFORT_NONE_BY_DEFAULT: [&str; 4] = ["gpt-5.1", "gpt-5.2", "gpt-5.3", "gpt-5.4"];

/// Variants of these models that always reason.
const ALWAYS_REASON: [&str; 4] = ["-chat", "-pro", "5.1-codex", "5.2-codex"];

/// Models of OpenAI with the fixed effort `medium`:
/// <https://github.com/egoist/chatwise-releases/issues/1257>,
/// <https://github.com/Laisky/one-api/issues/266>.
const FIXED_EFFORT: [&str; 3] = ["gpt-5.1-chat", "gpt-5.2-chat", "gpt-5.3-chat"];

/// Models of xAI that refuse `reasoning_effort`. Sources: <https://docs.x.ai/docs/guides/reasoning>,
/// for `grok-4.20` also <https://github.com/vercel/ai/releases/tag/@ai-sdk/xai@4.0.8>, for
/// `grok-code-fast` <https://github.com/lobehub/lobe-chat/commit/dbcec3d>.
const XAI_WITHOUT_EFFORT: [&str; 6] = [
    "grok-2",
    "grok-3",
    "grok-4-",
    "grok-4.1",
    "grok-4.20",
    "grok-code-fast",
];

/// Models that accept an effort although their names start like one of [`XAI_WITHOUT_EFFORT`].
const XAI_WITH_EFFORT: [&str; 2] = ["grok-3-mini", "grok-4.20-multi-agent"];

/// Reasoning models that reject `stop`
/// (<https://platform.openai.com/docs/api-reference/chat/create>,
/// <https://github.com/FlowiseAI/Flowise/issues/5046>), and the exceptions among them.
const WITHOUT_STOP: [&str; 4] = ["o3", "o4-mini", "gpt-5", "gpt-6"];
const WITH_STOP: [&str; 1] = ["o3-mini"];

/// Model families that reject `parallel_tool_calls` with any value:
/// <https://github.com/run-llama/llama_index/issues/20865>.
const WITHOUT_PARALLEL: [&str; 3] = ["o1", "o3", "o4"];

/// Models of Moonshot that accept sampling settings; the others accept their fixed values only:
/// <https://github.com/NousResearch/hermes-agent/issues/9125>,
/// <https://github.com/artokun/comfyui-mcp/issues/2535>.
const MOONSHOT_WITH_SAMPLING: [&str; 3] = ["moonshot-v1", "kimi-k2-", "kimi-latest"];

/// Returns the reason why a model refuses a setting, if it is known to. `server` is the name of the
/// dialect, `effort` the requested reasoning effort.
pub(crate) fn refusal(
    server: &str,
    model: &str,
    setting: &str,
    effort: Option<&str>,
) -> Option<&'static str> {
    let name = plain(model);
    match setting {
        "temperature" | "top_p"
            if Claude::of(model).is_some_and(Claude::refuses_sampling)
                || has_fixed_sampling(server, name) =>
        {
            Some("the model has no sampling settings")
        }
        // <https://github.com/vercel/ai/issues/10932>: OpenAI accepts sampling settings only if the
        // model does not reason.
        "temperature" | "top_p" => (is_openai_reasoning(model) && reasons(name, effort))
            .then_some("OpenAI's reasoning models refuse it unless the reasoning effort is none"),
        "parallel_tool_calls" => (is_openai_reasoning(model) && begins(name, &WITHOUT_PARALLEL))
            .then_some("the model has no setting for it"),
        "reasoning_effort" | "reasoning_summary" if does_not_reason(model) => {
            Some("the model does not reason")
        }
        "reasoning_effort"
            if begins(name, &FIXED_EFFORT) && effort.is_some_and(|effort| effort != "medium") =>
        {
            Some("the model has a fixed effort")
        }
        "reasoning_effort" if begins(name, &WITHOUT_EFFORT) => {
            Some("the model has no setting for it")
        }
        "reasoning_effort" if server == "xai" => {
            let refuses = name == "grok-4" || begins(name, &XAI_WITHOUT_EFFORT);
            (refuses && !begins(name, &XAI_WITH_EFFORT))
                .then_some("the model has no setting for it")
        }
        // <https://github.com/can1357/oh-my-pi/pull/7454>
        "reasoning_summary" if server == "xai" => Some("xAI refuses it"),
        // <https://docs.x.ai/docs/guides/reasoning>
        "stop" | "presence_penalty" | "frequency_penalty" if server == "xai" => (name
            .starts_with("grok-3-mini")
            || !(begins(name, &["grok-2", "grok-3"]) || name.contains("non-reasoning")))
        .then_some("xAI's reasoning models refuse it"),
        "stop" => {
            let refuses = begins(name, &WITHOUT_STOP) && !begins(name, &WITH_STOP);
            (is_openai_reasoning(model) && refuses).then_some("OpenAI's reasoning models refuse it")
        }
        // <https://platform.openai.com/docs/guides/reasoning>, at any effort:
        // <https://github.com/vercel/ai/issues/10932>.
        "presence_penalty" | "frequency_penalty" | "logit_bias" => {
            is_openai_reasoning(model).then_some("OpenAI's reasoning models refuse it")
        }
        _ => None,
    }
}

/// Returns the reason why a model rejects `top_p` together with a temperature, if it does: Claude
/// accepts only one of them.
///
/// Source: <https://github.com/OpenHands/OpenHands/pull/12909>.
pub(crate) fn refusal_of_both(model: &str, setting: &str) -> Option<&'static str> {
    (setting == "top_p" && Claude::is_named(model))
        .then_some("Claude refuses it beside a temperature")
}

/// Returns `true` if a server rejects sampling settings for a model: Moonshot for its newer ones,
/// and OpenAI for those that search (<https://github.com/raycast/extensions/issues/18038>).
fn has_fixed_sampling(server: &str, name: &str) -> bool {
    let searches = name.starts_with("gpt-") && name.contains("-search-");
    let is_fixed = server == "moonshot" && name != "kimi-k2";
    searches || (is_fixed && !begins(name, &MOONSHOT_WITH_SAMPLING))
}

/// Returns `true` if a model belongs to a family of OpenAI's non-reasoning models.
pub(crate) fn does_not_reason(model: &str) -> bool {
    begins(plain(model), &NOT_REASONING)
}

/// Returns `true` if a model is one of OpenAI's reasoning models, which refuse `max_tokens` and,
/// while they reason, sampling settings.
pub(crate) fn is_openai_reasoning(model: &str) -> bool {
    const FAMILIES: [&str; 5] = ["o1", "o3", "o4", "gpt-5", "gpt-6"];
    let name = plain(model);
    !does_not_reason(model)
        && FAMILIES.iter().any(|family| {
            name.strip_prefix(family)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
}

/// Returns the name without the vendor prefix of gateways: `openai/gpt-4o`.
fn plain(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

fn begins(name: &str, beginnings: &[&str]) -> bool {
    beginnings
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

/// Returns `true` if a reasoning model reasons at an effort.
fn reasons(name: &str, effort: Option<&str>) -> bool {
    match effort {
        Some(effort) => effort != "none",
        // The family itself, or a version or a size of it.
        None => {
            let is_of = |family: &&str| {
                name.strip_prefix(*family)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            };
            !EFFORT_NONE_BY_DEFAULT.iter().any(is_of)
                || ALWAYS_REASON.iter().any(|variant| name.contains(variant))
        }
    }
}
