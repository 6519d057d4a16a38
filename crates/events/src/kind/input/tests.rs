use super::*;

#[test]
fn attachments_are_described_without_their_content() {
    let data = format!("DATA:image/webp;base64,{}", "A".repeat(4_000));
    let block = Block::user_with_images(
        "look",
        [
            ImagePart::url("https://example.com/a.png"),
            ImagePart::bytes("image/png", [0; 3_000]),
            ImagePart::url(data),
            ImagePart::file_id("file_1"),
        ],
    );
    let message = InputMessage::of_block(&block.with_id("b")).unwrap();
    let json = serde_json::to_value(&message).unwrap();
    let expect = serde_json::json!({"id": "b", "role": "user", "text": "look", "attachments": [
        {"kind": "image", "url": "https://example.com/a.png"},
        {"kind": "image", "media_type": "image/png", "bytes": 3000},
        {"kind": "image", "media_type": "image/webp", "bytes": 3000},
        {"kind": "image", "file_id": "file_1"},
    ]});
    assert_eq!(json, expect);
    assert_eq!(
        serde_json::from_value::<InputMessage>(json).unwrap(),
        message
    );
    assert_eq!(InputMessage::of_block(&Block::llm_text("no")), None);
}

#[test]
fn messages_have_their_author_and_files_their_names() {
    let system = InputMessage::of_block(&Block::system("be brief")).unwrap();
    assert_eq!((&*system.role, &*system.text), ("system", "be brief"));
    let user = InputMessage::user("u", "hi");
    let expected = InputMessage::of_block(&Block::user("hi").with_id("u"));
    assert_eq!(Some(user), expected);
    let file = Attachment::file(&FilePart::bytes("a.pdf", "application/pdf", [0; 300]));
    let json = serde_json::to_value(&file).unwrap();
    let expect = serde_json::json!({"kind": "file", "name": "a.pdf",
        "media_type": "application/pdf", "bytes": 300});
    assert_eq!(json, expect);
}

#[test]
fn only_the_head_of_a_data_url_has_a_media_type() {
    let image = |content: String| {
        let mut image = ImagePart::bytes("", []);
        image.source = MediaSource::Inline(content);
        image.media_type = None;
        Attachment::image(&image)
    };
    let data = "A".repeat(400);
    let described = |content: String| {
        let own = image(content);
        (own.media_type, own.bytes)
    };
    // A comma alone does not make a head.
    assert_eq!(described(format!("x/y;z,{data}")), (None, Some(303)));
    assert_eq!(described(format!("data:;base64,{data}")), (None, Some(300)));
    let long = format!("data:{};base64,{data}", "m".repeat(101));
    assert_eq!(described(long), (None, Some(300)));
    let fits = "m".repeat(100);
    let longest = format!("data:{fits};base64,{data}");
    assert_eq!(described(longest), (Some(fits), Some(300)));
}
