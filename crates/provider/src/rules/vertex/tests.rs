use super::*;

#[test]
fn locations_have_their_hosts() {
    for (location, expected) in [
        (
            "global",
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global",
        ),
        (
            "eu",
            "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu",
        ),
        (
            "us-east5",
            "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5",
        ),
    ] {
        assert_eq!(vertex_url("p", location), expected);
    }
}

#[test]
fn vertex_is_known_by_host_or_path() {
    assert!(is_vertex("us-east5-aiplatform.googleapis.com", ""));
    assert!(is_vertex("gw.test", "/v1/projects/p/locations/l"));
    assert!(!is_vertex("api.anthropic.com", "/v1"));
}

#[test]
fn names_of_models_are_encoded() {
    let mut path = "/models/".to_owned();
    push_model(&mut path, "claude-sonnet-4-5@20250929 b?c#d");
    assert_eq!(path, "/models/claude-sonnet-4-5@20250929%20b%3Fc%23d");
}
