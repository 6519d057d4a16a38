//! The layers of defaults and of variables.

use crate::{
    App, Field, Kind, Platform, Source, Value, Warning, WarningKind,
    catalogue::{by_path, fields},
    layer::{Entry, Group, Layer},
    nearest::nearest,
    value::Invalid,
};

mod ollama;

/// Variables shared by many programs, weakest first, and the paths that they set.
///
/// The address of a provider's variables is read wherever its key is: the key of a gateway must not go to the provider
/// (<https://github.com/aaif-goose/goose/pull/7906>). `OPENAI_API_BASE` is the older name of `OPENAI_BASE_URL`.
pub(crate) const WELL_KNOWN: &[(&str, &str)] = &[
    ("OPENAI_API_BASE", "api.base_urls.openai-base-url"),
    ("OPENAI_BASE_URL", "api.base_urls.openai-base-url"),
    ("OPENAI_API_KEY", "api.api_keys.openai-api-key"),
    ("ANTHROPIC_BASE_URL", "api.base_urls.claude-base-url"),
    ("ANTHROPIC_API_KEY", "api.api_keys.claude-api-key"),
    ("GOOGLE_GEMINI_BASE_URL", "api.base_urls.gemini-base-url"),
    ("GOOGLE_API_KEY", "api.api_keys.gemini-api-key"),
    ("GEMINI_API_KEY", "api.api_keys.gemini-api-key"),
    (OLLAMA_HOST, "api.base_urls.ollama-base-url"),
    ("OLLAMA_API_KEY", "api.api_keys.ollama-api-key"),
];

/// The address of the server, in a form of its own: see [`ollama::address`].
const OLLAMA_HOST: &str = "OLLAMA_HOST";

pub(super) fn defaults() -> Layer {
    let mut layer = Layer::new(Group::Default);
    for field in fields() {
        let value = field
            .default
            .and_then(|text| Value::parse(field, text).ok().flatten());
        layer.entries.extend(value.map(|value| Entry {
            path: field.path.to_owned(),
            value: Ok(value),
            source: Source::Default,
        }));
    }
    layer
}

/// Reads the variables shared by many programs. An invalid key is not an error of this program. An invalid address
/// is one if nothing replaces it: requests that are meant for another server must not go to the provider.
pub(super) fn well_known(platform: &dyn Platform, warnings: &mut Vec<Warning>) -> Layer {
    let mut layer = Layer::new(Group::WellKnown);
    for (variable, path) in WELL_KNOWN {
        let Some(field) = by_path(path) else { continue };
        let source = Source::WellKnown {
            variable: (*variable).to_owned(),
        };
        match read(field, variable, platform) {
            None => {}
            Some(value) if value.is_ok() || field.kind == Kind::Url => layer.entries.push(Entry {
                path: (*path).to_owned(),
                value,
                source,
            }),
            Some(Ok(_)) => {}
            Some(Err(invalid)) => {
                let message = format!("{source}: {invalid}; the variable is not used");
                warnings.push(Warning::new(WarningKind::Invalid, message));
            }
        }
    }
    layer
}

/// Reads the variables with the application's prefix.
pub(super) fn prefixed(app: &App, platform: &dyn Platform, warnings: &mut Vec<Warning>) -> Layer {
    let mut layer = Layer::new(Group::Variables);
    let mut known = Vec::new();
    for field in fields() {
        let Some(name) = field.variable(app.prefix()) else {
            continue;
        };
        if let Some(value) = read(field, &name, platform) {
            layer.entries.push(Entry {
                path: field.path.to_owned(),
                value,
                source: Source::Variable { name: name.clone() },
            });
        }
        known.push(name);
    }
    misspelled(app, platform, &known, warnings);
    layer
}

/// Returns the value of a variable. An empty one counts as unset, because container tools pass on
/// unset variables in this way.
fn read(field: &Field, name: &str, platform: &dyn Platform) -> Option<Result<Value, Invalid>> {
    match platform.variable(name)?.into_string() {
        Ok(text) if name == OLLAMA_HOST => Value::parse(field, &ollama::address(&text)).transpose(),
        Ok(text) => Value::parse(field, &text).transpose(),
        Err(_) => Some(Err(Invalid::new(field, "").allowed("text in UTF-8"))),
    }
}

/// Warns about variables whose name is similar to that of a setting. Others belong to the
/// application.
fn misspelled(app: &App, platform: &dyn Platform, known: &[String], warnings: &mut Vec<Warning>) {
    if app.prefix().is_empty() {
        return;
    }
    for name in platform.variables() {
        let Some(rest) = name.strip_prefix(app.prefix()) else {
            continue;
        };
        if known.contains(&name) || rest.len() < 4 {
            continue;
        }
        let flags = known
            .iter()
            .filter_map(|known| known.strip_prefix(app.prefix()));
        if let Some(near) = nearest(rest, flags) {
            let source = Source::Variable {
                name: "environment".to_owned(),
            };
            let near = format!("{}{near}", app.prefix());
            warnings.push(Warning::unknown(&source, &name, Some(&near)));
        }
    }
}
