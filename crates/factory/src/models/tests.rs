use super::*;

#[test]
fn a_model_is_known_by_its_name_a_date_and_a_vendor() {
    for name in [
        "gpt-5-mini",
        "gpt-5-mini-2025-08-07",
        "openai/gpt-5-mini",
        "claude-haiku-4-5-20251001",
    ] {
        assert!(facts(name).is_some(), "{name}");
    }
    for name in [
        "gpt-5-min",
        "gpt-5-mini-fast",
        "gpt-5-minimal",
        "gpt-5-mini-2025",
        "",
        "llama",
    ] {
        assert!(facts(name).is_none(), "{name}");
    }
    // A name that begins like another model's is not that model.
    assert_eq!(
        facts("gpt-5.4-mini").unwrap().id.as_deref(),
        Some("gpt-5.4-mini")
    );
}

#[test]
fn every_row_is_plausible() {
    let mut ids: Vec<&str> = table::ALL.iter().map(|facts| facts.id).collect();
    for facts in table::ALL {
        let price = facts.price;
        assert!(facts.max_output_tokens < facts.context_window, "{facts:?}");
        assert!(
            0.0 < price.cache_read && price.cache_read < price.input,
            "{facts:?}"
        );
        assert!(price.input < price.output, "{facts:?}");
        assert_eq!(find(facts.id).unwrap().id, facts.id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), table::ALL.len());
}

#[test]
fn settings_override_what_is_known() {
    let mut settings = InferenceSettings::default();
    settings.chat.engine = Some("gpt-5".to_owned());
    settings.model_info.context_window = Some(1000);
    let mut cost = Cost::default();
    cost.input = 9.0;
    settings.model_info.cost = Some(cost);
    let info = model_info(&settings);
    assert_eq!(info.context_window, Some(1000));
    assert_eq!(info.max_output_tokens, Some(128_000));
    // A cost is replaced as a whole.
    assert_eq!(info.cost, Some(cost));
    settings.chat.engine = Some("my-own".to_owned());
    assert_eq!(model_info(&settings).max_output_tokens, None);
}
