use super::*;

/// Returns the reasoning and the text of a reply that arrives in these pieces.
fn split(pieces: &[&str]) -> (String, String) {
    let (mut reasoning, mut text) = (String::new(), String::new());
    let mut say = |kind, piece: &str| match kind {
        Kind::Reasoning => reasoning.push_str(piece),
        Kind::Text => text.push_str(piece),
    };
    let mut tags = Tags::search();
    for piece in pieces {
        tags.take(piece, &mut say);
    }
    tags.end(&mut say);
    (reasoning, text)
}

#[track_caller]
fn check(whole: &str, reasoning: &str, text: &str) {
    let expected = (reasoning.to_owned(), text.to_owned());
    assert_eq!(split(&[whole]), expected);
    let chars: Vec<String> = whole.chars().map(String::from).collect();
    let chars: Vec<&str> = chars.iter().map(String::as_str).collect();
    assert_eq!(split(&chars), expected, "character by character");
    for (at, _) in whole.char_indices() {
        let (a, b) = whole.split_at(at);
        assert_eq!(split(&[a, b]), expected, "cut at {at}");
    }
}

#[test]
fn reasoning_between_tags_at_the_beginning_is_separated_wherever_it_is_cut() {
    check("<think>plän</think>\n\nHello", "plän", "Hello");
    check("\n <think>\na < b </ th</think>ok", "\na < b </ th", "ok");
    check("<think></think>ok", "", "ok");
    check("<think>cut </thi", "cut </thi", "");
}

#[test]
fn other_texts_stay_as_they_are() {
    check("Hello <think>x</think>", "", "Hello <think>x</think>");
    check(" \n Hello", "", " \n Hello");
    check("<thin", "", "<thin");
    check("<b>x</b>", "", "<b>x</b>");
    check("\n", "", "\n");
    check(
        "<think>a</think>b<think>c</think>",
        "a",
        "b<think>c</think>",
    );
}

#[test]
fn a_million_pieces_of_white_space_take_linear_time() {
    let mut pieces = vec![" "; 1_000_000];
    pieces.extend(["<th", "ink>a</think>b"]);
    assert_eq!(split(&pieces), ("a".to_owned(), "b".to_owned()));
    let (reasoning, text) = split(&[" "; 1_000_000]);
    assert_eq!((reasoning.len(), text.len()), (0, 1_000_000));
}
