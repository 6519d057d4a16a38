use super::*;

#[test]
fn a_string_is_not_encoded_twice() {
    let texts = [
        ToolOutput::json("21 C \"clear\"").unwrap().text,
        ToolOutput::json("as it is").unwrap().text,
        ToolOutput::json(&serde_json::json!({"b": 1, "a": [true]}))
            .unwrap()
            .text,
        ToolOutput::json(&()).unwrap().text,
    ];
    assert_eq!(
        texts,
        [
            "21 C \"clear\"",
            "as it is",
            r#"{"a":[true],"b":1}"#,
            "null"
        ]
    );
}

#[test]
fn a_cut_is_visible_and_between_characters() {
    assert_eq!(cut("abc".to_owned(), 3), "abc");
    assert_eq!(
        cut("abcd".to_owned(), 3),
        "abc… [output cut: 3 B of 4 B shown]"
    );
    assert_eq!(cut("äö".to_owned(), 3), "ä… [output cut: 2 B of 4 B shown]");
    assert_eq!(cut("ä".to_owned(), 1), "… [output cut: 0 B of 2 B shown]");
    let long = cut("x".repeat(1_258_300), 64 * 1024);
    let note = "… [output cut: 64 KiB of 1.2 MiB shown]";
    assert_eq!(long, "x".repeat(64 * 1024) + note);
}

#[test]
fn an_output_is_made_of_a_text_an_image_or_a_file() {
    let image = ImagePart::bytes("image/png", vec![7]);
    let file = FilePart::bytes("a.pdf", "application/pdf", vec![9]);
    let text = ToolOutput::from("done");
    assert_eq!((text.text.as_str(), text.images.len()), ("done", 0));
    assert_eq!(ToolOutput::image(image.clone()).images, [image]);
    assert_eq!(ToolOutput::file(file.clone()).files, [file]);
}
