use geppetto_provider::{Server, rules::vertex_url};

use super::Address;
use crate::GeminiOptions;

fn path(base: &str, model: &str) -> String {
    let server = Server::new(base, true);
    let address = Address::of(&server, &GeminiOptions::new()).unwrap();
    let base = base.split('?').next().unwrap().trim_end_matches('/');
    format!("{base}{}", address.path(model, "generateContent"))
}

#[test]
fn paths_have_a_version_a_publisher_and_the_model_once() {
    let google = "https://generativelanguage.googleapis.com";
    for (base, model, expected) in [
        (
            google,
            "gemini-2.5-flash",
            "/v1beta/models/gemini-2.5-flash",
        ),
        (
            &format!("{google}/"),
            "models/gemini-2.5-flash",
            "v1beta/models/gemini-2.5-flash",
        ),
        (
            &format!("{google}/v1"),
            "gemini-2.5-flash",
            "/models/gemini-2.5-flash",
        ),
        (google, "tunedModels/mine", "/v1beta/tunedModels/mine"),
        (google, "a b?c#d", "/v1beta/models/a%20b%3Fc%23d"),
        (
            "http://localhost:4000",
            "openai/gpt-4",
            "/v1beta/models/openai/gpt-4",
        ),
        (
            "https://aiplatform.googleapis.com",
            "gemini-2.5-flash",
            "/v1/publishers/google/models/gemini-2.5-flash",
        ),
        (
            "https://gw.test/vertex/v1/projects/p/locations/l/publishers/google",
            "gemini-2.5-flash@001",
            "/models/gemini-2.5-flash@001",
        ),
        (
            &vertex_url("p", "us-central1"),
            "gemini-2.5-flash",
            "/publishers/google/models/gemini-2.5-flash",
        ),
        (
            &vertex_url("p", "us-central1"),
            "endpoints/7",
            "/endpoints/7",
        ),
    ] {
        let base_end = base.trim_end_matches('/');
        let expected = format!(
            "{base_end}/{}:generateContent",
            expected.trim_start_matches('/')
        );
        assert_eq!(path(base, model), expected);
    }
}

#[test]
fn vertex_is_known_by_its_address() {
    assert_eq!(
        vertex_url("p", "global"),
        "https://aiplatform.googleapis.com/v1/projects/p/locations/global"
    );
    assert_eq!(
        vertex_url("p", "eu"),
        "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu"
    );
    let of = |base: &str| Address::of(&Server::new(base, true), &GeminiOptions::new()).unwrap();
    assert!(of(&vertex_url("p", "eu")).is_vertex() && of(&vertex_url("p", "eu")).wants_token());
    let express = of("https://aiplatform.googleapis.com/v1");
    assert!(express.is_vertex() && !express.wants_token());
    let google = of("https://generativelanguage.googleapis.com/v1beta");
    assert!(!google.is_vertex() && !google.wants_token());
}

#[test]
fn addresses_of_other_apis_are_refused() {
    for base in [
        "https://generativelanguage.googleapis.com/v1beta/openai/",
        "https://generativelanguage.googleapis.com/v1beta/models",
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-pro:generateContent?key=k",
    ] {
        let error = Address::of(&Server::new(base, true), &GeminiOptions::new()).unwrap_err();
        assert!(error.to_string().starts_with("base_url: "), "{error}");
        assert!(!error.to_string().contains("key=k"), "{error}");
    }
}
