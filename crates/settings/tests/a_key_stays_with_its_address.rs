//! A key is sent only to an address of its own source, or to the provider's own host.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::collections::BTreeMap;

use geppetto_settings::{App, Layer, MemoryPlatform, Resolved, Resolver};
use proptest::{option::of, prelude::*};

/// The sources that can set a key and an address, weakest first.
const SOURCES: [&str; 8] = [
    "well-known",
    "/me/.pinocchio/config.yaml",
    "/me/.config/geppetto/config.yaml",
    "/project/.pinocchio.yml",
    "base profile",
    "profile",
    "PINOCCHIO_",
    "flags",
];

/// A key, an address, both or neither.
type Pair = (bool, Option<&'static str>);

const OWN: &str = "https://api.openai.com/v1";

/// Returns the key of a source, which names the source.
fn key(source: usize) -> String {
    format!("key-{source}")
}

/// Returns the address of a source: the provider's own, or one that names the source.
fn url(source: usize, host: &str) -> String {
    match host {
        "own" => OWN.to_owned(),
        host => format!("https://{host}-{source}.example/v1"),
    }
}

fn resolve(pairs: &[(usize, Pair)]) -> Resolved {
    let app = App::new("pinocchio");
    let mut platform = MemoryPlatform::new();
    let mut flags = Layer::flags();
    let mut profiles: BTreeMap<&str, String> = BTreeMap::new();
    for (source, (has_key, host)) in pairs {
        let key = has_key.then(|| key(*source));
        let url = host.map(|host| url(*source, host));
        let lines = |indent: &str| {
            let key = key
                .iter()
                .map(|key| format!("{indent}openai-api-key: {key}\n"));
            let url = url
                .iter()
                .map(|url| format!("{indent}openai-base-url: {url}\n"));
            key.chain(url).collect::<String>()
        };
        match SOURCES[*source] {
            "flags" => {
                flags = flags
                    .set("openai-api-key", key.as_deref().unwrap_or_default())
                    .unwrap();
                flags = flags
                    .set("openai-base-url", url.as_deref().unwrap_or_default())
                    .unwrap();
            }
            prefix @ ("PINOCCHIO_" | "well-known") => {
                let prefix = if prefix == "well-known" { "" } else { prefix };
                let variable = |name: &str| format!("{prefix}OPENAI_{name}");
                platform = platform
                    .with_variable(variable("API_KEY"), key.unwrap_or_default())
                    .with_variable(variable("BASE_URL"), url.unwrap_or_default());
            }
            "base profile" => drop(profiles.insert("base", lines("        "))),
            "profile" => drop(profiles.insert("default", lines("        "))),
            path => platform = platform.with_file(path, format!("openai-chat:\n{}", lines("  "))),
        }
    }
    let text = |name| profiles.get(name).cloned().unwrap_or_default();
    let registry = format!(
        "profiles:\n  base:\n    openai-chat:\n{}  default:\n    stack: [base]\n    openai-chat:\n{}",
        text("base"),
        text("default")
    );
    let platform = platform.with_file("/me/.config/pinocchio/profiles.yaml", registry);
    Resolver::new(&app)
        .platform(&platform)
        .layer(flags)
        .resolve()
        .unwrap()
}

/// Returns `true` if the key of one source may be sent to the address of another.
fn may_go(key: usize, address: usize) -> bool {
    let (key, address) = (SOURCES[key], SOURCES[address]);
    let stack = |source| matches!(source, "base profile" | "profile");
    key == address
        || (stack(key) && stack(address))
        || key == "flags"
        || (key == "PINOCCHIO_" && address != "/project/.pinocchio.yml")
}

fn pairs() -> impl Strategy<Value = Vec<(usize, Pair)>> {
    let pair = (
        any::<bool>(),
        of(proptest::sample::select(vec!["own", "a", "b"])),
    );
    proptest::collection::vec(of(pair), SOURCES.len()).prop_map(|pairs| {
        let pairs = pairs.into_iter().enumerate();
        pairs
            .filter_map(|(source, pair)| Some((source, pair?)))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn no_key_goes_to_a_host_that_its_source_did_not_name(pairs in pairs()) {
        let resolved = resolve(&pairs);
        for api_type in ["openai", "openai-responses", "open-responses"] {
            let endpoint = resolved.settings.api.endpoint(api_type);
            let (Some(address), Some(key)) = (endpoint.base_url, endpoint.key) else { continue };
            if address.as_str() == OWN {
                continue;
            }
            let named: usize = address.as_str().split(['-', '.']).nth(1).unwrap().parse().unwrap();
            let given: usize = key.expose().trim_start_matches("key-").parse().unwrap();
            prop_assert!(may_go(given, named), "{} goes to {}", SOURCES[given], SOURCES[named]);
        }
    }

    #[test]
    fn a_key_of_the_strongest_source_is_used_or_a_warning_says_why_not(pairs in pairs()) {
        let resolved = resolve(&pairs);
        let strongest = pairs.iter().rev().find(|(_, (has_key, _))| *has_key);
        let Some((source, _)) = strongest else { return Ok(()) };
        let used = resolved.settings.api.key("openai").map(|used| used.expose().to_owned());
        let has_note = resolved.trace.get("api.api_keys.openai-api-key").unwrap().log().last().unwrap().note().is_some();
        prop_assert!(used == Some(key(*source)) || has_note);
    }
}

/// Returns address and key of `openai` for sources by name, each with a key, an address of another
/// host, or both.
fn check(sources: &[(&str, bool, bool)], expected: (&str, Option<&str>)) -> Resolved {
    let index = |name: &str| SOURCES.iter().position(|source| *source == name).unwrap();
    let pairs = sources
        .iter()
        .map(|(name, has_key, has_url)| (index(name), (*has_key, has_url.then_some("a"))));
    let resolved = resolve(&pairs.collect::<Vec<_>>());
    let endpoint = resolved.settings.api.endpoint("openai");
    let url = endpoint.base_url.unwrap().as_str().to_owned();
    let key_used = endpoint.key.map(|key| key.expose().to_owned());
    let expected_url = match expected.0 {
        "own" => OWN.to_owned(),
        name => url_of(index(name)),
    };
    let expected_key = expected.1.map(|name| key(index(name)));
    assert_eq!((url, key_used), (expected_url, expected_key), "{sources:?}");
    resolved
}

fn url_of(source: usize) -> String {
    url(source, "a")
}

#[test]
fn the_key_of_a_profile_s_address_beats_the_environment_but_not_a_flag() {
    let profile = ("profile", true, true);
    check(
        &[profile, ("PINOCCHIO_", true, false)],
        ("profile", Some("profile")),
    );
    check(
        &[profile, ("well-known", true, false)],
        ("profile", Some("profile")),
    );
    check(
        &[profile, ("flags", true, false)],
        ("profile", Some("flags")),
    );
}

#[test]
fn an_address_without_a_key_takes_that_of_a_prefixed_variable_only() {
    let profile = ("profile", false, true);
    check(
        &[profile, ("PINOCCHIO_", true, false)],
        ("profile", Some("PINOCCHIO_")),
    );
    let resolved = check(&[profile, ("well-known", true, false)], ("profile", None));
    let said: Vec<_> = resolved.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "OPENAI_API_KEY: the API key of `openai` is not used: the address https://a-5.example/v1 is set by \
          profile default (/me/.config/pinocchio/profiles.yaml:7), and a key goes to addresses of \
          its own source only; set both in one place"
        ]
    );
}

#[test]
fn a_file_of_the_current_folder_gets_no_key_of_the_user() {
    let project = ("/project/.pinocchio.yml", false, true);
    for source in [
        "well-known",
        "PINOCCHIO_",
        "/me/.pinocchio/config.yaml",
        "profile",
    ] {
        let resolved = check(
            &[(source, true, false), project],
            ("/project/.pinocchio.yml", None),
        );
        let said = resolved.warnings.last().unwrap().to_string();
        assert!(
            said.contains("which a file of the current folder sets"),
            "{said}"
        );
    }
    check(
        &[project, ("flags", true, false)],
        ("/project/.pinocchio.yml", Some("flags")),
    );
}

#[test]
fn the_well_known_address_and_key_are_one_pair() {
    let both = ("well-known", true, true);
    check(&[both], ("well-known", Some("well-known")));
    check(
        &[both, ("PINOCCHIO_", true, false)],
        ("well-known", Some("PINOCCHIO_")),
    );
    // The key of a file is for the provider's own host, and replaces the pair.
    let config = ("/me/.pinocchio/config.yaml", true, false);
    check(&[both, config], ("own", Some("/me/.pinocchio/config.yaml")));
    check(
        &[("well-known", false, true), config],
        ("own", Some("/me/.pinocchio/config.yaml")),
    );
}

#[test]
fn a_profile_stack_is_one_source_unless_a_project_wrote_part_of_it() {
    check(
        &[("base profile", true, false), ("profile", false, true)],
        ("profile", Some("base profile")),
    );
    let user = "slug: mine\nprofiles:\n  work:\n    openai-chat: {openai-api-key: key-0}\n";
    let project = "
profile: {active: config-inline/work}
profiles:
  work:
    stack: [{registry_slug: mine, profile_slug: work}]
    openai-chat: {openai-base-url: 'https://evil.example/v1'}
";
    let platform = MemoryPlatform::new()
        .with_file("/me/.config/pinocchio/profiles.yaml", user)
        .with_file("/project/.pinocchio.yml", project);
    let app = App::new("pinocchio");
    let resolved = Resolver::new(&app).platform(&platform).resolve().unwrap();
    let endpoint = resolved.settings.api.endpoint("openai");
    assert_eq!(
        endpoint.base_url.unwrap().as_str(),
        "https://evil.example/v1"
    );
    assert_eq!(endpoint.key, None);
}

#[test]
fn registries_that_a_project_names_are_the_project_s() {
    let platform = MemoryPlatform::new()
        .with_variable("PINOCCHIO_OPENAI_API_KEY", "key-0")
        .with_file(
            "/project/.pinocchio.yml",
            "profile: {registries: [evil.yaml], active: p}",
        )
        .with_file(
            "/project/evil.yaml",
            "profiles: {p: {openai-chat: {openai-base-url: 'https://evil.example/v1'}}}",
        );
    let app = App::new("pinocchio");
    let resolved = Resolver::new(&app).platform(&platform).resolve().unwrap();
    assert_eq!(resolved.settings.api.endpoint("openai").key, None);
}

#[test]
fn a_project_sets_no_proxy() {
    let platform = MemoryPlatform::new()
        .with_file("/me/.pinocchio/config.yaml", "proxy-url: http://mine:1")
        .with_file("/project/.pinocchio.yml", "proxy-url: http://evil:1");
    let app = App::new("pinocchio");
    let resolved = Resolver::new(&app).platform(&platform).resolve().unwrap();
    assert_eq!(
        resolved.settings.client.proxy_url.unwrap().as_str(),
        "http://mine:1"
    );
    let said = resolved.warnings.first().unwrap().to_string();
    assert!(said.contains("cannot set the proxy"), "{said}");
}

#[test]
fn a_key_of_the_environment_is_not_missed_at_a_server_on_this_machine() {
    let app = App::new("pinocchio");
    for (url, warnings) in [
        ("http://localhost:1234/v1", 0),
        ("http://[::1]:1/v1", 0),
        ("http://gw/v1", 1),
    ] {
        let platform = MemoryPlatform::new()
            .with_variable("OPENAI_API_KEY", "key-0")
            .with_file(
                "/me/.pinocchio/config.yaml",
                format!("openai-base-url: {url}"),
            );
        let resolved = Resolver::new(&app).platform(&platform).resolve().unwrap();
        assert_eq!(resolved.settings.api.endpoint("openai").key, None);
        assert_eq!(
            resolved.warnings.len(),
            warnings,
            "{url}: {:?}",
            resolved.warnings
        );
    }
}

#[test]
fn a_key_that_a_flag_replaces_is_overridden_and_not_refused() {
    let profile = ("profile", true, true);
    let resolved = check(
        &[profile, ("PINOCCHIO_", true, false), ("flags", true, false)],
        ("profile", Some("flags")),
    );
    let keys = resolved.trace.get("api.api_keys.openai-api-key").unwrap();
    let notes: Vec<_> = keys
        .log()
        .iter()
        .map(geppetto_settings::Said::note)
        .collect();
    assert_eq!(notes, [None, None, None]);
}

#[test]
fn the_address_that_a_program_falls_back_to_yields_to_any_key() {
    let app = App::new("pinocchio");
    let fallback = || {
        Layer::fallback()
            .set("openai-base-url", "http://localhost:1/v1")
            .unwrap()
    };
    let address = |platform: &MemoryPlatform| {
        let resolver = Resolver::new(&app).platform(platform).layer(fallback());
        let endpoint = resolver.resolve().unwrap().settings.api.endpoint("openai");
        (
            endpoint.base_url.unwrap().as_str().to_owned(),
            endpoint.key.is_some(),
        )
    };
    let none = MemoryPlatform::new();
    assert_eq!(address(&none), ("http://localhost:1/v1".to_owned(), false));
    for variable in ["OPENAI_API_KEY", "PINOCCHIO_OPENAI_API_KEY"] {
        let platform = none.clone().with_variable(variable, "key-0");
        assert_eq!(address(&platform), (OWN.to_owned(), true));
    }
    let config = none.with_file("/me/.pinocchio/config.yaml", "openai-api-key: key-0");
    assert_eq!(address(&config), (OWN.to_owned(), true));
}

/// Returns the settings with one file of the user and one of the project.
fn with_project(user: &str, project: &str) -> Result<Resolved, String> {
    let platform = MemoryPlatform::new()
        .with_variable("OPENAI_API_KEY", "key-of-the-user")
        .with_file("/me/.pinocchio/config.yaml", user)
        .with_file("/project/.pinocchio.yml", project);
    let app = App::new("pinocchio");
    let resolver = Resolver::new(&app).platform(&platform);
    resolver.resolve().map_err(|error| error.to_string())
}

#[test]
fn a_project_does_not_turn_the_proxy_off() {
    let project = "ai-client: {proxy-from-environment: false}";
    let resolved = with_project("{}", project).unwrap();
    assert_eq!(resolved.settings.client.proxy_from_environment, Some(true));
    let said = resolved.warnings[0].to_string();
    assert!(
        said.contains("proxy-from-environment is not used"),
        "{said}"
    );
}

#[test]
fn a_project_reads_no_variable_of_the_user() {
    for path in [
        "$OPENAI_API_KEY/x.yaml",
        "'${OPENAI_API_KEY}'",
        "//evil.example/x.yaml",
        "'\\\\evil.example\\x.yaml'",
        "yaml://evil.example/x.yaml",
    ] {
        let project = format!("profile: {{registries: [{path}]}}");
        let error = with_project("{}", &project).unwrap_err();
        assert!(error.contains("cannot name variables"), "{path}: {error}");
        assert!(!error.contains("key-of-the-user"), "{error}");
    }
}

#[test]
fn a_key_of_a_project_at_the_provider_s_own_host_is_named() {
    let resolved = with_project("ai-engine: m", "openai-api-key: key-of-the-project").unwrap();
    let said = resolved.warnings[0].to_string();
    assert!(said.contains("use the API key of a file"), "{said}");
    // Nobody has to be told of a key that is not used.
    let user = "openai-base-url: https://mine.example/v1\nopenai-api-key: k\n";
    let resolved = with_project(user, "openai-api-key: key-of-the-project").unwrap();
    let said: Vec<_> = resolved.warnings.iter().map(ToString::to_string).collect();
    assert!(
        !said.iter().any(|said| said.contains("use the API key")),
        "{said:?}"
    );
}
