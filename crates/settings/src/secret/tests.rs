use super::Secret;

#[test]
fn a_secret_prints_as_stars_everywhere() {
    let secret = Secret::new("sk-1234\n");
    assert_eq!(secret.expose(), "sk-1234");
    assert_eq!(
        format!("{secret} {secret:?} {:#?}", Some(&secret)),
        "*** *** Some(\n    ***,\n)"
    );
    assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
}

#[test]
fn white_space_alone_is_an_empty_secret() {
    assert!(Secret::new(" \r\n").is_empty());
    assert!(!Secret::new("k").is_empty());
}
