//! [`inference_settings`].

use geppetto_turns::serial::yaml_string;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::said::Tree;
use crate::{Resolved, settings::ClientSettings};

#[derive(Serialize)]
struct Printed {
    settings: Json,
    sources: Tree,
    http_client: Json,
}

/// Returns the settings with the sources of every value as YAML: the output of
/// `--print-inference-settings`.
///
/// `settings` contains the values in use, `sources` a log for each, weakest layer first, and
/// `http_client` the resulting settings of the HTTP client. Sources have the names of geppetto,
/// extended with the `line`.
#[must_use]
pub fn inference_settings(resolved: &Resolved) -> String {
    let settings = serde_json::to_value(&resolved.settings).unwrap_or_default();
    let mut sources = Tree::default();
    for (path, traced) in resolved.trace.iter() {
        let root = path.split('.').next().unwrap_or_default();
        if settings.get(root).is_some() {
            sources.insert(path.split('.'), traced);
        }
    }
    let printed = Printed {
        settings: without_empty(settings),
        sources,
        http_client: http_client(&resolved.settings.client),
    };
    yaml_string(&printed).unwrap_or_default()
}

fn http_client(client: &ClientSettings) -> Json {
    let mut reasons = Vec::new();
    let limit = client
        .time_limit()
        .map(|limit| format!("{}s", limit.as_secs()));
    if limit.is_some() {
        reasons.push("timeout");
    }
    let from_environment = client.proxy_from_environment.unwrap_or(true);
    let proxy_mode = match (&client.proxy_url, from_environment) {
        (Some(_), _) => {
            reasons.push("proxy_url");
            "url"
        }
        (None, true) => "environment",
        (None, false) => {
            reasons.push("proxy_from_environment");
            "none"
        }
    };
    json!({
        "mode": if reasons.is_empty() { "default" } else { "configured" },
        "reasons": reasons,
        "effective_timeout": limit,
        "proxy_url": client.proxy_url,
        "proxy_from_environment": from_environment,
        "proxy_mode": proxy_mode,
    })
}

fn without_empty(settings: Json) -> Json {
    let Json::Object(map) = settings else {
        return settings;
    };
    let is_empty = |value: &Json| value.as_object().is_some_and(Map::is_empty);
    map.into_iter()
        .filter(|(_, value)| !is_empty(value))
        .collect()
}
