//! What models demand wherever they run, by their names.

use geppetto_turns::Rules;

use super::CallIdForm;

const NONE: Rules = Rules::new();

/// Mistral's tokenizer and templates. "Unexpected role 'user' after role 'tool'" (mistral-common,
/// `protocol/instruct/validator.py`, on its API, vLLM, NIM and Azure alike); "conversation roles
/// must alternate user and assistant" (templates of Ministral and Devstral); tool call ids "must be
/// a-z, A-Z, 0-9, with a length of 9"; "Expected last role User or Tool".
const MISTRAL: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.users_joined = true;
    rules.reply_after_tools = true;
    rules.user_first = true;
    rules.user_last = true;
    rules.no_empty = true;
    (rules, CallIdForm::Exactly(9))
};

/// "Conversation roles must alternate user/assistant/user/assistant/..." and one system message at
/// the beginning (Gemma's chat template).
const GEMMA: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.system_first = true;
    rules.users_joined = true;
    rules.user_first = true;
    (rules, CallIdForm::Any)
};

/// "System message must be at the beginning." (templates from Qwen 3.5 on, llama.cpp and vLLM)
const QWEN: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.system_first = true;
    (rules, CallIdForm::Any)
};

/// Parts of the names of models, and what their templates demand.
const TEMPLATES: &[(&str, (Rules, CallIdForm))] = &[
    ("mistral", MISTRAL),
    ("ministral", MISTRAL),
    ("devstral", MISTRAL),
    ("magistral", MISTRAL),
    ("codestral", MISTRAL),
    ("pixtral", MISTRAL),
    ("mixtral", MISTRAL),
    ("gemma", GEMMA),
    ("qwen3.5", QWEN),
    ("qwen3.6", QWEN),
    ("qwen3.7", QWEN),
    ("qwen3.8", QWEN),
    ("qwen-3.5", QWEN),
    ("qwen-3.6", QWEN),
    ("qwen-3.7", QWEN),
    ("qwen-3.8", QWEN),
];

/// What the template of a model demands, if it is known to.
pub(super) fn template(model: &str) -> Option<(Rules, CallIdForm)> {
    let name = model.to_ascii_lowercase();
    let known = TEMPLATES.iter().find(|(part, _)| name.contains(part));
    known.map(|(_, demands)| *demands)
}

/// Models of xAI that take `reasoning_effort`; others answer "does not support parameter
/// reasoningEffort". Source: <https://docs.x.ai/developers/model-capabilities/text/reasoning>.
const XAI_WITH_EFFORT: [&str; 5] = [
    "grok-3-mini",
    "grok-4.3",
    "grok-4.5",
    "grok-4.6",
    "grok-4.20-multi-agent",
];

/// Whether a model refuses a request field on a server.
pub(super) fn refuses(server: &str, model: &str, field: &str, effort: Option<&str>) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    match field {
        // "Unsupported value: 'temperature' does not support 0.7 with this model." Newer models
        // take it where they do not reason.
        "temperature" | "top_p" => is_openai_reasoning(model) && effort != Some("none"),
        // "Unrecognized request argument supplied: reasoning_effort"
        "reasoning_effort" if ["openai", "azure"].contains(&server) => {
            ["gpt-4o", "gpt-4.1", "gpt-4-", "gpt-3.5", "chatgpt-4o"]
                .iter()
                .any(|family| name.starts_with(family))
        }
        "reasoning_effort" if server == "xai" => !XAI_WITH_EFFORT
            .iter()
            .any(|family| name.starts_with(family)),
        // Reasoning models of xAI answer 400 to it; all since Grok 4 reason.
        "stop" if server == "xai" => {
            name.starts_with("grok-3-mini")
                || !["grok-2", "grok-3"]
                    .iter()
                    .any(|family| name.starts_with(family))
        }
        _ => false,
    }
}

/// Whether a model is one of OpenAI's that reason, which refuse `max_tokens` and sampling, by its
/// name, with or without the vendor in front of it.
pub(super) fn is_openai_reasoning(model: &str) -> bool {
    const FAMILIES: [&str; 4] = ["o1", "o3", "o4", "gpt-5"];
    let name = model.rsplit('/').next().unwrap_or(model);
    !name.starts_with("gpt-5-chat")
        && FAMILIES.iter().any(|family| {
            name.strip_prefix(family)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
}
