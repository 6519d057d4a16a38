use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use crate::{
    App, Layer, MemoryPlatform, Plan, Platform, Resolved, Resolver, SettingsErrorKind, Source,
    WarningKind,
};

fn resolve(platform: &MemoryPlatform, flags: Layer) -> Result<Resolved, String> {
    let app = App::new("pinocchio");
    let resolver = Resolver::new(&app).platform(platform).layer(flags);
    resolver.resolve().map_err(|error| error.to_string())
}

fn with(path: &str, text: &str) -> MemoryPlatform {
    MemoryPlatform::new().with_file(path, text)
}

const CONFIG: &str = "/me/.pinocchio/config.yaml";

fn warnings(resolved: &Resolved) -> Vec<String> {
    resolved.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn an_invalid_value_in_use_is_an_error_with_its_line() {
    let platform = with(CONFIG, "ai-chat:\n  ai-temperature: hot\n");
    assert_eq!(
        resolve(&platform, Layer::flags()).unwrap_err(),
        "/me/.pinocchio/config.yaml:2: ai-temperature: \"hot\" is not valid; allowed is a number from 0 to 2"
    );
    let platform = MemoryPlatform::new().with_variable("PINOCCHIO_AI_TOP_P", "2");
    assert_eq!(
        resolve(&platform, Layer::flags()).unwrap_err(),
        "PINOCCHIO_AI_TOP_P: ai-top-p: \"2\" is not valid; allowed is a number from 0 to 1"
    );
}

#[test]
fn an_invalid_value_that_is_replaced_is_a_warning() {
    let platform = with(CONFIG, "ai-temperature: hot\n");
    let flags = Layer::flags().set("ai-temperature", "1").unwrap();
    let resolved = resolve(&platform, flags).unwrap();
    assert_eq!(resolved.settings.chat.temperature, Some(1.0));
    assert_eq!(
        warnings(&resolved),
        [
            "/me/.pinocchio/config.yaml:1: ai-temperature: \"hot\" is not valid; allowed is a number from 0 to 2; \
          --ai-temperature replaces it"
        ]
    );
}

#[test]
fn an_invalid_value_of_an_ignored_setting_is_nothing() {
    let platform = with(CONFIG, "ollama-num-ctx: many\nollama-seed: 1\n");
    let resolved = resolve(&platform, Layer::flags()).unwrap();
    assert_eq!(resolved.warnings.len(), 1, "{:?}", resolved.warnings);
    assert_eq!(resolved.warnings[0].kind, WarningKind::Ignored);
}

#[test]
fn an_ignored_setting_is_named_once_whoever_sets_it() {
    let platform = with(CONFIG, "openai-parallel-tool-calls: true\n")
        .with_file(
            "/project/.pinocchio.yml",
            "openai-parallel-tool-calls: false\n",
        )
        .with_variable("PINOCCHIO_OPENAI_STREAM_INCLUDE_USAGE", "true");
    let resolved = resolve(&platform, Layer::flags()).unwrap();
    let said = warnings(&resolved);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said.iter()
            .any(|said| said.starts_with("/project/.pinocchio.yml:1: `openai-parallel-tool-calls`"))
    );
}

#[test]
fn named_files_must_be_there_and_others_need_not() {
    let flags = |flag: &str| Layer::flags().set(flag, "missing.yaml").unwrap();
    let platform = MemoryPlatform::new();
    assert!(resolve(&platform, Layer::flags()).is_ok());
    assert_eq!(
        resolve(&platform, flags("config-file")).unwrap_err(),
        "/project/missing.yaml: there is no such file, which --config-file names"
    );
    assert_eq!(
        resolve(&platform, flags("profile-registries")).unwrap_err(),
        "/project/missing.yaml: there is no such file, which --profile-registries names"
    );
    let platform = platform.with_variable("PINOCCHIO_CONFIG_FILE", "$NOWHERE/x.yaml");
    assert_eq!(
        resolve(&platform, Layer::flags()).unwrap_err(),
        "PINOCCHIO_CONFIG_FILE: the file cannot be found: the variable NOWHERE is not set"
    );
}

#[test]
fn files_that_files_name_are_looked_for_beside_them() {
    let platform = with(CONFIG, "profile: {registries: [team/p.yaml], active: p}")
        .with_file("/me/.pinocchio/team/p.yaml", "p: {ai-chat: {ai-engine: m}}");
    let resolved = resolve(&platform, Layer::flags()).unwrap();
    assert_eq!(resolved.model().unwrap(), "m");
    assert_eq!(resolved.files.len(), 2);
}

#[test]
fn a_broken_file_is_an_error_wherever_it_stands() {
    let platform = with("/etc/pinocchio/config.yaml", "a: [");
    assert!(
        resolve(&platform, Layer::flags())
            .unwrap_err()
            .starts_with("/etc/pinocchio/config.yaml:")
    );
}

#[test]
fn files_with_the_other_ending_are_named() {
    let platform = with("/me/.config/geppetto/config.yml", "ai-engine: m");
    assert_eq!(
        warnings(&resolve(&platform, Layer::flags()).unwrap()),
        ["/me/.config/geppetto/config.yml: the file is not read; its name must be config.yaml"]
    );
}

#[test]
fn databases_with_profiles_are_named_and_skipped() {
    let flags = Layer::flags()
        .set("profile-registries", "a.sqlite,sqlite-dsn:file:b")
        .unwrap();
    let resolved = resolve(&MemoryPlatform::new(), flags).unwrap();
    assert_eq!(resolved.warnings.len(), 2);
}

#[test]
fn misspelled_variables_are_named_and_others_are_not() {
    let platform = MemoryPlatform::new()
        .with_variable("PINOCCHIO_AI_ENGNIE", "x")
        .with_variable("PINOCCHIO_LOG_LEVEL", "debug")
        .with_variable("OTHER_AI_ENGNIE", "x");
    let resolved = resolve(&platform, Layer::flags()).unwrap();
    assert_eq!(
        warnings(&resolved),
        ["environment: `PINOCCHIO_AI_ENGNIE` is no setting; did you mean `PINOCCHIO_AI_ENGINE`?"]
    );
}

#[test]
fn empty_variables_are_not_set() {
    let platform = with(CONFIG, "ai-engine: m\nopenai-api-key: k\n")
        .with_variable("PINOCCHIO_AI_ENGINE", "")
        .with_variable("PINOCCHIO_OPENAI_API_KEY", " \n")
        .with_variable("OPENAI_BASE_URL", "");
    let resolved = resolve(&platform, Layer::flags()).unwrap();
    assert_eq!(resolved.model().unwrap(), "m");
    assert!(resolved.settings.api.key("openai").is_some());
    assert!(resolved.warnings.is_empty(), "{:?}", resolved.warnings);
}

#[test]
fn a_well_known_key_that_is_not_valid_is_no_error() {
    let platform = MemoryPlatform::new().with_variable("OPENAI_API_KEY", "Bearer k");
    let resolved = resolve(&platform, Layer::flags()).unwrap();
    assert!(warnings(&resolved)[0].starts_with("OPENAI_API_KEY: *** is not valid"));
    assert!(resolved.settings.api.key("openai").is_none());
}

#[test]
fn a_well_known_address_that_is_not_valid_is_an_error_unless_it_is_replaced() {
    let platform = MemoryPlatform::new().with_variable("OPENAI_BASE_URL", "localhost:1234");
    let error = resolve(&platform, Layer::flags()).unwrap_err();
    let expected = "OPENAI_BASE_URL: openai-base-url: \"localhost:1234\" is not valid";
    assert!(error.starts_with(expected), "{error}");

    let flags = Layer::flags().set("openai-base-url", "http://localhost:1/v1");
    let resolved = resolve(&platform, flags.unwrap()).unwrap();
    assert!(warnings(&resolved)[0].ends_with("openai-base-url replaces it"));
}

#[test]
fn well_known_addresses_of_all_providers_are_read() {
    for (variable, given, name, expected) in [
        ("OPENAI_API_BASE", "http://a/v1", "openai", "http://a/v1"),
        ("ANTHROPIC_BASE_URL", "http://b", "claude", "http://b"),
        ("GOOGLE_GEMINI_BASE_URL", "http://c", "gemini", "http://c"),
        ("OLLAMA_HOST", "box", "ollama", "http://box:11434/v1"),
    ] {
        let platform = MemoryPlatform::new().with_variable(variable, given);
        let resolved = resolve(&platform, Layer::flags()).unwrap();
        let endpoint = resolved.settings.api.endpoint(name);
        assert_eq!(endpoint.base_url.unwrap().as_str(), expected);
    }
}

#[test]
fn unknown_names_of_programs_are_errors() {
    let error = Layer::run().set("ai-engin", "x").unwrap_err();
    assert_eq!(error.kind(), SettingsErrorKind::UnknownSetting);
    assert_eq!(
        error.to_string(),
        "`ai-engin` is no setting; did you mean `ai-engine`?"
    );
}

#[test]
fn inline_profiles_of_stronger_files_replace_those_of_weaker_ones() {
    let platform = with(
        CONFIG,
        "profiles: {a: {ai-engine: one}, b: {ai-engine: two}}",
    )
    .with_file(
        "/project/.pinocchio.yml",
        "profiles: {a: {ai-engine: three}}",
    )
    .with_file(
        "/me/.config/pinocchio/profiles.yaml",
        "b: {ai-chat: {ai-engine: four}}",
    );
    let model = |name: &str| {
        let flags = Layer::flags().set("profile", name).unwrap();
        resolve(&platform, flags)
            .unwrap()
            .model()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (model("a"), model("b"), model("legacy/b")),
        ("three".into(), "two".into(), "four".into())
    );
}

#[test]
fn a_missing_model_names_the_profile() {
    let platform = with("/me/.config/pinocchio/profiles.yaml", "default: {}");
    let error = resolve(&platform, Layer::flags())
        .unwrap()
        .model()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no model is set; set it with --ai-engine, PINOCCHIO_AI_ENGINE, or in `inference_settings.chat.engine` of \
         the profile default (/me/.config/pinocchio/profiles.yaml:1)"
    );
}

#[test]
fn a_program_has_its_own_names() {
    let app = App::new("my-app").without_own_files();
    assert_eq!((app.prefix(), app.own()), ("MY_APP_", None));
    let platform = with("/me/.config/my-app/config.yaml", "ai-engine: m")
        .with_file("/me/.config/geppetto/config.yaml", "ai-engine: other")
        .with_variable("MY_APP_AI_TOP_P", "0.5");
    let resolved = Resolver::new(&app).platform(&platform).resolve().unwrap();
    assert_eq!(
        (resolved.model().unwrap(), resolved.settings.chat.top_p),
        ("m", Some(0.5))
    );
    let none = Resolver::new(&app)
        .platform(&platform)
        .plan(Plan::none())
        .resolve()
        .unwrap();
    assert!(none.model().is_err() && none.files.is_empty());
    assert_eq!(none.settings.chat.top_p, Some(0.5));
}

#[test]
fn many_unknown_keys_are_counted() {
    let keys: String = (0..5000).map(|index| format!("k{index}: 1\n")).collect();
    let resolved = resolve(&with(CONFIG, &keys), Layer::flags()).unwrap();
    let said = warnings(&resolved);
    assert_eq!(said.len(), 21);
    assert_eq!(
        said[20],
        "/me/.pinocchio/config.yaml: 4980 more keys are no settings"
    );
}

#[test]
fn a_fallback_is_stronger_than_defaults_only() {
    let fallback = || {
        let what = "found on its default port".to_owned();
        let source = Source::Fallback { what };
        let layer = Layer::fallback().set_from("ai-engine", "found", source.clone());
        layer
            .unwrap()
            .set_from("openai-base-url", "http://127.0.0.1:1/v1", source)
            .unwrap()
    };
    let platform = MemoryPlatform::new();
    let resolved = resolve(&platform, fallback()).unwrap();
    assert_eq!(resolved.settings.chat.engine.as_deref(), Some("found"));
    let url = resolved.trace.get("api.base_urls.openai-base-url").unwrap();
    assert_eq!(
        url.source().unwrap().to_string(),
        "found on its default port"
    );
    let platform = platform
        .with_variable("PINOCCHIO_AI_ENGINE", "m")
        .with_variable("OPENAI_BASE_URL", "https://a.test/v1");
    let resolved = resolve(&platform, fallback()).unwrap();
    assert_eq!(resolved.settings.chat.engine.as_deref(), Some("m"));
    let endpoint = resolved.settings.api.endpoint("openai");
    assert_eq!(endpoint.base_url.unwrap().as_str(), "https://a.test/v1");
}

/// A platform on which one file may not be read.
struct Denied(MemoryPlatform);

impl Platform for Denied {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.0.variable(name)
    }

    fn variables(&self) -> Vec<String> {
        self.0.variables()
    }

    fn current_dir(&self) -> Option<PathBuf> {
        self.0.current_dir()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        self.0.home_dir()
    }

    fn config_dir(&self) -> Option<PathBuf> {
        self.0.config_dir()
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.exists(path)
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        if path == Path::new(CONFIG) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.0.read(path, limit)
    }
}

#[test]
fn a_file_that_may_not_be_read_is_named_and_an_error_if_it_is_asked_for() {
    let app = App::new("pinocchio");
    let platform = Denied(MemoryPlatform::new().with_variable("PINOCCHIO_AI_ENGINE", "m"));
    let resolver = || Resolver::new(&app).platform(&platform);
    let resolved = resolver().resolve().unwrap();
    assert_eq!(resolved.model().unwrap(), "m");
    assert_eq!(
        warnings(&resolved),
        ["/me/.pinocchio/config.yaml: the file cannot be read: permission denied"]
    );
    let flags = Layer::flags().set("config-file", CONFIG).unwrap();
    let error = resolver().layer(flags).resolve().unwrap_err();
    assert_eq!(error.kind(), SettingsErrorKind::Unreadable);
}
