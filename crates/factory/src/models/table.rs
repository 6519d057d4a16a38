//! The models.
//!
//! Prices in USD per million tokens, read in November 2026: OpenAI's from its model pages
//! (<https://developers.openai.com/api/docs/models>) and price list
//! (<https://developers.openai.com/api/docs/pricing>), Anthropic's from
//! <https://platform.claude.com/docs/en/about-claude/pricing> and its model pages, where the price of
//! cache writes is that of five minutes. Rows that were read elsewhere name their page. Prices change: a row
//! is corrected together with the month above.

use geppetto_turns::Price;

use super::Facts;

const fn model(id: &'static str, limits: (u64, u64), price: Price) -> Facts {
    Facts {
        id,
        context_window: limits.0,
        max_output_tokens: limits.1,
        reasoning: true,
        price,
    }
}

/// A model that does not reason.
const fn plain(id: &'static str, limits: (u64, u64), price: Price) -> Facts {
    let mut facts = model(id, limits, price);
    facts.reasoning = false;
    facts
}

/// Input, cached input, output.
const fn usd(input: f64, cached: f64, output: f64) -> Price {
    Price::new(input, output).with_cache_read(cached)
}

const GPT_5: (u64, u64) = (400_000, 128_000);
const GPT_4_1: (u64, u64) = (1_047_576, 32_768);
const GPT_4O: (u64, u64) = (128_000, 16_384);
const O_SERIES: (u64, u64) = (200_000, 100_000);
const CLAUDE_4_5: (u64, u64) = (200_000, 64_000);
const CLAUDE_5: (u64, u64) = (1_000_000, 128_000);

/// Prompts above this size cost more: <https://wavespeed.ai/zh-CN/llm/openai/gpt-5.4>.
const LONG: u64 = 272_000;

pub(super) const ALL: &[Facts] = &[
    // Context: <https://wavespeed.ai/zh-CN/llm/openai/gpt-5.4>; cached input:
    // <https://www.morphllm.com/openai-api-pricing>.
    model(
        "gpt-5.4",
        (1_050_000, 128_000),
        usd(2.5, 0.25, 15.0).with_max_input_tokens(LONG),
    ),
    // Cached input: <https://www.morphllm.com/openai-api-pricing>.
    model("gpt-5.4-mini", GPT_5, usd(0.75, 0.075, 4.5)),
    // The limits and prices of `gpt-5-codex`, which are those of GPT-5.
    model("gpt-5", GPT_5, usd(1.25, 0.125, 10.0)),
    model("gpt-5-mini", GPT_5, usd(0.25, 0.025, 2.0)),
    // <https://vercel.com/ai-gateway/models/gpt-4.1-mini/api>
    plain("gpt-4.1-mini", GPT_4_1, usd(0.4, 0.1, 1.6)),
    // <https://gist.github.com/ei-grad/9a7c000f3487bc01221c7bb5e2b3d74a>
    plain("gpt-4.1", GPT_4_1, usd(2.0, 0.5, 8.0)),
    // <https://deploybase.ai/articles/openai-pricing>; cached input, of which OpenAI charges half:
    // <https://chatgptpricing-akr.pages.dev/api-pricing>; limits:
    // <https://rageagainstthepixel.github.io/OpenAI-DotNet/api/OpenAI.Models.Model.html>.
    plain("gpt-4o", GPT_4O, usd(2.5, 1.25, 10.0)),
    plain("gpt-4o-mini", GPT_4O, usd(0.15, 0.075, 0.6)),
    // <https://www.helicone.ai/model/o4-mini>
    model("o4-mini", O_SERIES, usd(1.1, 0.275, 4.4)),
    model(
        "claude-opus-5",
        CLAUDE_5,
        usd(5.0, 0.5, 25.0).with_cache_write(6.25),
    ),
    model(
        "claude-sonnet-5",
        CLAUDE_5,
        usd(2.0, 0.2, 10.0).with_cache_write(2.5),
    ),
    // Limits: <https://platform.claude.com/docs/en/models/opus-5/overview>.
    model(
        "claude-haiku-4-5",
        CLAUDE_4_5,
        usd(1.0, 0.1, 5.0).with_cache_write(1.25),
    ),
];
