//! The checklist.

use serde::Serialize;

use super::{
    Setting, cargo_steps, command_line,
    example::{self, Expected},
    interactive,
    outcome::Outcome,
    recordings, rules,
};
use crate::error::Error;

/// One item of the checklist.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Item {
    /// Its name; what stands before a `/` is its group.
    pub(super) name: &'static str,
    /// The property that holds when it passes.
    pub(super) about: &'static str,
    #[serde(skip)]
    check: Check,
}

/// How an item is checked.
#[derive(Debug, Clone, Copy)]
enum Check {
    Cargo(fn(&mut Setting) -> Result<Outcome, Error>),
    /// Checks of `cargo xtask tidy`, by name.
    Rules(&'static [&'static str]),
    /// Those of them that no other item names.
    OtherRules,
    Pages,
    Example(Expected),
    CommandLine,
    Interactive(&'static str),
    Recordings,
}

/// All items, in the order in which they run: what is quick first.
pub(super) const ITEMS: &[Item] = &[
    Item {
        name: "format",
        about: "all sources are formatted",
        check: Check::Cargo(cargo_steps::format),
    },
    Item {
        name: "retired-names",
        about: "no name of the retired API in crates, examples, docs or README, the guide aside",
        check: Check::Rules(&["retired-names"]),
    },
    Item {
        name: "layering",
        about: "crates and examples depend only on the layers below them",
        check: Check::Rules(&["layering", "external-bans", "examples"]),
    },
    Item {
        name: "dependency-budgets",
        about: "dependency trees stay within their budgets, each dependency has its reason",
        check: Check::Rules(&["dependency-budgets", "dependency-notes"]),
    },
    Item {
        name: "file-budgets",
        about: "source files and functions are small",
        check: Check::Rules(&["file-lengths", "function-lengths"]),
    },
    Item {
        name: "house-rules",
        about: "the other rules of `cargo xtask tidy`",
        check: Check::OtherRules,
    },
    Item {
        name: "pages",
        about: "pages and READMEs: links resolve, snippets are compiled, generated parts are fresh",
        check: Check::Pages,
    },
    Item {
        name: "lints",
        about: "clippy finds nothing in any target",
        check: Check::Cargo(cargo_steps::lints),
    },
    Item {
        name: "docs",
        about: "the documentation builds without warnings",
        check: Check::Cargo(cargo_steps::docs),
    },
    Item {
        name: "tests",
        about: "the whole test suite passes",
        check: Check::Cargo(cargo_steps::tests),
    },
    Item {
        name: "examples/simple-streaming-inference",
        about: "two prompts, each streamed, with thinking and usage",
        check: Check::Example(Expected {
            example: "simple-streaming-inference",
            typed: &["Say hello.", "Say goodbye."],
            tools: &[],
            must_think: false,
        }),
    },
    Item {
        name: "examples/generic-tool-calling",
        about: "two turns over Chat Completions in which tools are called and answer",
        check: Check::Example(Expected {
            example: "generic-tool-calling",
            typed: &[],
            tools: &["lookup_weather", "convert_temperature"],
            must_think: false,
        }),
    },
    Item {
        name: "examples/openai-tools",
        about: "two turns over Responses with visible thinking, in which tools are called and answer",
        check: Check::Example(Expected {
            example: "openai-tools",
            typed: &[],
            tools: &["find_train", "convert_minutes"],
            must_think: true,
        }),
    },
    Item {
        name: "command-line",
        about: "every example: `--help` works, unknown options are refused, a closed output ends it quietly",
        check: Check::CommandLine,
    },
    Item {
        name: "interactive/simple-streaming-inference",
        about: "the first of two runs is cancelled, and the second prompt runs",
        check: Check::Interactive("simple-streaming-inference"),
    },
    Item {
        name: "interactive/generic-tool-calling",
        about: "the first of two runs is cancelled, and the second prompt runs",
        check: Check::Interactive("generic-tool-calling"),
    },
    Item {
        name: "interactive/openai-tools",
        about: "the first of two runs is cancelled, and the second prompt runs",
        check: Check::Interactive("openai-tools"),
    },
    Item {
        name: "conformance",
        about: "recorded interactions come out as recorded (with --recordings)",
        check: Check::Recordings,
    },
];

impl Item {
    /// Runs the item.
    ///
    /// # Errors
    ///
    /// When it could not be run at all.
    pub(super) fn run(&self, setting: &mut Setting) -> Result<Outcome, Error> {
        match self.check {
            Check::Cargo(step) => step(setting),
            Check::Rules(names) => rules::check(self.name, &owned(names), setting),
            Check::OtherRules => rules::check(self.name, &other_rules(), setting),
            Check::Pages => rules::pages(self.name, setting),
            Check::Example(expected) => example::check(&expected, setting),
            Check::CommandLine => command_line::check(setting),
            Check::Interactive(example) => interactive::check(example, setting),
            Check::Recordings => recordings::check(setting),
        }
    }

    /// Whether `name` is the item's, or its group's.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name == name
            || self
                .name
                .split_once('/')
                .is_some_and(|(group, _)| group == name)
    }
}

/// The checks of `tidy` that no item has by name.
fn other_rules() -> Vec<String> {
    let named = |name: &str| {
        ITEMS
            .iter()
            .any(|item| matches!(item.check, Check::Rules(names) if names.contains(&name)))
    };
    let names = crate::tidy::names().filter(|name| !named(name));
    names.map(str::to_owned).collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests;
