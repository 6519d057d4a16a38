//! No output, error or debug text contains a credential, wherever it is and whatever is wrong with
//! the file.

#![allow(clippy::string_slice, reason = "a test's helpers panic too")]

use std::path::Path;

use geppetto_settings::{App, Layer, MemoryPlatform, Registry, Resolver, print};
use proptest::{prelude::*, sample::select};

/// Text that must not appear anywhere.
const SECRET: &str = "S3NT1NEL";

/// Places for a secret in a document, valid or not.
const PLACES: &[&str] = &[
    "openai-api-key: SECRET",
    "openai-chat: {openai-api-key: SECRET}",
    "openai-chat:\n  claude-api-key: [SECRET]",
    "openai-chat:\n  openai-api-key: {a: SECRET}",
    "openai-chat:\n  openai-api-key: SECRET SECRET",
    "inference_settings: {api: {api_keys: {openai-api-key: SECRET, mine-api-key: SECRET}}}",
    "inference_settings: {api_keys: {openai-api-key: SECRET}}",
    "inference_settings:\n  api:\n    api_kyes: {openai-api-key: SECRET}",
    "openai-api-kye: SECRET",
    "openai-base-url: https://me:SECRET@gw.example/v1",
    "openai-base-url: https://gw.example/v1?api-key=SECRET",
    "openai-base-url: me:SECRET@gw",
    "proxy-url: http://me:SECRET@proxy:1",
    "proxy-url: [SECRET]",
    "inference_settings: {model_info: {metadata: {api_key: SECRET, nested: [{token: SECRET}]}}}",
    "profiles: {default: {api_key: SECRET, extensions: {x@v1: {password: SECRET}}}}",
    "profiles: {default: {openai-chat: {openai-api-key: SECRET}}}",
    "openai-api-key: 'SECRET",
    "openai-api-key: \"SECRET\\q\"",
    "openai-api-key: SECRET\nopenai-api-key: SECRET",
    "openai-api-key: SECRET: x",
    "\topenai-api-key: SECRET",
    "openai-api-key: *SECRET",
    "openai-api-key: !SECRET x",
    "openai-api-key: \"SECRET\u{1}\"",
];

/// The same in TOML.
const TOML: &[&str] = &[
    "openai-api-key = 'SECRET'",
    "openai-api-key = SECRET",
    "openai-api-key = \"SECRET",
    "openai-api-key = 'SECRET' x",
    "openai-api-key = 'SECRET'\nopenai-api-key = 'SECRET'",
    "[openai-chat]\nopenai-api-key = ['SECRET', {a = 'SECRET'}]",
    "inference_settings.api.api_keys.openai-api-key = 'SECRET'\n[inference_settings.api]",
];

/// Returns everything that can be observed of a configuration.
fn seen(platform: &MemoryPlatform, flags: Layer) -> String {
    let app = App::new("pinocchio");
    let resolver = Resolver::new(&app).platform(platform).layer(flags);
    let mut seen = format!("{platform:?} {resolver:?}");
    match resolver.resolve() {
        Ok(resolved) => {
            seen += &format!("{resolved:?}{resolved:#?}");
            seen += &print::inference_settings(&resolved);
            seen += &print::parsed_fields(&resolved);
            seen += &print::table(&resolved);
            seen += &serde_json::to_string(&resolved.settings).unwrap_or_default();
            let endpoint = resolved.settings.api.endpoint("openai");
            seen += &format!("{endpoint:?}{:?}", resolved.settings.inference_config());
            for warning in &resolved.warnings {
                seen += &format!("{warning}{warning:?}");
            }
        }
        Err(error) => seen += &format!("{error}{error:?}{error:#?}"),
    }
    seen
}

proptest! {
    #[test]
    fn wherever_a_secret_stands_no_output_has_it(
        lines in proptest::collection::vec(select(PLACES), 1..4),
        toml in select(TOML),
        secret in select(vec!["sk-S3NT1NEL", "sk-proj-S3NT1NEL-0123", "S3NT1NEL"]),
    ) {
        let text = lines.join("\n").replace("SECRET", secret);
        let toml = toml.replace("SECRET", secret);
        let key = Layer::flags().set("openai-api-key", secret);
        let flags = key.unwrap_or_else(|_| Layer::flags());
        let platform = MemoryPlatform::new()
            .with_variable("OPENAI_API_KEY", secret)
            .with_variable("OPENAI_BASE_URL", format!("me:{secret}@h"))
            .with_variable("PINOCCHIO_CLAUDE_API_KEY", format!("{secret} {secret}"))
            .with_file("/me/.config/pinocchio/config.yaml", text.clone());
        let all = seen(&platform, flags.clone());
        prop_assert!(!all.contains(SECRET), "{text}\n---\n{all}");
        let platform = MemoryPlatform::new().with_file("/me/.config/geppetto/config.toml", toml.clone());
        let all = seen(&platform, flags);
        prop_assert!(!all.contains(SECRET), "{toml}\n---\n{all}");
    }

    #[test]
    fn no_error_of_a_damaged_file_has_it(
        place in select(PLACES),
        cut in 0_usize..80,
        noise in "[\\[\\]{}:'\"#&*!|>%@`,\n\t -]{0,3}",
    ) {
        let text = place.replace("SECRET", "sk-S3NT1NEL");
        let at = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
        let damaged = format!("{}{noise}{}", &text[..at], &text[at..]);
        for name in ["p.yaml", "p.toml"] {
            let seen = match Registry::parse(Path::new(name), &damaged) {
                Ok(read) => format!("{:?}", read.1),
                Err(error) => format!("{error}{error:?}"),
            };
            prop_assert!(!seen.contains(SECRET), "{damaged}\n---\n{seen}");
        }
    }
}

#[test]
fn a_flag_that_is_not_valid_is_not_shown() {
    for (flag, text) in [
        ("openai-api-key", "S3NT1NEL x"),
        ("ai-temperature", "sk-S3NT1NEL"),
        ("openai-base-url", "me:S3NT1NEL@h"),
    ] {
        let error = Layer::flags().set(flag, text).unwrap_err();
        assert!(!format!("{error}{error:?}").contains(SECRET), "{error}");
    }
}
