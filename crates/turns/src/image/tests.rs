use super::*;

#[test]
fn base64_matches_the_vectors_of_rfc_4648() {
    for (bytes, expect) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64::encode(bytes.as_bytes()), expect);
    }
    assert_eq!(base64::encode(&[0xfb, 0xff, 0xbf]), "+/+/");
}

#[test]
fn every_source_has_its_url() {
    let check =
        |part: ImagePart, expect: Option<&str>| assert_eq!(part.to_url().as_deref(), expect);
    check(
        ImagePart::url("https://example.com/a.png"),
        Some("https://example.com/a.png"),
    );
    check(
        ImagePart::bytes("image/gif", b"foo"),
        Some("data:image/gif;base64,Zm9v"),
    );
    check(ImagePart::file_id("file_1"), None);
    check(
        ImagePart::new(MediaSource::Inline("data:image/png;base64,Zm9v".to_owned())),
        Some("data:image/png;base64,Zm9v"),
    );
    check(
        ImagePart::new(MediaSource::Inline("/9j/4AAQ".to_owned())),
        Some("data:image/jpeg;base64,/9j/4AAQ"),
    );
}
