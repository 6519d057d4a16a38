use geppetto_provider::rules::vertex_url;

use super::*;

fn of(base: &str) -> Address {
    Address::of(&Server::new(base, true)).unwrap()
}

#[test]
fn a_version_is_in_each_path_once() {
    for (base, expected) in [
        ("https://api.anthropic.com", "/v1/messages"),
        ("https://api.anthropic.com/v1/", "/messages"),
        ("https://api.anthropic.com/v1/messages?x=1", "/messages"),
        ("https://api.deepseek.com/anthropic", "/v1/messages"),
    ] {
        assert_eq!(of(base).reply("m", true), expected, "{base}");
    }
}

#[test]
fn vertex_has_the_model_in_the_path() {
    let base = vertex_url("p", "us-east5");
    for (base, expected) in [
        (base.clone(), "/publishers/anthropic/models/m@1"),
        (format!("{base}/publishers/anthropic"), "/models/m@1"),
        (format!("{base}/publishers/anthropic/models/"), "/m@1"),
    ] {
        assert_eq!(
            of(&base).reply("m@1", true),
            format!("{expected}:streamRawPredict")
        );
        assert_eq!(
            of(&base).reply("m@1", false),
            format!("{expected}:rawPredict")
        );
    }
    let counted = "/publishers/anthropic/models/count-tokens:rawPredict";
    assert_eq!(of(&base).count(), counted);
}

#[test]
fn vertex_needs_a_project() {
    let server = Server::new("https://us-east5-aiplatform.googleapis.com/v1", true);
    let error = Address::of(&server).unwrap_err().to_string();
    assert!(error.contains("projects/PROJECT"), "{error}");
}
