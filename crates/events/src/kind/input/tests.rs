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
