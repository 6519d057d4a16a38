//! [`Places`]: where a setting can be set, for errors.

use std::collections::BTreeMap;

use geppetto_settings::{App, Resolved, catalogue};
use geppetto_turns::printable_line;

/// Variables that many programs share, and the paths that they set.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("api.api_keys.openai-api-key", "OPENAI_API_KEY"),
    ("api.api_keys.claude-api-key", "ANTHROPIC_API_KEY"),
    ("api.api_keys.gemini-api-key", "GEMINI_API_KEY"),
];

/// Where a setting can be set, for errors.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    prefix: String,
    profile: Option<String>,
    /// Why API keys that are set are not used, by path.
    unused: BTreeMap<String, String>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            prefix: App::default().prefix().to_owned(),
            profile: None,
            unused: BTreeMap::new(),
        }
    }
}

impl Places {
    pub(crate) fn of(resolved: &Resolved) -> Self {
        let profile = resolved.profile.as_ref();
        let unused = resolved.trace.iter().filter_map(|(path, traced)| {
            let said = traced.log().last()?;
            let note = said.note()?;
            let why = format!("that of {} is not used: {note}", said.source());
            Some((path.to_owned(), printable_line(&why).to_string()))
        });
        Self {
            prefix: resolved.app().prefix().to_owned(),
            profile: profile.map(|profile| {
                printable_line(&format!("{} ({})", profile.slug, profile.place)).to_string()
            }),
            unused: unused.collect(),
        }
    }

    /// Returns how to set a path: `set it with --ai-engine, PINOCCHIO_AI_ENGINE or ...`.
    pub(crate) fn of_path(&self, path: &str) -> String {
        let field = catalogue::by_path(path);
        let flag = field.and_then(|field| field.flag);
        let variable = field.and_then(|field| field.variable(&self.prefix));
        let known = WELL_KNOWN.iter().find(|(known, _)| *known == path);
        let profile = match &self.profile {
            Some(profile) => format!("`inference_settings.{path}` of the profile {profile}"),
            None => format!("`inference_settings.{path}` of a profile"),
        };
        let places: Vec<String> = [
            flag.map(|flag| format!("--{flag}")),
            variable,
            known.map(|(_, variable)| (*variable).to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        let unused = match self.unused.get(path) {
            Some(why) => format!(" ({why})"),
            None => String::new(),
        };
        if places.is_empty() {
            return format!("set {profile}{unused}");
        }
        format!("set it with {}, or {profile}{unused}", places.join(", "))
    }
}
