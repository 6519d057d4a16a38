use geppetto_turns::ToolCall;

use super::*;

const PNG: &str = "iVBORw0KGgo=";

fn image(content: &str) -> ImagePart {
    ImagePart::new(MediaSource::Inline(content.to_owned()))
}

/// A conversation with an image in each prompt and in the result of a tool.
fn conversation(of_tool: &str) -> Blocks {
    let mut first = Block::user("Look");
    let mut answer = Block::tool_result("c-1", "shot");
    let mut last = Block::user("And this?");
    for (block, content) in [(&mut first, PNG), (&mut answer, of_tool), (&mut last, PNG)] {
        match &mut block.content {
            Content::User(said) => said.images.push(image(content)),
            Content::ToolUse(own) => own.images.push(image(content)),
            _ => {}
        }
    }
    let call = Block::tool_call(ToolCall::new("c-1", "look", "{}"));
    [first, call, answer, last].into_iter().collect()
}

fn counts(blocks: &Blocks) -> Vec<usize> {
    blocks.iter().map(|block| images(block).len()).collect()
}

fn unsent(is_refused: bool) -> Unsent {
    let mut unsent = Unsent::default();
    if is_refused {
        unsent.add(EARLIER, WHY);
    }
    unsent
}

#[test]
fn a_history_is_sent_as_it_is() {
    let blocks = conversation(PNG);
    let sent = sent_blocks(&blocks, &unsent(false));
    assert!(matches!(sent, Cow::Borrowed(_)));
}

#[test]
fn an_image_without_content_is_not_sent() {
    for content in ["", " ", "data:image/png;base64,"] {
        let blocks = conversation(content);
        let sent = sent_blocks(&blocks, &unsent(false));
        assert_eq!(counts(&sent), [1, 0, 0, 1], "{content:?}");
        let answer = sent.iter().nth(2).and_then(|block| match &block.content {
            Content::ToolUse(answer) => Some(answer.output()),
            _ => None,
        });
        assert_eq!(answer, Some(format!("shot\n{LEFT_OUT}")));
    }
}

#[test]
fn refused_images_are_left_out_except_those_of_the_last_prompt() {
    let blocks = conversation(PNG);
    let sent = sent_blocks(&blocks, &unsent(true));
    assert_eq!(counts(&sent), [0, 0, 0, 1]);
    assert_eq!(counts(&blocks), [1, 0, 1, 1], "the history keeps them");
}

#[test]
fn an_image_is_left_out_once_and_only_if_there_is_an_earlier_one() {
    let refused = EngineError::new(ErrorKind::InvalidRequest, "refused").with_provider_message(
        "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum",
    );
    let other = EngineError::new(ErrorKind::InvalidRequest, "refused")
        .with_provider_message("temperature: must be at most 1");
    let earlier = conversation(PNG);
    let alone: Blocks = earlier.iter().skip(3).cloned().collect();
    for (blocks, is_refused, error, expected) in [
        (&earlier, false, &refused, true),
        (&earlier, true, &refused, false),
        (&earlier, false, &other, false),
        (&alone, false, &refused, false),
    ] {
        let remedy = remedy(blocks, &unsent(is_refused), error);
        assert_eq!(remedy.is_some(), expected);
    }
}
