use super::*;

#[test]
fn the_path_goes_before_the_query_and_is_not_doubled() {
    const PATH: &str = "/responses";
    for (base, url) in [
        ("https://a.test/v1", "https://a.test/v1/responses"),
        (" https://a.test/v1/ ", "https://a.test/v1/responses"),
        ("https://a.test/v1/responses", "https://a.test/v1/responses"),
        (
            "https://a.test/openai/?api-version=preview",
            "https://a.test/openai/responses?api-version=preview",
        ),
    ] {
        assert_eq!(endpoint(base, PATH, PATH), url);
    }
    assert_eq!(
        endpoint(
            "https://a.test/v1/responses",
            "/responses/input_tokens",
            PATH
        ),
        "https://a.test/v1/responses/input_tokens"
    );
}

#[test]
fn debug_of_the_settings_shows_no_secret() {
    let key = "plainlookingsecret42";
    let chat = crate::ChatEngine::builder("m")
        .base_url(format!("http://robot99:{key}@localhost/v1?key={key}"))
        .header("authorization", format!("Bearer {key}"))
        .header("x-tenant", key);
    let responses = crate::ResponsesEngine::builder("m")
        .base_url(format!("http://robot99:{key}@localhost/v1?key={key}"))
        .api_key(ApiKey::new(key))
        .header("x-api-key", key);
    let shown = format!("{chat:?} {chat:#?} {responses:?} {responses:#?}");
    assert!(
        !shown.contains(key) && !shown.contains("robot99"),
        "{shown}"
    );
    assert!(shown.contains("x-tenant"), "{shown}");
}

#[test]
fn what_a_base_url_cannot_hold_is_refused() {
    let refused = |url: &str, key: Option<ApiKey>| {
        let built = crate::ChatEngine::builder("m")
            .base_url(url)
            .api_key(key)
            .build();
        built.unwrap_err().to_string()
    };
    let said = refused("http://localhost/v1#secret-part", None);
    assert!(
        said.starts_with("base_url: holds a `#`") && !said.contains("secret-part"),
        "{said}"
    );
    let said = refused("http://me:pw@localhost/v1", Some(ApiKey::new("k")));
    assert!(
        said.starts_with("base_url: holds a user or a password"),
        "{said}"
    );
    let engine = crate::ChatEngine::builder("m")
        .base_url("http://me:pw@localhost/v1@2")
        .build();
    assert!(engine.is_ok());
}
