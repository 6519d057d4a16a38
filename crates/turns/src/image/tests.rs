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

#[test]
fn what_was_encoded_is_decoded() {
    for length in 0..40_u8 {
        let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37)).collect();
        let text = base64::encode(&bytes);
        assert_eq!(base64::decode(&text).as_deref(), Some(&*bytes));
        assert_eq!(base64::decode(text.trim_end_matches('=')), Some(bytes));
    }
    assert_eq!(base64::decode("-_8"), Some(vec![0xfb, 0xff]));
    assert_eq!(base64::decode("Zm 9v"), None);
}

#[test]
fn inline_files_have_their_bytes() {
    let file = crate::FilePart::bytes("a.txt", "text/plain", "hi");
    assert_eq!(file.inline_bytes().as_deref(), Some(&b"hi"[..]));
    for (url, bytes) in [("data:text/plain,hi", b"hi"), ("data:;base64,aGk=", b"hi")] {
        let file = crate::FilePart::new(MediaSource::Inline(url.to_owned()));
        assert_eq!(file.inline_bytes().as_deref(), Some(&bytes[..]));
    }
    assert_eq!(crate::FilePart::file_id("f").inline_bytes(), None);
}
