//! The dialects of public servers, by host name.

use super::{Dialect, KeyHeader, MaxTokensField, ReasoningField, ReasoningReplay};
use std::borrow::Cow;

/// Makes a dialect.
type Make = fn() -> Dialect;

/// A host name, or the domain that it stands in, and its dialect. Rules: each server's API
/// reference.
const HOSTS: &[(&str, Make)] = &[
    ("api.openai.com", openai),
    ("openai.azure.com", azure),
    ("cognitiveservices.azure.com", azure),
    ("services.ai.azure.com", azure),
    ("api.deepseek.com", deepseek),
    ("api.moonshot.ai", deepseek),
    ("api.moonshot.cn", deepseek),
    ("api.z.ai", deepseek),
    ("open.bigmodel.cn", deepseek),
    ("api.mistral.ai", mistral),
    ("openrouter.ai", openrouter),
];

/// The dialect of the host in a URL, if it is known.
pub(super) fn find(url: &str) -> Option<Make> {
    let host = host(url).to_ascii_lowercase();
    let known = HOSTS.iter().find(|(name, _)| {
        host.strip_suffix(name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    known.map(|(_, dialect)| *dialect)
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

fn openai() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxCompletionTokens,
        refusal_field: true,
        ..Dialect::default()
    }
}

fn azure() -> Dialect {
    Dialect {
        key: KeyHeader::Header("api-key"),
        refusal_field: true,
        ..Dialect::default()
    }
}

fn deepseek() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        thinking: true,
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent),
        ..Dialect::default()
    }
}

fn mistral() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        seed: Cow::Borrowed("random_seed"),
        required_choice: Cow::Borrowed("any"),
        // Refused as an unknown field; usage comes without being asked for.
        stream_options: false,
        ..Dialect::default()
    }
}

fn openrouter() -> Dialect {
    Dialect {
        reasoning: ReasoningReplay::Always(ReasoningField::Details),
        ..Dialect::default()
    }
}
