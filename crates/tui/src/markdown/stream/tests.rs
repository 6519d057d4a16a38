use proptest::prelude::*;

use super::*;

/// Returns the finished lines of a text that arrives in pieces, and checks the live ones.
fn streamed(text: &str, piece: usize, columns: usize) -> (Vec<String>, usize) {
    let mut stream = Stream::new(Theme::plain());
    let mut all = Vec::new();
    let mut end = 0;
    while end < text.len() {
        end = (end + piece).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        stream.advance(text.get(..end).unwrap(), columns, false);
        for line in stream.lines() {
            assert!(
                crate::markdown::wrap::spans_width(&line.spans) <= columns,
                "{line:?}"
            );
        }
        all.extend(stream.take_finished());
    }
    stream.advance(text, columns, true);
    all.extend(stream.take_finished());
    let lines = all.iter().map(ToString::to_string).collect();
    (lines, stream.parsed)
}

fn whole(text: &str, columns: usize) -> Vec<String> {
    streamed(text, usize::MAX / 2, columns).0
}

#[track_caller]
fn same_in_pieces(text: &str) {
    let expected = whole(text, 60);
    for piece in 1..20 {
        assert_eq!(streamed(text, piece, 60).0, expected, "{text:?} by {piece}");
    }
}

const SAMPLE: &str = include_str!("../../../tests/samples/tour.txt");

#[test]
fn a_text_in_pieces_has_the_lines_of_the_whole_text() {
    for columns in [20, 40, 80] {
        let expected = whole(SAMPLE, columns);
        for piece in [1, 2, 3, 7, 50, 333] {
            let (lines, _) = streamed(SAMPLE, piece, columns);
            assert_eq!(lines, expected, "in pieces of {piece} at {columns} columns");
        }
    }
}

#[test]
fn items_and_lines_of_code_are_finished_before_their_block_ends() {
    let mut stream = Stream::new(Theme::plain());
    let text = "1. one\n2. two\n3. thr";
    stream.advance(text, 40, false);
    let lines: Vec<String> = stream
        .take_finished()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(lines, ["1. one"]);
    let text = format!("{text}ee\n   ```\n   a\n   b");
    stream.advance(&text, 40, false);
    let lines: Vec<String> = stream
        .take_finished()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(lines, ["2. two", "3. three", "   ╭─", "   a"]);
    let text = format!("{text}\n   ```\n4. four");
    stream.advance(&text, 40, true);
    let lines: Vec<String> = stream
        .take_finished()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(lines, ["   b", "   ╰─", "4. four"]);
}

#[test]
fn the_work_for_a_long_answer_is_in_proportion_to_its_length() {
    let kinds = [
        SAMPLE.repeat(20),
        format!("```rust\n{}", "let a = \"some code\";\n".repeat(2_000)),
        "- an item of a list that is long\n".repeat(1_500),
        "> a line of a quote\n>\n".repeat(1_500),
        format!(
            "1. first\n\n   ```\n{}",
            "   code in an item\n".repeat(1_500)
        ),
    ];
    for text in kinds {
        let (_, parsed) = streamed(&text, 20, 80);
        let ratio = parsed / text.len();
        assert!(
            ratio <= 40,
            "{ratio} times the text of {:?}",
            text.get(..20)
        );
    }
}

#[test]
fn the_open_part_is_bounded_whatever_comes() {
    let rows = format!("|a|b|\n|-|-|\n{}", "|cell one|cell two|\n".repeat(2_000));
    let kinds = [
        "word ".repeat(8_000),
        "x".repeat(40_000),
        rows,
        format!("```\n{}", "x".repeat(40_000)),
        "> ".repeat(20_000),
        "- ".repeat(20_000),
        "`".repeat(40_000),
        "[".repeat(40_000),
        "*a ".repeat(12_000),
        "<div>\n".repeat(6_000),
        "    indented\n".repeat(3_000),
    ];
    for text in kinds {
        let mut stream = Stream::new(Theme::plain());
        for end in (0..text.len()).step_by(5_000) {
            stream.advance(text.get(..end).unwrap(), 80, false);
            assert!(stream.text.len() <= 2 * OPEN_LIMIT, "{:?}", text.get(..10));
        }
        stream.advance(&text, 80, true);
        let lines: String = stream
            .take_finished()
            .iter()
            .map(ToString::to_string)
            .collect();
        if text.starts_with(['x', 'w']) {
            let count = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
            assert_eq!(count(&lines), count(&text));
        }
    }
}

#[test]
fn a_long_table_keeps_its_columns_after_a_cut() {
    let rows = format!("|a|b|\n|-|-|\n{}", "|cell one|cell two|\n".repeat(2_000));
    let (lines, _) = streamed(&rows, 500, 80);
    let is_row = |line: &String| line == "cell one │ cell two";
    assert_eq!(lines.iter().filter(|line| is_row(line)).count(), 2_000);
}

const MARKS: &str = "- |1. |2. |> |# |## |```|~~~|    |  |*|**|_|`|~~|[a](b)|[a]|![|](|<br>|<!--|-->|\\|\\(|\\)|$|\
    &#27;|\u{1b}[2J|\r|你好|👨‍👩‍👧|e\u{301}|\u{200b}|- [x] |+ |10. |\u{202e}|مرحبا|…|\u{fe0f}|\u{a0}|\t";

const LINES: [&str; 9] = [
    "```rust\n",
    "|",
    "|-|-|\n",
    "|a|b|\n|-|-|\n",
    "---\n",
    "===\n",
    "<div>\n",
    "> [!NOTE]\n",
    "\r\n",
];

fn pieces() -> impl Strategy<Value = String> {
    let marks: Vec<&str> = MARKS.split('|').chain(LINES).collect();
    let piece = prop_oneof![
        "[a-z]{1,8}",
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        prop::sample::select(marks).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|all| all.concat())
}

#[test]
fn a_paragraph_below_a_heading_may_become_something_else() {
    for text in [
        "# A\n|a|b|\n|-|-|\n|1|2|\n",
        "# A\nb\n---\nc\n",
        "A\n---\nb\nc\n===\n",
        "# A\nb\n - [x] c\n",
        "# A\n|a|b|\n|-|-|c\n\nd\n",
        "# A\nb\n=== c\n",
        "> # A\n> b\n> - c\n",
    ] {
        same_in_pieces(text);
    }
}

#[test]
fn a_formula_does_not_go_beyond_its_block() {
    for text in [
        "\\(\n \nb\\)c\n|a|b|\n|-|-|\n",
        "a \\(b\n# c\\) d\n\ne\n",
        "- \\[a\n- b\\]\n\nc\n",
        "`\\(`\n\n> a\\)\n\nb\n",
    ] {
        same_in_pieces(text);
    }
}

#[test]
fn an_item_keeps_its_mark_after_an_empty_quote() {
    for text in [
        "- > \n  a\n\n  b\n\nc\n",
        "1. > \n\n   - a\n   - b\n\nc\n",
        "> - > \n>\n>   a\n>\n>   b\n\nc\n",
        "- [a]: /b\n\n  > \n\n  c\n\n  d\n",
    ] {
        same_in_pieces(text);
    }
}

#[test]
fn blank_lines_in_an_open_fence_are_code() {
    for text in [
        "1. ```\n\n\n2. a\n",
        "- ```\n  a\n\n\n- b\n\nc\n",
        "- ```\n  a\n  ```\n\n- b\n\n      c\n\n- d\n",
        "> ```\n> a\n>\n>\n\nb\n",
    ] {
        same_in_pieces(text);
    }
}

#[test]
fn a_line_of_no_break_spaces_is_not_blank() {
    for text in [
        "|a|b|\n|-|-|\n\n    \u{a0}\n\nc\n",
        "```\na\n```\n\u{a0}\n\nc\n",
        "```\na\n```\u{a0}\nb\n```\nc\n",
        "> ```\n> a\n\n\u{a0}\n\nc\n",
        "a\n\u{a0}\n# b\n\n\u{3000}\n- c\n",
    ] {
        same_in_pieces(text);
    }
}

/// <https://github.com/anomalyco/opencode/issues/42896>, <https://github.com/anomalyco/opencode/issues/48155>,
/// <https://github.com/anomalyco/opencode/issues/48714>, <https://github.com/JustVugg/colibri/issues/910>,
/// <https://github.com/minorcell/memo-code/issues/220>
#[test]
fn items_with_emphasis_and_code_arrive_whole() {
    let text = "Done:\n\n1. **Four** fixes, of `which` all are *needed* and *tested*,\n2. All four **are in `main`**.\n    \
                * **MLX:** massive improvements\n    * **GGUF:** a `better` file\n3. The rest\n\n- **`run` を \
                書き直しました。**\n- 以前は **PTY+shell** で `herdr` を送り、**確定せず**\n\nA last line without an end";
    let expected = [
        "Done:",
        "",
        "1. Four fixes, of `which` all are needed and tested,",
        "2. All four are in `main`.",
        "   • MLX: massive improvements",
        "   • GGUF: a `better` file",
        "3. The rest",
        "",
        "• `run` を 書き直しました。",
        "• 以前は PTY+shell で `herdr` を送り、確定せず",
        "",
        "A last line without an end",
    ];
    for piece in 1..40 {
        assert_eq!(streamed(text, piece, 60).0, expected, "by {piece}");
    }
}

#[test]
fn a_definition_counts_when_its_line_is_complete() {
    for text in [
        "[a]: https://example.com/guide\n\nSee [the guide][a].\n",
        "- [a]: https://example.com/guide\n- See [the guide][a].\n",
        "Text[^1].\n\n[^1]: The note.\n\nMore[^1].\n",
        "[a]: https://example.com/guide \"a title\n\nSee [the guide][a].\n",
    ] {
        same_in_pieces(text);
    }
}

proptest! {
    #[test]
    fn pieces_do_not_matter(text in pieces(), piece in 1_usize..30, columns in 1_usize..100) {
        let (lines, _) = streamed(&text, piece, columns);
        prop_assert_eq!(lines, whole(&text, columns));
    }

    #[test]
    fn each_line_fits_whatever_the_text(text in any::<String>(), columns in 1_usize..200) {
        streamed(&text, 5, columns);
    }

    #[test]
    fn no_word_is_lost(text in pieces(), columns in 2_usize..100) {
        let lines = whole(&text, columns).concat();
        let words = text.split(|c: char| !c.is_ascii_lowercase() || c == 'x');
        for word in words.filter(|word| word.len() > 3 && *word != "rust") {
            let letters = |text: &str| -> String { text.chars().filter(char::is_ascii_lowercase).collect() };
            prop_assert!(letters(&lines).contains(word), "{} in {}", word, lines);
        }
    }
}
