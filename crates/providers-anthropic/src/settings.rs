//! Settings of a call in the form of the API: thinking, limits, and those that are omitted.

use geppetto_engine::ToolDefinition;
use geppetto_provider::{
    Settings,
    rules::{Claude, Origin},
};
use geppetto_turns::{Content, Turn};

use crate::{MessagesOptions, refused};

mod thinking;

pub(crate) use thinking::{ADAPTIVE, DISABLED, ENABLED};

/// Output limit unless the settings or the model have another one, in tokens. A limit far above what is
/// needed costs nothing.
const LIMIT: u64 = 32_000;

/// The same for models of other vendors, whose own limits are lower.
const LIMIT_OF_OTHERS: u64 = 8_192;

/// Returns the origin of the blocks in the reply of a server. The date at the end of a model's name is
/// not part of it: both names are the same model.
pub(crate) fn origin(server: &str, settings: &Settings) -> Origin {
    let model = settings.model.as_str();
    // On Vertex AI, the date follows an `@`.
    let model = model.split_once('@').map_or(model, |(model, _)| model);
    let undated = model.rsplit_once('-').filter(|(_, date)| {
        *date == "latest" || (date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()))
    });
    Origin::new(server, undated.map_or(model, |(model, _)| model))
}

/// Adapts the settings of a call to the API and the model.
pub(crate) fn adapt(settings: &mut Settings, turn: &Turn, options: &MessagesOptions, server: &str) {
    let claude = Claude::of(&settings.model);
    stop(settings);
    let origin = origin(server, settings);
    let effort = settings.inference.reasoning_effort.clone();
    thinking::adapt(settings, claude, || thinking::is_needed(turn, &origin));
    let limit = default_limit(settings);
    settings.inference.max_response_tokens.get_or_insert(limit);
    thinking::fit_budget(settings, claude, effort.as_deref());
    leave_out(settings, claude, options);
    if settings.output.is_some() && claude.is_some_and(|claude| !claude.takes_schema()) {
        settings.unsent.add(
            "output_format",
            "the model does not enforce schemas; it is described in the instructions",
        );
    }
}

/// Returns the output limit for a request without one.
fn default_limit(settings: &Settings) -> u64 {
    let claude = Claude::of(&settings.model);
    let is_claude = Claude::is_named(&settings.model);
    match claude {
        Some(claude) => claude.output_limit().min(LIMIT),
        None if is_claude => LIMIT,
        None => LIMIT_OF_OTHERS,
    }
}

/// Omits stop sequences that consist of white space, which the API refuses.
fn stop(settings: &mut Settings) {
    let Some(stop) = &mut settings.inference.stop else {
        return;
    };
    let before = stop.len();
    stop.retain(|text| !text.trim().is_empty());
    if stop.len() < before {
        let why = "a stop sequence of white space is refused by the API, and left out";
        settings.unsent.add("stop (white space)", why);
    }
}

/// Omits settings that the API has no field for, or that the model refuses.
fn leave_out(settings: &mut Settings, claude: Option<Claude>, options: &MessagesOptions) {
    let config = &settings.inference;
    let thinks = thinking::is_on(config);
    let (temperature, both) = (config.temperature, config.temperature.is_some());
    let set = [
        ("temperature", temperature.is_some()),
        ("top_p", config.top_p.is_some()),
        ("top_k", options.top_k.is_some()),
        ("seed", config.seed.is_some()),
    ];
    let is_claude = Claude::is_named(&settings.model);
    let refuses = claude.is_some_and(Claude::refuses_sampling);
    settings.leave_out(&set, |setting| match setting {
        "seed" => Some("the Messages API has no field for it"),
        _ if refuses => Some("the model has no sampling settings"),
        // <https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility>
        "temperature" if thinks && temperature != Some(1.0) => {
            Some("the model samples with temperature 1 while it thinks")
        }
        "top_k" if thinks => Some("the model has no top_k while it thinks"),
        "temperature" if temperature > Some(1.0) => {
            Some("the API accepts temperatures from 0 to 1, and 1 is its default")
        }
        "top_p" if both && is_claude => Some("Claude refuses it beside a temperature"),
        _ => None,
    });
}

/// Returns `true` if the request has a setting that can be omitted.
pub(crate) fn is_sent(settings: &Settings, options: &MessagesOptions, setting: &str) -> bool {
    let config = &settings.inference;
    let thinking = config.thinking_type.as_deref();
    let is_set = match setting {
        "thinking_budget" => thinking == Some(ENABLED),
        "thinking_type" => thinking.is_some(),
        refused::THINKING => thinking != Some(DISABLED),
        "thinking_display" => thinking::display(settings).is_some(),
        "reasoning_effort" => config.reasoning_effort.is_some(),
        "temperature" => config.temperature.is_some(),
        "top_p" => config.top_p.is_some(),
        "top_k" => options.top_k.is_some(),
        "stop" => config.stop.as_ref().is_some_and(|stop| !stop.is_empty()),
        "service_tier" => options.service_tier.is_some(),
        "output_format" => settings.output.is_some(),
        "strict_tools" => settings.tools.iter().any(ToolDefinition::is_strict),
        "tool_choice" => settings.demands_tool(),
        "cache" => options.cache.is_some(),
        // Sent if the contents need them.
        "betas" | "container" | "prefill" => true,
        _ => false,
    };
    is_set && !settings.unsent.has(setting)
}

/// Returns how thoughts are shown, if the request says so.
pub(crate) fn display(settings: &Settings) -> Option<&'static str> {
    thinking::display(settings)
}

/// Returns `true` if the conversation must end with a message of the user: the model does not continue a
/// text of the request, or it thinks first.
pub(crate) fn ends_with_user(settings: &Settings) -> bool {
    let claude = Claude::of(&settings.model);
    settings.unsent.has("prefill")
        || thinking::is_on(&settings.inference)
        || claude.is_some_and(|claude| !claude.takes_prefill())
}

/// Returns `true` if a type is that of a call or a result of a tool that a server has run itself.
pub(crate) fn is_server_tool(kind: &str) -> bool {
    matches!(kind, "server_tool_use" | "mcp_tool_use") || kind.ends_with("_tool_result")
}

/// Returns `true` if a block is thinking that the server can read.
pub(crate) fn is_readable_thinking(block: &geppetto_turns::Block, origin: &Origin) -> bool {
    let Content::Reasoning(own) = &block.content else {
        return false;
    };
    let is_refused = matches!(block.metadata.get(&crate::keys::UNREADABLE), Ok(Some(true)));
    let signature = own.extra.get(crate::keys::SIGNATURE);
    let is_signed = signature
        .and_then(|value| value.as_str())
        .is_some_and(|text| !text.is_empty());
    let is_sealed = own.encrypted_content.is_some() && own.item_id.is_none();
    let is_known = block.metadata.contains(&crate::keys::ORIGIN) || is_signed;
    (is_signed || is_sealed) && !is_refused && is_known && origin.can_read(block)
}

/// Vendors whose models do not sign their thoughts, by the names of the models.
const UNSIGNED: [&str; 3] = ["deepseek", "kimi", "moonshot"];

/// Returns `true` if a block is thinking without a signature that goes back to the server and the model that
/// wrote it. DeepSeek and Moonshot do not sign thoughts, and DeepSeek refuses a history of tool calls without
/// them.
///
/// Reports: <https://github.com/NousResearch/hermes-agent/pull/17510>,
/// <https://github.com/NousResearch/hermes-agent/pull/104219>.
pub(crate) fn is_unsigned_thinking(
    block: &geppetto_turns::Block,
    origin: &Origin,
    model: &str,
) -> bool {
    let Content::Reasoning(own) = &block.content else {
        return false;
    };
    let model = model.to_ascii_lowercase();
    let is_refused = matches!(block.metadata.get(&crate::keys::UNREADABLE), Ok(Some(true)));
    UNSIGNED.iter().any(|vendor| model.contains(vendor))
        && !own.text.is_empty()
        && !is_refused
        && block.metadata.contains(&crate::keys::ORIGIN)
        && origin.has_made(block)
}
