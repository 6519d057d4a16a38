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
