//! Files of settings, in YAML and TOML, as a user's and as a project's.
//!
//! - A file is read, or refused with its name.
//! - What is used is what one of the layers says.
//! - The keys of the environment are in no output, and do not go to an address of the file.

use geppetto_settings::{App, MemoryPlatform, Registry, Resolver, print};
use std::path::Path;

/// The keys of the environment.
const KEY: &str = "sk-of-the-environment";

/// The provider's own address.
const OWN: &str = "https://api.openai.com/";

/// Checks one input.
pub fn check(data: &[u8]) {
    for path in [
        "/me/.config/pinocchio/config.yaml",
        "/me/.config/geppetto/config.toml",
        "/me/.config/pinocchio/profiles.yaml",
        "/project/.pinocchio.yml",
    ] {
        file(path, data);
    }
    if let Ok(text) = str::from_utf8(data) {
        for path in ["profiles.yaml", "profiles.toml"] {
            if let Err(error) = Registry::parse(Path::new(path), text) {
                assert!(error.to_string().starts_with(path), "{error}");
            }
        }
    }
}

fn file(path: &str, data: &[u8]) {
    let app = App::new("pinocchio");
    let platform = MemoryPlatform::new()
        .with_file(path, data)
        .with_variable("OPENAI_API_KEY", KEY)
        .with_variable("PINOCCHIO_CLAUDE_API_KEY", KEY);
    let resolved = match Resolver::new(&app).platform(&platform).resolve() {
        Ok(resolved) => resolved,
        Err(error) => {
            assert!(!error.to_string().contains(KEY), "{error}");
            return;
        }
    };
    for (name, traced) in resolved.trace.iter() {
        let log = traced.log().iter();
        let is_said = traced
            .value()
            .is_none_or(|value| log.clone().any(|said| said.value() == Some(value)));
        assert!(is_said && !traced.log().is_empty(), "{name}");
    }
    for shown in [
        format!("{resolved:?}"),
        print::inference_settings(&resolved),
        print::parsed_fields(&resolved),
        print::table(&resolved),
    ] {
        // A file may say it, too.
        let is_told = String::from_utf8_lossy(data).contains("environment");
        assert!(is_told || !shown.contains(KEY), "{shown}");
    }
    for api_type in ["openai", "open-responses"] {
        let endpoint = resolved.settings.api.endpoint(api_type);
        let (Some(address), Some(key)) = (endpoint.base_url, endpoint.key) else {
            continue;
        };
        let is_own = address.as_str().to_ascii_lowercase().starts_with(OWN)
            || address
                .host()
                .is_some_and(|host| host.starts_with("api.openai.com"));
        assert!(is_own || key.expose() != KEY, "{address:?}");
    }
}
