use super::support::Home;

/// Returns the prompt that would be sent.
async fn prompt(home: &Home, line: &str, last: &str, input: impl AsRef<[u8]>) -> String {
    let line = format!("ask --print-prompt {line}");
    let ended = home
        .geppetto(&line, (!last.is_empty()).then_some(last))
        .input(input)
        .end()
        .await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let turn = geppetto_turns::Turn::from_yaml(&ended.out).unwrap();
    turn.blocks.last().unwrap().text().unwrap().to_owned()
}

#[tokio::test]
async fn words_are_joined_and_input_follows_below() {
    let home = Home::new();
    assert_eq!(prompt(&home, "two words", "", "").await, "two words");
    assert_eq!(
        prompt(&home, "", "Sum up:", "a\r\nb\n\n").await,
        "Sum up:\n\na\r\nb"
    );
    assert_eq!(prompt(&home, "", "", "from a pipe\n").await, "from a pipe");
    assert_eq!(prompt(&home, "-", "", "from a pipe\n").await, "from a pipe");
    assert_eq!(prompt(&home, "--no-stdin", "alone", "more").await, "alone");
    assert_eq!(prompt(&home, "", "grüße 👋", "").await, "grüße 👋");
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_the_prompt() {
    let home = Home::new();
    assert_eq!(prompt(&home, "", "", "\u{feff}hello").await, "hello");
}

#[tokio::test]
async fn a_prompt_may_begin_with_a_dash() {
    let home = Home::new();
    assert_eq!(
        prompt(&home, "--", "- one\n- two", "").await,
        "- one\n- two"
    );
}

#[tokio::test]
async fn a_misspelled_flag_is_not_a_prompt() {
    let home = Home::new();
    let ended = home.geppetto("ask --quite hello", []).end().await;
    ended.fails_with(2, "--quiet");
}

#[tokio::test]
async fn no_prompt_is_an_error_and_not_a_question_to_the_model() {
    let home = Home::new();
    home.geppetto("ask", [])
        .end()
        .await
        .fails_with(2, "there is no prompt");
    home.geppetto("ask", ["  "])
        .input("\n")
        .end()
        .await
        .fails_with(2, "there is no prompt");
}

#[tokio::test]
async fn input_that_is_no_text_is_not_sent_as_text() {
    let home = Home::new();
    let ended = home
        .geppetto("ask describe", [])
        .input(b"\x89PNG\r\n\x1a\n\xff")
        .end()
        .await;
    ended.fails_with(2, "`--image -`");
}

#[tokio::test]
async fn text_files_become_part_of_the_prompt() {
    let home = Home::new();
    home.write("notes.md", "# A\n```\ncode\n```\n");
    let expected = "notes.md:\n````\n# A\n```\ncode\n```\n````\n\nSum up";
    assert_eq!(prompt(&home, "-f notes.md", "Sum up", "").await, expected);
    let expected = "standard input:\n```\nfrom a pipe\n```\n\nSum up";
    assert_eq!(
        prompt(&home, "-f -", "Sum up", "from a pipe").await,
        expected
    );
}

#[tokio::test]
async fn images_and_documents_are_attached() {
    let home = Home::new();
    home.write("a.dat", b"\x89PNG\r\n\x1a\n....");
    home.write("b.pdf", b"%PDF-1.7 \xff");
    let line = "ask --print-prompt -i a.dat -f b.pdf -i https://example.com/c.png describe";
    let shown = home.ok(line, "").await;
    for part in [
        "media_type: image/png",
        "application/pdf",
        "name: b.pdf",
        "https://example.com/c.png",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
}

#[tokio::test]
async fn an_attachment_that_cannot_be_used_is_named() {
    let home = Home::new();
    home.write("notes.txt", "text");
    std::fs::create_dir(home.path("folder")).unwrap();
    let ended = home.geppetto("ask -i notes.txt hi", []).end().await;
    ended.fails_with(2, "`notes.txt` is no PNG, JPEG, GIF or WebP image");
    let ended = home.geppetto("ask -f missing.txt hi", []).end().await;
    ended.fails_with(2, "cannot read `missing.txt`");
    let ended = home.geppetto("ask -f folder hi", []).end().await;
    ended.fails_with(2, "`folder` is a folder");
}
