use super::*;

fn connection(base: &str) -> Connection {
    Connection::new("m".into(), "p", base)
}

#[test]
fn the_path_goes_before_the_query_and_is_not_doubled() {
    const PATH: &str = "/responses";
    let url = |base: &str, path: &str| {
        let endpoint = connection(base).endpoint(PATH, KeyHeader::Bearer).unwrap();
        endpoint.url(path)
    };
    for (base, expected) in [
        ("https://a.test/v1", "https://a.test/v1/responses"),
        (" https://a.test/v1/ ", "https://a.test/v1/responses"),
        ("https://a.test/v1/responses", "https://a.test/v1/responses"),
        (
            "https://a.test/openai/?api-version=preview",
            "https://a.test/openai/responses?api-version=preview",
        ),
    ] {
        assert_eq!(url(base, PATH), expected);
    }
    assert_eq!(
        url("https://a.test/v1/responses", "/responses/input_tokens"),
        "https://a.test/v1/responses/input_tokens"
    );
    assert_eq!(
        url("https://a.test/v1beta?key=k", "/models/m:stream?alt=sse"),
        "https://a.test/v1beta/models/m:stream?alt=sse&key=k"
    );
}

#[test]
fn the_endpoint_of_another_api_is_no_base_url() {
    let endpoint = |base: &str| connection(base).endpoint("/chat/completions", KeyHeader::Bearer);
    for (base, path) in [
        (
            "https://a.test/openai/responses?api-version=preview",
            "/responses",
        ),
        ("https://a.test/v1/messages/", "/v1/messages"),
    ] {
        let said = endpoint(base).unwrap_err().to_string();
        assert!(
            said.starts_with(&format!("base_url: ends with `{path}`")),
            "{said}"
        );
    }
    assert!(endpoint("https://a.test/responses/v1").is_ok());
}

#[test]
fn what_a_base_url_cannot_hold_is_refused() {
    let checked = |url: &str, key: Option<ApiKey>| {
        let mut connection = connection(url);
        connection.key = key;
        connection.check()
    };
    let refused = |url: &str, key| checked(url, key).unwrap_err().to_string();
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
    assert!(checked("http://me:pw@localhost/v1@2", None).is_ok());
}

#[test]
fn a_key_in_the_url_or_in_a_header_is_a_key() {
    let mut none = connection("http://localhost/v1");
    assert!(!none.has_key());
    none.headers
        .push(("Authorization".into(), "Basic eA==".into()));
    assert!(none.has_key());
    assert!(connection("http://me:pw@localhost/v1").has_key());
}

#[test]
fn hosts_are_found_in_urls() {
    for (url, host) in [
        ("https://me:pw@a.test:8080/v1?x=@", "a.test:8080"),
        ("a.test", "a.test"),
        ("http://[::1]:1#x", "[::1]:1"),
    ] {
        assert_eq!(authority(url), host);
    }
}
