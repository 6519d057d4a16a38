use http::HeaderName;

use super::{ApiKey, Redactor, is_secret_header, redact_url, url::host_of};

#[test]
fn keys_are_masked_and_only_long_ones_show_their_end() {
    let cases = [
        ("", "***"),
        ("abc", "***"),
        ("sk-0123456789abcde", "***"),
        (concat!("sk-0123456789", "abcdefghij"), "sk-…ghij"),
        (concat!("gsk_0123456789", "abcdefghij"), "gsk_…ghij"),
        ("0123456789abcdefghij", "…ghij"),
        ("0123456789-abcdefghij", "…ghij"),
        ("ключключключключ", "…юч"),
    ];
    for (key, masked) in cases {
        let key = ApiKey::new(key);
        assert_eq!(key.masked(), masked);
        assert_eq!(key.to_string(), masked);
        assert_eq!(format!("{key:?}"), format!("ApiKey({masked})"));
    }
}

#[test]
fn white_space_around_a_key_is_dropped() {
    assert_eq!(ApiKey::new(" sk-key\n").expose(), "sk-key");
    assert_eq!(ApiKey::new("sk-key\n").bearer().unwrap(), "Bearer sk-key");
}

#[test]
fn a_missing_variable_is_named() {
    let error = ApiKey::from_env("GEPPETTO_TEST_NO_SUCH_VARIABLE").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the environment variable GEPPETTO_TEST_NO_SUCH_VARIABLE is not set; set it to the \
         provider's API key"
    );
}

#[test]
fn urls_lose_user_info_fragment_and_key_parameters() {
    let cases = [
        ("https://host/v1/chat", "https://host/v1/chat"),
        ("https://u:p@host:8080/v1", "https://host:8080/v1"),
        ("https://p@ss@host/v1", "https://host/v1"),
        ("https://host?key=abc", "https://host?key=***"),
        (
            "https://host/m:stream?alt=sse&key=abc&API-KEY=d&x=1",
            "https://host/m:stream?alt=sse&key=***&API-KEY=***&x=1",
        ),
        (
            "https://h/?X-Amz-Signature=s&access_token=t&sig=u#token=v",
            "https://h/?X-Amz-Signature=***&access_token=***&sig=***",
        ),
        ("https://host/a@b?q=a@b", "https://host/a@b?q=a@b"),
        ("not a url", "not a url"),
        ("", ""),
    ];
    for (url, redacted) in cases {
        assert_eq!(redact_url(url), redacted, "{url}");
    }
}

#[test]
fn the_host_is_found_in_absolute_urls() {
    assert_eq!(
        host_of("https://u@other.example:8443/x?y"),
        Some("other.example:8443")
    );
    assert_eq!(host_of("//other.example/x"), Some("other.example"));
    assert_eq!(host_of("/login"), None);
}

#[test]
fn known_secrets_are_masked_wherever_they_stand() {
    let redactor = Redactor::new()
        .with_secret("hunter2hunter2")
        .with_secret("Bearer plain-token")
        .with_secret("hunter2");
    let check = |text: &str, expected: &str| assert_eq!(redactor.redact(text), expected);
    check("nothing here", "nothing here");
    check("key=hunter2hunter2;", "key=***;");
    check("xhunter2x plain-token", "x***x ***");
    assert_eq!(
        Redactor::new().with_secret("none").redact("none left"),
        "none left"
    );
}

#[test]
fn secrets_are_masked_in_any_case_and_percent_encoded() {
    let redactor = Redactor::new().with_secret("Key/With+Signs=");
    let check = |text: &str, expected: &str| assert_eq!(redactor.redact(text), expected);
    check("KEY/WITH+SIGNS=", "***");
    check("key/with+signs= é Key/With+Signs=", "*** é ***");
    check("?k=Key%2FWith%2BSigns%3D&x", "?k=***&x");
    check("?k=key%2fwith%2bsigns%3d&x", "?k=***&x");
    check("Key/With+Signs", "Key/With+Signs");
}

#[test]
fn labels_are_masked_bounded_and_free_of_controls() {
    let redactor = Redactor::new().with_secret("hunter2hunter2");
    assert_eq!(
        redactor.label(" id-hunter2hunter2\u{1b}[2J "),
        "id-***\u{fffd}[2J"
    );
    assert_eq!(redactor.label(&"x".repeat(500)).len(), 203);
    assert_eq!(redactor.words(&"x".repeat(5000)).len(), 2003);
}

#[test]
fn shapes_of_keys_are_masked_and_prose_is_not() {
    let cases = [
        (
            "Incorrect API key: sk-proj-abcDEF_123456.",
            "Incorrect API key: sk-***",
        ),
        ("(sk-ant-api03-xyz12345)", "(sk-***)"),
        ("AIzaSyA0123456789abcdefghij_kl", "AIza***"),
        ("got 'gsk_abcdefgh12'", "got 'gsk_***'"),
        (
            "Authorization: Bearer abc/def+ghi=12345",
            "Authorization: Bearer ***",
        ),
        ("bearer 12345678", "bearer ***"),
        (
            "token eyJhbGciOiJIUzI1NiIsInR5.eyJzdWIi.sig",
            "token eyJ***",
        ),
        ("use Bearer authentication", "use Bearer authentication"),
        (
            "ask the task-queue for sk-learn",
            "ask the task-queue for sk-learn",
        ),
        ("sk-inval****-key", "sk-inval****-key"),
        ("Größe überschritten", "Größe überschritten"),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(Redactor::new().redact(text), expected, "{text}");
    }
}

#[test]
fn a_redactor_does_not_show_what_it_hides() {
    let redactor = Redactor::new().with_secret("hunter2hunter2");
    assert_eq!(format!("{redactor:?}"), "Redactor { secrets: 1 }");
}

#[test]
fn each_header_that_carries_a_credential_is_known_by_itself() {
    for name in [
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
    ] {
        assert!(is_secret_header(&HeaderName::from_static(name)), "{name}");
    }
    for name in ["accept", "content-type", "x-request-id"] {
        assert!(!is_secret_header(&HeaderName::from_static(name)), "{name}");
    }
}

/// Cargo sets this variable for tests; it is empty in a package that states a licence by name.
#[test]
fn an_empty_variable_is_named() {
    let error = ApiKey::from_env("CARGO_PKG_LICENSE_FILE").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("CARGO_PKG_LICENSE_FILE is empty"),
        "{error}"
    );
}

#[test]
fn a_variable_gives_its_key() {
    let key = ApiKey::from_env("CARGO_PKG_NAME").unwrap();
    assert_eq!(key.expose(), "geppetto-transport");
}

#[test]
fn only_a_scheme_is_not_part_of_a_secret() {
    let phrase = Redactor::new().with_secret("correct horse-battery");
    assert_eq!(phrase.redact("correct horse-battery"), "***");
    assert_eq!(phrase.redact("a horse-battery"), "a horse-battery");
    let bearer = Redactor::new().with_secret("Bearer horse-battery");
    assert_eq!(bearer.redact("a horse-battery"), "a ***");
}

#[test]
fn a_token_after_its_scheme_and_a_colon_is_masked() {
    let text = "token: 9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c";
    assert_eq!(Redactor::new().redact(text), "token: ***");
}
