//! The checklist.

use serde::Serialize;

#[cfg(test)]
mod tests;

/// One item of the checklist.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Item {
    /// Its name; the part before a `/` is its group.
    pub(super) name: &'static str,
    /// The property that holds when it passes.
    pub(super) about: &'static str,
    #[serde(skip)]
    pub(super) step: Step,
}

/// The command of an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// `cargo` with these arguments.
    Cargo(&'static str),
    /// `cargo xtask tidy` with only these checks.
    Rules(&'static [&'static str]),
    /// `cargo xtask tidy` with the checks that no other item names.
    OtherRules,
    /// `cargo xtask docs --check`.
    Pages,
    /// The program of `examples/check` with these arguments, without `--live`, which the runner
    /// adds.
    Examples(&'static str),
    /// A test of a program in a terminal, by its name; needs tmux.
    Terminal(&'static str),
    /// A test of a page in a browser, by its name; needs Chromium and npm.
    Browser(&'static str),
    /// `cargo xtask conformance` with the paths of `--recordings`.
    Recordings,
}

/// All items, in the order in which they run: quick ones first.
pub(super) const ITEMS: &[Item] = &[
    item(
        "format",
        "all sources are formatted",
        Step::Cargo("fmt --all --check"),
    ),
    item(
        "retired-names",
        "no name of the retired API in crates, examples, docs or README, the guide aside",
        Step::Rules(&["retired-names"]),
    ),
    item(
        "layering",
        "crates and examples depend only on the layers below them",
        Step::Rules(&["layering", "external-bans", "examples"]),
    ),
    item(
        "dependency-budgets",
        "dependency trees stay within their budgets, each dependency has its reason",
        Step::Rules(&["dependency-budgets", "dependency-notes"]),
    ),
    item(
        "file-budgets",
        "source files are small",
        Step::Rules(&["file-lengths"]),
    ),
    item(
        "house-rules",
        "the other rules of `cargo xtask tidy`",
        Step::OtherRules,
    ),
    item(
        "pages",
        "pages and READMEs: links resolve, snippets are compiled, generated parts are fresh",
        Step::Pages,
    ),
    item(
        "lints",
        "clippy finds nothing in any target, and functions are short",
        Step::Cargo("clippy --workspace --all-targets --all-features -- -D warnings"),
    ),
    item(
        "docs",
        "the documentation builds without warnings",
        Step::Cargo("doc --workspace --no-deps"),
    ),
    item(
        "tests",
        "the whole test suite passes",
        Step::Cargo("test --workspace --no-fail-fast"),
    ),
    item(
        "examples/simple-streaming-inference",
        "two prompts, each streamed, with thinking and usage",
        Step::Examples("example simple-streaming-inference"),
    ),
    item(
        "examples/generic-tool-calling",
        "two turns over Chat Completions in which tools are called and answer",
        Step::Examples("example generic-tool-calling"),
    ),
    item(
        "examples/openai-tools",
        "two turns over Responses with visible thinking, in which tools are called and answer",
        Step::Examples("example openai-tools"),
    ),
    item(
        "examples/claude-tools",
        "two turns over Messages with visible thinking, in which tools are called and answer",
        Step::Examples("example claude-tools"),
    ),
    item(
        "examples/gemini-tools",
        "two turns over generateContent with visible thinking, in which tools are called and answer",
        Step::Examples("example gemini-tools"),
    ),
    item(
        "command-line",
        "every example: `--help` works, unknown options are refused, a closed output ends it quietly",
        Step::Examples("command-line"),
    ),
    item(
        "interactive/simple-streaming-inference",
        "the first of two runs is cancelled, and the second prompt runs",
        Step::Examples("interactive simple-streaming-inference"),
    ),
    item(
        "interactive/generic-tool-calling",
        "the first of two runs is cancelled, and the second prompt runs",
        Step::Examples("interactive generic-tool-calling"),
    ),
    item(
        "interactive/openai-tools",
        "the first of two runs is cancelled, and the second prompt runs",
        Step::Examples("interactive openai-tools"),
    ),
    item(
        "interactive/claude-tools",
        "the first of two runs is cancelled, and the second prompt runs",
        Step::Examples("interactive claude-tools"),
    ),
    item(
        "interactive/gemini-tools",
        "the first of two runs is cancelled, and the second prompt runs",
        Step::Examples("interactive gemini-tools"),
    ),
    item(
        "terminal-chat",
        "`geppetto chat` in a terminal: two turns, and a third one in the next process",
        Step::Terminal("two_turns_and_a_third_in_the_next_process"),
    ),
    item(
        "web-chat",
        "`geppetto serve` in Chromium: two turns, Stop in a text and in a tool, and prompts after it",
        Step::Browser("conversations"),
    ),
    item(
        "conformance",
        "recorded interactions come out as recorded (with --recordings)",
        Step::Recordings,
    ),
];

const fn item(name: &'static str, about: &'static str, step: Step) -> Item {
    Item { name, about, step }
}

impl Item {
    /// Returns `true` if `name` is that of the item or of its group.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name == name
            || self
                .name
                .split_once('/')
                .is_some_and(|(group, _)| group == name)
    }
}

/// Returns the checks of `tidy` that no item names.
pub(super) fn other_rules() -> impl Iterator<Item = &'static str> {
    let named = |name: &str| {
        ITEMS
            .iter()
            .any(|item| matches!(item.step, Step::Rules(names) if names.contains(&name)))
    };
    crate::tidy::names().filter(move |name| !named(name))
}
