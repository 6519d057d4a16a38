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

/// An API that has a form for everything.
const ALL: Sendable = Sendable {
    image: |_| true,
    file: |_| true,
};

fn counts(blocks: &Blocks) -> Vec<usize> {
    blocks.iter().map(|block| images_of(block).len()).collect()
}

fn unsent(is_refused: bool) -> Unsent {
    let mut unsent = Unsent::default();
    if is_refused {
        unsent.add(images::EARLIER, images::WHY);
    }
    unsent
}

#[test]
fn a_history_is_sent_as_it_is() {
    let blocks = conversation(PNG);
    let sent = sent_blocks(&blocks, &unsent(false), &ALL);
    assert!(matches!(sent, Cow::Borrowed(_)));
}

#[test]
fn an_image_without_content_is_not_sent() {
    for content in ["", " ", "data:image/png;base64,"] {
        let blocks = conversation(content);
        let sent = sent_blocks(&blocks, &unsent(false), &ALL);
        assert_eq!(counts(&sent), [1, 0, 0, 1], "{content:?}");
        let answer = sent.iter().nth(2).and_then(|block| match &block.content {
            Content::ToolUse(answer) => Some(answer.output()),
            _ => None,
        });
        assert_eq!(answer, Some(format!("shot\n{}", images::LEFT_OUT)));
    }
}

#[test]
fn refused_images_are_left_out_except_those_of_the_last_prompt() {
    let blocks = conversation(PNG);
    let sent = sent_blocks(&blocks, &unsent(true), &ALL);
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

fn file(name: &str) -> FilePart {
    FilePart::bytes(name, "application/octet-stream", "x")
}

/// An API that has a form for PDF only.
const PDF: Sendable = Sendable {
    image: |_| true,
    file: |file| {
        file.name
            .as_deref()
            .is_some_and(|name| name.ends_with(".pdf"))
    },
};

fn with_files() -> Blocks {
    let first = Block::user_with_files("Read", [file("a.docx"), file("b.pdf")]);
    let call = Block::tool_call(ToolCall::new("c-1", "look", "{}"));
    let mut answer = Block::tool_result("c-1", "found");
    if let Content::ToolUse(own) = &mut answer.content {
        own.files.push(file("c.docx"));
    }
    let last = Block::user_with_files("And this?", [file("d.docx"), file("e.pdf")]);
    [first, call, answer, last].into_iter().collect()
}

fn names(blocks: &Blocks) -> Vec<Vec<&str>> {
    let of = |block| {
        files_of(block)
            .iter()
            .filter_map(|file| file.name.as_deref())
    };
    blocks.iter().map(|block| of(block).collect()).collect()
}

fn text(blocks: &Blocks, at: usize) -> String {
    match &blocks.iter().nth(at).unwrap().content {
        Content::User(said) => said.text.clone(),
        Content::ToolUse(answer) => answer.output(),
        _ => String::new(),
    }
}

/// <https://github.com/danny-avila/LibreChat/issues/14485>.
#[test]
fn a_file_without_a_form_is_left_out_except_in_the_last_prompt() {
    let blocks = with_files();
    let sent = sent_blocks(&blocks, &Unsent::default(), &PDF);
    assert_eq!(
        names(&sent),
        [vec!["b.pdf"], vec![], vec![], vec!["d.docx", "e.pdf"]]
    );
    assert_eq!(
        text(&sent, 0),
        "Read\n(file a.docx left out: the server cannot read it)"
    );
    assert_eq!(
        text(&sent, 2),
        "found\n(file c.docx left out: the server cannot read it)"
    );
    assert_eq!(text(&sent, 3), "And this?");
}

/// <https://github.com/anthropics/claude-code/issues/5174>.
#[test]
fn refused_files_are_left_out_except_those_of_the_last_prompt() {
    let blocks = with_files();
    let refused = |words: &str| {
        EngineError::new(ErrorKind::InvalidRequest, "refused").with_provider_message(words)
    };
    for words in [
        "messages.2.content.0.pdf.source.base64.data: The PDF specified was not valid.",
        "messages.0.content.1.document.source.base64.media_type: Input should be 'application/pdf'",
        "Invalid file data: 'file_data'. Expected a base64-encoded data URL",
        "Expected context stuffing file type to be a supported format: .pdf but got .docx.",
        "Unsupported MIME type: application/msword",
        "Invalid value: 'input_file'. Supported values are: 'input_text'.",
        "Unknown part type: file",
        "'messages.0.content' : value must be a string",
    ] {
        let mut unsent = Unsent::default();
        assert!(
            remedy(&blocks, &unsent, &refused(words)).is_some(),
            "{words}"
        );
        unsent.add(files::EARLIER, files::WHY);
        assert!(
            remedy(&blocks, &unsent, &refused(words)).is_none(),
            "{words}"
        );
        let sent = sent_blocks(&blocks, &unsent, &ALL);
        assert_eq!(
            names(&sent),
            [vec![], vec![], vec![], vec!["d.docx", "e.pdf"]]
        );
        let alone: Blocks = blocks.iter().skip(3).cloned().collect();
        assert!(remedy(&alone, &Unsent::default(), &refused(words)).is_none());
    }
}

/// <https://github.com/microsoft/vscode/pull/324960>.
#[test]
fn a_file_among_the_images_is_a_file() {
    const PDF: &str = "JVBERi0xLjQK";
    let mut block = Block::user("Read");
    if let Content::User(said) = &mut block.content {
        said.images = vec![
            image(PDF),
            image(PNG),
            image("data:text/csv;base64,YSxi"),
            image("unknown"),
        ];
    }
    let blocks: Blocks = [block].into_iter().collect();
    let sent = sent_blocks(&blocks, &Unsent::default(), &ALL);
    assert_eq!(counts(&sent), [2]);
    let block = sent.iter().next().unwrap();
    let files = files_of(block);
    let types: Vec<_> = files
        .iter()
        .map(|file| file.media_type.as_deref())
        .collect();
    assert_eq!(types, [Some("application/pdf"), Some("text/csv")]);
    assert_eq!(text(&sent, 0), "Read", "nothing is left out");
}
