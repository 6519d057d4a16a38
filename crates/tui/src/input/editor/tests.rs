use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{Editor, Move};

fn typed(text: &str) -> Editor {
    let mut editor = Editor::default();
    for letter in text.chars() {
        editor.insert_char(letter);
    }
    editor
}

fn rows(editor: &Editor, width: u16) -> Vec<String> {
    let layout = editor.layout(width);
    layout.shown(editor.text()).map(Into::into).collect()
}

#[test]
fn an_emoji_of_several_characters_is_deleted_at_once() {
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    let mut editor = typed(&format!("a{family}"));
    editor.delete(Move::Left);
    assert_eq!(editor.text(), "a");
}

#[test]
fn the_cursor_does_not_stop_within_a_letter_with_its_accent() {
    let mut editor = typed("e\u{301}x");
    editor.go(Move::Start);
    editor.go(Move::Right);
    assert_eq!(editor.parts(), ("e\u{301}", "x"));
}

#[test]
fn words_are_deleted_and_inserted_again() {
    let mut editor = typed("one two-three");
    editor.delete(Move::WordLeft);
    assert_eq!(editor.text(), "one two-");
    editor.delete(Move::WordLeft);
    assert_eq!(editor.text(), "one ");
    editor.yank();
    assert_eq!(editor.text(), "one two-");
}

#[test]
fn changes_are_taken_back_by_words() {
    let mut editor = typed("one two");
    editor.undo();
    assert_eq!(editor.text(), "one");
    editor.undo();
    assert_eq!(editor.text(), "");
}

#[test]
fn line_endings_of_a_paste_become_line_feeds() {
    let mut editor = Editor::default();
    editor.insert("a\rb\r\nc\nd");
    assert_eq!(editor.text(), "a\nb\nc\nd");
}

#[test]
fn lines_are_wrapped_between_words_and_long_words_within() {
    assert_eq!(rows(&typed("one two three"), 8), ["one two ", "three"]);
    assert_eq!(rows(&typed("abcdefghij"), 5), ["abcd", "efgh", "ij"]);
}

#[test]
fn wide_characters_take_two_columns() {
    assert_eq!(
        rows(&typed("\u{4f60}\u{597d}\u{4e16}"), 5),
        ["\u{4f60}\u{597d}", "\u{4e16}"]
    );
}

#[test]
fn control_characters_are_visible() {
    let shown = rows(&typed("a\u{1b}[2J"), 40);
    assert!(!shown.concat().contains('\u{1b}'), "{shown:?}");
}

#[test]
fn up_and_down_keep_the_column() {
    let mut editor = typed("first line\nx\nthird line");
    assert!(editor.go_vertically(true, 40));
    assert_eq!(editor.parts().0, "first line\nx");
    assert!(editor.go_vertically(true, 40));
    assert_eq!(editor.parts().0, "first line");
    assert!(!editor.go_vertically(true, 40));
    assert!(editor.go_vertically(false, 40));
    assert!(editor.go_vertically(false, 40));
    assert_eq!(editor.parts().1, "");
    assert!(!editor.go_vertically(false, 40));
}

#[test]
fn up_and_down_move_by_wrapped_rows() {
    let mut editor = typed("abcdefghij");
    assert!(editor.go_vertically(true, 5));
    assert_eq!(editor.parts(), ("abcdef", "ghij"));
}

#[derive(Debug, Clone)]
enum Step {
    Char(char),
    Insert(String),
    Go(Move),
    Delete(Move),
    Vertical(bool),
    Yank,
    Undo,
}

fn step() -> impl Strategy<Value = Step> {
    let to = prop::sample::select(vec![
        Move::Left,
        Move::Right,
        Move::WordLeft,
        Move::WordRight,
        Move::LineStart,
        Move::LineEnd,
        Move::Start,
        Move::End,
    ]);
    prop_oneof![
        any::<char>().prop_map(Step::Char),
        "(?s).{0,12}".prop_map(Step::Insert),
        "[a \u{301}\u{200d}\u{1f469}\u{1f1e9}\u{1f1ea}\n\u{4f60}]{0,9}".prop_map(Step::Insert),
        to.clone().prop_map(Step::Go),
        to.prop_map(Step::Delete),
        any::<bool>().prop_map(Step::Vertical),
        Just(Step::Yank),
        Just(Step::Undo),
    ]
}

proptest! {
    #[test]
    fn the_cursor_is_at_the_border_of_a_grapheme(
        steps in prop::collection::vec(step(), 0..40),
        width in 1_u16..30,
    ) {
        let mut editor = Editor::default();
        for step in steps {
            match step {
                Step::Char(own) => editor.insert_char(own),
                Step::Insert(text) => editor.insert(&text),
                Step::Go(to) => editor.go(to),
                Step::Delete(to) => editor.delete(to),
                Step::Vertical(is_up) => drop(editor.go_vertically(is_up, width)),
                Step::Yank => editor.yank(),
                Step::Undo => editor.undo(),
            }
            let cursor = editor.parts().0.len();
            prop_assert!(editor.text().is_char_boundary(cursor));
            let line_start = editor.parts().0.rfind('\n').map_or(0, |at| at + 1);
            let line = editor.text().get(line_start..).unwrap();
            let line = line.split('\n').next().unwrap();
            let at = cursor - line_start;
            let mut borders = line.grapheme_indices(true).map(|(at, _)| at).chain([line.len()]);
            prop_assert!(borders.any(|own| own == at), "{:?}", editor.parts());
        }
    }

    #[test]
    fn rows_fit_and_lose_nothing(text in "(?s).{0,200}", width in 2_u16..30) {
        let mut editor = Editor::default();
        editor.insert(&text);
        let layout = editor.layout(width);
        let joined: String = layout
            .rows
            .iter()
            .map(|row| editor.text().get(row.clone()).unwrap())
            .collect();
        prop_assert_eq!(joined, editor.text().replace('\n', ""));
        for row in layout.shown(editor.text()) {
            let graphemes = row.graphemes(true).count();
            // A single wide character or tab may be wider than the row.
            let is_one = graphemes == 1 || row.trim().is_empty();
            prop_assert!(row.width() <= usize::from(width) || is_one, "{:?}", row);
        }
    }
}
