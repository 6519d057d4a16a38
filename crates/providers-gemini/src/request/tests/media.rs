//! Images and files.

use super::*;

fn parts(images: Vec<ImagePart>, files: Vec<FilePart>) -> Value {
    let mut turn = Turn::default();
    let mut block = Block::user_with_images("Look.", images);
    if let Content::User(user) = &mut block.content {
        user.files = files;
    }
    turn.push(block);
    body(&turn)["contents"][0]["parts"].clone()
}

#[test]
fn media_are_inline_or_named_by_their_uri() {
    let images = vec![
        ImagePart::bytes("image/png", b"png"),
        ImagePart::url("https://a.test/b.jpg?x=1"),
        ImagePart::url("data:image/webp;base64,AAAA"),
        ImagePart::file_id("files/abc"),
    ];
    let mut pdf = FilePart::new(MediaSource::Inline("AAAA".to_owned()));
    pdf.name = Some("a.PDF".to_owned());
    let files = vec![pdf, FilePart::url("gs://bucket/talk.mp3")];
    let google = "https://generativelanguage.googleapis.com/v1beta/files/abc";
    assert_eq!(
        parts(images, files),
        json!([
            {"text": "Look."},
            {"inlineData": {"mimeType": "image/png", "data": "cG5n"}},
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://a.test/b.jpg?x=1"}},
            {"inlineData": {"mimeType": "image/webp", "data": "AAAA"}},
            {"fileData": {"fileUri": google}},
            {"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}},
            {"fileData": {"mimeType": "audio/mp3", "fileUri": "gs://bucket/talk.mp3"}}
        ])
    );
}

#[test]
fn a_file_of_an_unknown_type_is_an_error() {
    let mut turn = Turn::default();
    let file = FilePart::new(MediaSource::Inline("AAAA".to_owned()));
    turn.push(Block::user_with_files("Look.", [file]));
    let sender = Sender::of(MODEL);
    let wire = sender.wire();
    let settings = sender.settings(&wire, &turn);
    let error = wire.request(&Inference::new(&turn, &settings)).unwrap_err();
    assert!(error.to_string().contains("media type"), "{error}");
}

#[test]
fn images_of_tools_are_in_their_response_or_follow_it() {
    let mut answer = ToolUse::default();
    answer.id = "a".to_owned();
    answer.result = Some(json!("A picture."));
    answer.images = vec![
        ImagePart::bytes("image/png", b"png"),
        ImagePart::url("https://a.test/b.jpg"),
    ];
    let mut turn = Turn::builder().user("Draw").build();
    turn.push(Block::tool_call(ToolCall::new("a", "draw", "{}")));
    turn.push(Block::new(Content::ToolUse(answer)));
    let inline = json!({"inlineData": {"mimeType": "image/png", "data": "cG5n"}});
    let linked = json!({"fileData": {"mimeType": "image/jpeg", "fileUri": "https://a.test/b.jpg"}});
    let new = body(&turn)["contents"].clone();
    assert_eq!(
        new[2]["parts"][0]["functionResponse"]["parts"],
        json!([inline])
    );
    assert_eq!(new[3]["parts"], json!([linked]));
    let old = Sender::of("gemini-2.5-flash").body(&turn)["contents"].clone();
    assert_eq!(old[2]["parts"][0]["functionResponse"].get("parts"), None);
    assert_eq!(old[3]["parts"], json!([inline, linked]));
}
