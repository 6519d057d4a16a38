use proptest::prelude::*;
use ratatui::{layout::Size, text::Line};

use super::{Frame, Screen};
use crate::app::tests::support::TestTerminal;

fn lines(texts: &[String]) -> Vec<Line<'static>> {
    texts.iter().map(|own| Line::from(own.clone())).collect()
}

fn frame(texts: &[&str]) -> Frame {
    let texts: Vec<String> = texts.iter().map(|own| (*own).to_owned()).collect();
    Frame {
        lines: lines(&texts),
        cursor: Some((0, 0)),
    }
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|own| format!("line {own}")).collect()
}

/// Returns what the terminal has, scrollback first, without blank rows at the end.
fn everything(terminal: &TestTerminal) -> Vec<String> {
    let (mut rows, screen) = terminal.rows();
    rows.extend(screen);
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

#[test]
fn the_frame_moves_down_until_lines_scroll() {
    let terminal = TestTerminal::new(20, 5);
    let mut screen = Screen::new(terminal.clone(), Size::new(20, 5), 0);
    screen
        .draw(&lines(&numbered(0..2)), &frame(&["> "]))
        .unwrap();
    assert_eq!(everything(&terminal), ["line 0", "line 1", ">"]);
    screen
        .draw(&lines(&numbered(2..9)), &frame(&["> ", "status"]))
        .unwrap();
    let mut expected = numbered(0..9);
    expected.extend([">".to_owned(), "status".to_owned()]);
    assert_eq!(everything(&terminal), expected);
}

#[test]
fn what_was_on_the_screen_before_is_kept() {
    let terminal = TestTerminal::new(20, 4);
    terminal.write(&["$ ls", "file"]);
    let mut screen = Screen::new(terminal.clone(), Size::new(20, 4), 2);
    screen
        .draw(&lines(&numbered(0..3)), &frame(&["> "]))
        .unwrap();
    let expected = ["$ ls", "file", "line 0", "line 1", "line 2", ">"];
    assert_eq!(everything(&terminal), expected);
}

#[test]
fn a_frame_that_shrinks_leaves_nothing_behind() {
    let terminal = TestTerminal::new(20, 6);
    let mut screen = Screen::new(terminal.clone(), Size::new(20, 6), 0);
    screen.draw(&[], &frame(&["a", "b", "c", "d"])).unwrap();
    screen.draw(&[], &frame(&["e"])).unwrap();
    assert_eq!(everything(&terminal), ["e"]);
}

#[test]
fn the_program_leaves_the_conversation_and_no_frame() {
    let terminal = TestTerminal::new(20, 6);
    let mut screen = Screen::new(terminal.clone(), Size::new(20, 6), 0);
    screen
        .draw(&lines(&numbered(0..2)), &frame(&["> ", "status"]))
        .unwrap();
    screen.close().unwrap();
    assert_eq!(everything(&terminal), ["line 0", "line 1"]);
}

proptest! {
    #[test]
    fn lines_are_written_once_in_order_whatever_the_sizes(
        batches in prop::collection::vec((0_usize..12, 0_usize..9), 1..12),
        height in 1_u16..9,
        top in 0_u16..9,
    ) {
        let terminal = TestTerminal::new(12, height);
        let mut screen = Screen::new(terminal.clone(), Size::new(12, height), top);
        let mut count = 0;
        for (new, rows) in batches {
            let finished = numbered(count..count + new);
            count += new;
            let rows = vec!["frame"; rows];
            screen.draw(&lines(&finished), &frame(&rows)).unwrap();
            let shown = everything(&terminal);
            let own: Vec<_> = shown.iter().filter(|row| row.starts_with("line")).cloned().collect();
            prop_assert_eq!(own, numbered(0..count));
            let frames = shown.iter().filter(|row| *row == "frame").count();
            prop_assert_eq!(frames, rows.len().min(usize::from(height)));
        }
    }
}
