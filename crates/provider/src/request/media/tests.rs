use geppetto_turns::{FilePart, ImagePart, MediaSource};

use super::{inline_file, inline_image, inline_text};

fn image(content: &str, declared: Option<&str>) -> Option<(String, String)> {
    let mut image = ImagePart::new(MediaSource::Inline(content.to_owned()));
    image.media_type = declared.map(str::to_owned);
    inline_image(&image).map(|media| (media.media_type.into_owned(), media.data.to_owned()))
}

#[test]
fn the_content_of_an_image_decides_about_its_type() {
    for (content, declared, expected) in [
        ("/9j/4AAQ", Some("image/png"), ("image/jpeg", "/9j/4AAQ")),
        ("iVBORw0KGgoAAA", None, ("image/png", "iVBORw0KGgoAAA")),
        ("Zm9v", Some("image/JPG"), ("image/jpeg", "Zm9v")),
        ("Zm9v", None, ("image/png", "Zm9v")),
        (
            "data:image/gif;base64,Zm9v",
            Some("image/png"),
            ("image/gif", "Zm9v"),
        ),
        ("data:;base64,UklGRA", None, ("image/webp", "UklGRA")),
    ] {
        let (media_type, data) = image(content, declared).unwrap();
        assert_eq!((&*media_type, &*data), expected);
    }
    assert_eq!(image("data:text/plain,hi", None), None);
    assert_eq!(inline_image(&ImagePart::url("https://a.test/b.png")), None);
}

#[test]
fn the_type_of_a_file_is_declared_or_found() {
    let named = |name: &str, declared: &str, content: &str| {
        let mut file = FilePart::new(MediaSource::Inline(content.to_owned())).with_name(name);
        file.media_type = Some(declared.to_owned());
        inline_file(&file).map(|media| media.media_type.into_owned())
    };
    for (name, declared, content, expected) in [
        ("a.pdf", "", "Zm9v", "application/pdf"),
        (
            "a",
            "application/octet-stream",
            "JVBERi0xLjQ",
            "application/pdf",
        ),
        ("a.CSV", "", "Zm9v", "text/csv"),
        ("a.md", "text/plain; charset=utf-8", "Zm9v", "text/plain"),
        ("a.xyz", "", "AAEC/w==", "application/octet-stream"),
        ("main.rs", "", "Zm4gbWFpbigpIHt9Cg==", "text/plain"),
        (
            "Makefile",
            "application/octet-stream",
            "YWxsOgoJYgo=",
            "text/plain",
        ),
        ("a.xyz", "", "", "application/octet-stream"),
    ] {
        assert_eq!(named(name, declared, content).as_deref(), Some(expected));
    }
    assert_eq!(inline_file(&FilePart::file_id("file_1")), None);
}

#[test]
fn the_text_of_a_file_is_read_in_its_encoding() {
    let text =
        |media_type: &str, bytes: &[u8]| inline_text(&FilePart::bytes("a", media_type, bytes));
    assert_eq!(
        text("text/csv", "a,ü\n".as_bytes()).as_deref(),
        Some("a,ü\n")
    );
    assert_eq!(text("application/json", b"{}").as_deref(), Some("{}"));
    assert_eq!(text("application/ld+json", b"{}").as_deref(), Some("{}"));
    assert_eq!(text("text/plain", b"\xef\xbb\xbfa").as_deref(), Some("a"));
    assert_eq!(
        text("text/plain", b"\xff\xfea\0\xfc\0").as_deref(),
        Some("aü")
    );
    assert_eq!(
        text("text/plain", b"\xfe\xff\0a\0\xfc").as_deref(),
        Some("aü")
    );
    assert_eq!(
        text("text/plain", b"a\xfc").as_deref(),
        Some("aü"),
        "Latin-1"
    );
    assert_eq!(text("application/pdf", b"%PDF"), None);
    assert_eq!(text("image/svg+xml", b"<svg/>"), None);
    assert_eq!(text("application/octet-stream", &[0, 255]), None);
    assert_eq!(inline_text(&FilePart::url("https://a.test/a.csv")), None);
}
