//! Order of messages and ids required by models on any server, by their names.

use geppetto_turns::Rules;

use super::{CallIdForm, SchemaForm};

const NONE: Rules = Rules::new();

/// Mistral's tokenizer and templates: no user after a tool result (mistral-common,
/// `protocol/instruct/validator.py`, on its API, vLLM, NIM and Azure alike), alternating users and
/// models (<https://github.com/ggml-org/llama.cpp/issues/19851>,
/// <https://github.com/mistralai/mistral-vibe/issues/1006>), call ids of nine letters or digits,
/// and a last message of a user or a tool.
const MISTRAL: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.users_joined = true;
    rules.system_joined = true;
    rules.reply_after_tools = true;
    rules.user_first = true;
    rules.user_last = true;
    rules.no_empty = true;
    (rules, CallIdForm::Exactly(9))
};

/// Alternating users and models, after at most one system message:
/// <https://github.com/nextai-translator/raycast-openai-translator/issues/34>,
/// <https://github.com/suitenumerique/conversations/issues/197>.
const GEMMA: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.system_first = true;
    rules.users_joined = true;
    rules.user_first = true;
    (rules, CallIdForm::Any)
};

/// Earlier versions of Gemma, which also reject system messages:
/// <https://github.com/sgl-project/sglang/issues/892>.
const GEMMA_2: (Rules, CallIdForm) = {
    let mut rules = GEMMA.0;
    rules.system_as_user = true;
    (rules, CallIdForm::Any)
};

/// Models that reject system messages, also with the role `developer`:
/// <https://github.com/CherryHQ/cherry-studio/issues/4973>,
/// <https://github.com/lobehub/lobehub/issues/5704>.
const EARLY_O1: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.system_as_user = true;
    (rules, CallIdForm::Any)
};

/// One system message, at the beginning (templates from Qwen 3.5 on):
/// <https://github.com/vllm-project/vllm/issues/41114>,
/// <https://github.com/anomalyco/opencode/issues/15059>.
const QWEN: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.system_first = true;
    (rules, CallIdForm::Any)
};

/// Anthropic's API, to which gateways forward requests. Call ids consist of letters, digits, `_`
/// and `-` (<https://github.com/maximhq/bifrost/issues/5097>); at most 64 are sent, as accepted by
/// OpenAI's newer API. Texts must not be blank
/// (<https://github.com/anomalyco/opencode/issues/31259>,
/// <https://github.com/BerriAI/litellm/pull/22979>). From Claude 4.6 on the last message must be a
/// user's (<https://github.com/anthropics/claude-code/issues/52433>,
/// <https://github.com/Kilo-Org/kilocode/issues/8260>).
const CLAUDE: (Rules, CallIdForm) = {
    let mut rules = NONE;
    rules.user_last = true;
    rules.no_empty = true;
    (rules, CallIdForm::Plain(64))
};

/// OpenAI's models behind a gateway that forwards ids:
/// <https://github.com/openclaw/openclaw/pull/875>.
const OPENAI: (Rules, CallIdForm) = (NONE, CallIdForm::Plain(40));

/// Substrings of model names, and the requirements of their templates.
const TEMPLATES: &[(&str, (Rules, CallIdForm))] = &[
    ("mistral", MISTRAL),
    ("ministral", MISTRAL),
    ("devstral", MISTRAL),
    ("magistral", MISTRAL),
    ("codestral", MISTRAL),
    ("pixtral", MISTRAL),
    ("mixtral", MISTRAL),
    ("gemma-2", GEMMA_2),
    ("gemma2", GEMMA_2),
    ("gemma", GEMMA),
    ("o1-mini", EARLY_O1),
    ("o1-preview", EARLY_O1),
    ("qwen3.5", QWEN),
    ("qwen3.6", QWEN),
    ("qwen3.7", QWEN),
    ("qwen3.8", QWEN),
    ("qwen-3.5", QWEN),
    ("qwen-3.6", QWEN),
    ("qwen-3.7", QWEN),
    ("qwen-3.8", QWEN),
    ("claude", CLAUDE),
    ("openai/gpt-4", OPENAI),
    ("openai/gpt-5", OPENAI),
    ("openai/o", OPENAI),
];

/// Returns the requirements of a model's template, if they are known.
pub(super) fn find(model: &str) -> Option<(Rules, CallIdForm)> {
    let name = model.to_ascii_lowercase();
    let known = TEMPLATES.iter().find(|(part, _)| name.contains(part));
    known.map(|(_, demands)| *demands)
}

/// Returns `true` if a history with calls is refused without tools: Anthropic's API, including
/// behind gateways (<https://github.com/BerriAI/litellm/issues/4689>,
/// <https://github.com/camel-ai/owl/issues/532>).
pub(super) fn wants_tool(model: &str) -> bool {
    model.to_ascii_lowercase().contains("claude")
}

/// Returns the form of schemas for models that reject others, also behind gateways: Google's Gemini
/// (<https://github.com/NousResearch/hermes-agent/pull/32378>) and Moonshot's Kimi
/// (<https://github.com/XiaomiMiMo/MiMo-Code/issues/488>,
/// <https://github.com/earendil-works/pi/issues/5822>). The names of tools start with a letter for
/// both.
pub(super) fn schemas(model: &str) -> Option<SchemaForm> {
    let name = model.to_ascii_lowercase();
    if name.contains("gemini") {
        return Some(SchemaForm::OpenApi);
    }
    name.contains("kimi").then_some(SchemaForm::Moonshot)
}

/// Returns `true` if a model must get its reasoning back together with the results of tools, also
/// behind gateways: "The `reasoning_content` in the thinking mode must be passed back to the API"
/// (<https://github.com/aaif-goose/goose/issues/9891>).
pub(super) fn wants_reasoning(model: &str) -> bool {
    let name = model.to_ascii_lowercase();
    [
        "deepseek-v4",
        "deepseek-reasoner",
        "kimi-k2-thinking",
        "kimi-k2.",
        "kimi-k3",
        "mimo-v2",
    ]
    .iter()
    .any(|part| name.contains(part))
}
