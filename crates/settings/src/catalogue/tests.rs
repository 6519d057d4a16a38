use std::collections::BTreeSet;

use super::{Kind, by_flag, by_path, fields, own_address};

#[test]
fn every_path_and_flag_is_there_once() {
    let (mut paths, mut flags) = (BTreeSet::new(), BTreeSet::new());
    for field in fields() {
        assert!(paths.insert(field.path), "{} stands twice", field.path);
        if let Some(flag) = field.flag {
            assert!(flags.insert(flag), "{flag} stands twice");
        }
        assert!(field.help.ends_with('.'), "{}", field.path);
        let known = !field.values.is_empty();
        assert!(known || field.kind != Kind::Choice, "{}", field.path);
    }
}

#[test]
fn a_star_stands_for_one_name() {
    let path = |path: &str| by_path(path).map(|field| field.path);
    assert_eq!(
        path("api.api_keys.openai-api-key"),
        Some("api.api_keys.openai-api-key")
    );
    assert_eq!(path("api.api_keys.my-api-key"), Some("api.api_keys.*"));
    assert_eq!(path("api.api_keys.my.key"), None);
    assert_eq!(path("api.api_keys."), None);
    assert_eq!(path("chat.model"), None);
}

#[test]
fn underscores_count_as_dashes_in_flags() {
    assert_eq!(by_flag("ai_top_p"), by_flag("ai-top-p"));
    assert_eq!(by_flag("ai-top-p").unwrap().path, "chat.top_p");
}

#[test]
fn variables_are_prefix_and_flag() {
    let variable = |path: &str| by_path(path).unwrap().variable("APP_");
    assert_eq!(variable("chat.top_p").as_deref(), Some("APP_AI_TOP_P"));
    assert_eq!(variable("model_info.id"), None);
}

#[test]
fn default_addresses_are_the_providers_own() {
    for field in fields().filter(|field| field.kind == Kind::Url) {
        let name = field.path.strip_prefix("api.base_urls.");
        let name = name.and_then(|name| name.strip_suffix("-base-url"));
        let own = name.and_then(own_address);
        if let Some(default) = field.default {
            assert_eq!(own.unwrap().as_str(), default);
        }
    }
}
