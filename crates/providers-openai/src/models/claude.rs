//! Settings that Claude rejects on any server, by the name of the model.

/// Returns `true` if a model is one of Anthropic's.
pub(super) fn is_claude(model: &str) -> bool {
    model.to_ascii_lowercase().contains("claude")
}

/// Returns `true` if the model rejects `temperature` and `top_p`: Opus since 4.7, and every family
/// since version 5.
///
/// Source: <https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-7>; behind
/// gateways: <https://github.com/leonardovida/duckdb-ai/issues/85>,
/// <https://github.com/anomalyco/models.dev/pull/3961>.
pub(super) fn refuses_sampling(model: &str) -> bool {
    let name = model.to_ascii_lowercase();
    let Some((_, name)) = name.split_once("claude") else {
        return false;
    };
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    // A date has eight digits, a version one or two: `claude-opus-4-1-20250805`, `claude-opus-4.7`.
    let mut numbers = words
        .iter()
        .skip_while(|word| version(word).is_none())
        .map_while(|word| version(word));
    let major = numbers.next().unwrap_or(0);
    let minor = numbers.next().unwrap_or(0);
    major >= 5 || (major == 4 && minor >= 7 && words.contains(&"opus"))
}

fn version(word: &str) -> Option<u32> {
    (word.len() <= 2).then(|| word.parse().ok()).flatten()
}
