//! Files in the style of users' files, of every generation: settings, trace and warnings as a
//! whole.
//!
//! `UPDATE_GOLDEN=1 cargo test -p geppetto-settings --test files_of_every_generation_resolve`
//! updates the expected files.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use std::{env, fs, path::PathBuf};

use geppetto_settings::{App, Layer, MemoryPlatform, Resolver, SettingsError, print};

/// Returns the text of a file of a generation.
fn golden(generation: &str, name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(generation)
        .join(name)
}

/// Returns a platform with files of a generation, by name and path.
fn platform(generation: &str, files: &[(&str, &str)]) -> MemoryPlatform {
    let mut platform = MemoryPlatform::new();
    for (name, path) in files {
        let text = fs::read(golden(generation, name)).unwrap();
        platform = platform.with_file(*path, text);
    }
    platform
}

/// Resolves the settings and compares the complete output with the expected file.
fn check(generation: &str, expected: &str, platform: &MemoryPlatform, flags: Layer) {
    let app = App::new("pinocchio");
    let resolved = Resolver::new(&app)
        .platform(platform)
        .layer(flags)
        .resolve();
    let resolved = resolved.unwrap();
    let warnings: Vec<_> = resolved.warnings.iter().map(ToString::to_string).collect();
    let profile = resolved
        .profile
        .as_ref()
        .map(|profile| profile.lineage.join(", "));
    let shown = format!(
        "{}--- parsed fields\n{}--- table\n{}--- profile\n{}\n--- warnings\n{}\n",
        print::inference_settings(&resolved),
        print::parsed_fields(&resolved),
        print::table(&resolved),
        profile.unwrap_or_default(),
        warnings.join("\n"),
    );
    for text in [&shown, &format!("{resolved:?}")] {
        assert!(!text.contains("secret"), "{text}");
    }
    let path = golden(generation, expected);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, expected, "{}", path.display());
}

const CONFIG: &str = "/me/.config/pinocchio/config.yaml";
const PROFILES: &str = "/me/.config/pinocchio/profiles.yaml";

#[test]
fn flags_at_the_top_level() {
    let platform = platform("flat", &[("config.yaml", CONFIG)]);
    check("flat", "expected.txt", &platform, Layer::flags());
}

#[test]
fn sections_and_their_profiles() -> Result<(), SettingsError> {
    let files = [("config.yaml", CONFIG), ("profiles.yaml", PROFILES)];
    let platform = platform("january", &files).with_variable("OPENAI_API_KEY", "sk-env-secret");
    check("january", "expected.txt", &platform, Layer::flags());
    let flags = Layer::flags()
        .set("profile", "gateway")?
        .set("ai-temperature", "0.9")?;
    check("january", "expected-gateway.txt", &platform, flags);
    Ok(())
}

#[test]
fn registries_stacks_and_inline_profiles() {
    let files = [
        ("config.yaml", CONFIG),
        ("team.yaml", "/me/.config/pinocchio/team.yaml"),
    ];
    let platform = platform("head", &files)
        .with_variable("PINOCCHIO_OPENAI_REASONING_EFFORT", "high")
        .with_variable("PINOCCHIO_OPENAI_RESPONSES_API_KEY", "env-secret");
    check("head", "expected.txt", &platform, Layer::flags());
}

#[test]
fn the_library_s_own_files() {
    let platform = platform(
        "own",
        &[("config.toml", "/me/.config/geppetto/config.toml")],
    );
    check("own", "expected.txt", &platform, Layer::flags());
}

#[test]
fn files_with_several_spellings() {
    let platform = platform("mixed", &[("config.yaml", CONFIG)]);
    check("mixed", "expected.txt", &platform, Layer::flags());
}
