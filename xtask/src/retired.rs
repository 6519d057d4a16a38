//! The retired lifecycle API: each name and its replacement.
//!
//! One table for all searches for the names: `cargo xtask tidy` in this repository, and
//! `cargo xtask validate --scan` in an application to be migrated.

#[cfg(test)]
mod tests;

/// The page that describes how to replace the names.
pub(crate) const GUIDE: &str = "docs/migration.md";

/// An item of the retired API.
#[derive(Debug)]
pub(crate) struct Retired {
    /// Its name in Go, which is also a heading of the guide.
    pub(crate) name: &'static str,
    /// Its other names: the spelling in Rust, constructors, packages.
    pub(crate) others: &'static [&'static str],
    /// What it was.
    pub(crate) concept: &'static str,
    /// Its replacement.
    pub(crate) instead: &'static str,
}

/// All retired items, as listed in the playbook's step 0 and its validation.
pub(crate) const RETIRED: &[Retired] = &[
    Retired {
        name: "WithSink",
        others: &["with_sink"],
        concept: "a sink in the engine's configuration",
        instead: "`RunContext::with_event_sinks` or the builder's `event_sink`",
    },
    Retired {
        name: "engine.Option",
        others: &["engine::Option"],
        concept: "an option of the engine's construction",
        instead: "the provider's own builder for the engine, and `Builder` for sinks and the rest",
    },
    Retired {
        name: "InferenceState",
        others: &["NewInferenceState", "pkg/inference/state"],
        concept: "the turn and the run in flight in one state",
        instead: "`geppetto_session::Session` for the history, `ExecutionHandle` for the run",
    },
    Retired {
        name: "core.Session",
        others: &["core::Session", "pkg/inference/core"],
        concept: "a runner with lifecycle entry points",
        instead: "`geppetto_session::Session` over a `geppetto_enginebuilder::Builder`",
    },
    Retired {
        name: "RunInferenceStarted",
        others: &["run_inference_started"],
        concept: "running what was started before",
        instead: "nothing: `Session::submit` or `Session::start_inference` starts at once, and \
                  `ExecutionHandle::wait` waits",
    },
    Retired {
        name: "StartRun",
        others: &["start_run"],
        concept: "marking a run as started",
        instead: "`Session::submit` or `Session::start_inference`, which refuse a second run; \
                  `Session::is_running` asks",
    },
    Retired {
        name: "FinishRun",
        others: &["finish_run"],
        concept: "marking a run as finished",
        instead: "nothing: a run ends by itself; `ExecutionHandle::wait` waits for it",
    },
    Retired {
        name: "SetCancel",
        others: &["set_cancel", "CancelRun", "cancel_run"],
        concept: "a cancel function kept beside the state",
        instead: "`ExecutionHandle::cancel` or `Session::cancel_active`",
    },
    Retired {
        name: "HasCancel",
        others: &["has_cancel"],
        concept: "asking whether something can be cancelled",
        instead: "`Session::is_running`; cancelling is always allowed",
    },
];

impl Retired {
    /// Returns all names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.others.iter().copied())
    }

    /// Returns the link to the section of the guide.
    pub(crate) fn link(&self) -> String {
        format!("{GUIDE}#{}", anchor(self.name))
    }
}

/// Returns the anchor of a heading: letters and digits in lower case, `-` for spaces.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}
