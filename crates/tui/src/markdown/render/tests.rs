use super::*;

/// Returns the lines of a complete text.
fn lines(text: &str, columns: usize) -> Vec<String> {
    let links = HashMap::new();
    let source = Source {
        text,
        muted: 0,
        tint: None,
        is_done: true,
        is_cut: false,
        links: &links,
    };
    let rendered = render(source, Theme::plain(), columns);
    rendered.lines.iter().map(ToString::to_string).collect()
}

#[test]
fn items_have_hanging_margins_and_their_own_numbers() {
    let text = "Steps:\n1. one\n   two\n1. three\n   - deep\n\n     more\n- [x] done\n- [ ] open";
    assert_eq!(
        lines(text, 40),
        [
            "Steps:",
            "1. one",
            "   two",
            "2. three",
            "   • deep",
            "",
            "     more",
            "",
            "• [x] done",
            "• [ ] open",
        ]
    );
}

#[test]
fn a_table_is_aligned_and_wrapped_into_its_width() {
    let text = "| a | right |\n|---|--:|\n| 你好 | 1 |\n| x | 22 |";
    assert_eq!(
        lines(text, 40),
        [
            "a    │ right",
            "─────┼──────",
            "你好 │     1",
            "x    │    22"
        ]
    );
    let text = "|k|text|\n|-|-|\n|a|one two three four|\n|b|five|";
    assert_eq!(
        lines(text, 14),
        [
            "k │ text",
            "──┼───────────",
            "a │ one two",
            "  │ three four",
            "──┼───────────",
            "b │ five",
        ]
    );
}

#[test]
fn a_table_without_room_is_shown_as_records() {
    let text = "|name|size|kind|\n|-|-|-|\n|some long name|12|a file of text|";
    assert_eq!(
        lines(text, 16),
        [
            "name: some long",
            "name",
            "size: 12",
            "kind: a file of",
            "text"
        ]
    );
}

#[test]
fn code_keeps_its_spaces() {
    assert_eq!(
        lines("```rust\nfn a() {\n    b\n\n}\n```\nend", 40),
        ["╭─ rust", "fn a() {", "    b", "", "}", "╰─", "", "end",]
    );
}

#[test]
fn quotes_have_a_bar() {
    assert_eq!(
        lines("> [!NOTE]\n> one\n>\n> two\n> > deep", 40),
        ["│ Note", "│ one", "│", "│ two", "│ │ deep",]
    );
}

#[test]
fn links_show_where_they_lead() {
    assert_eq!(
        lines("[a](https://b.c) <https://d.e> ![pic](x.png)", 80),
        ["a (https://b.c) https://d.e [image: pic] (x.png)",]
    );
}

#[test]
fn formulas_and_html_are_shown_as_written() {
    let text = r"so \(a_1 * b_2 * c\) and $x_1*y*z$ in Vec<String>, a \_ b";
    assert_eq!(
        lines(text, 80),
        [r"so \(a_1 * b_2 * c\) and $x_1*y*z$ in Vec<String>, a _ b"]
    );
    assert_eq!(
        lines("<details>\n<summary>A</summary>\n\nb\n</details>", 40),
        ["<details>", "<summary>A</summary>", "", "b", "</details>",]
    );
}

#[test]
fn control_characters_by_name_are_visible() {
    assert_eq!(lines("a&#27;[2Jb", 40), ["a␛[2Jb"]);
}

#[test]
fn definitions_of_links_are_shown() {
    assert_eq!(
        lines("See [a].\n\n[a]: https://b.c", 40),
        ["See a (https://b.c).", "[a]: https://b.c",]
    );
}

#[test]
fn a_definition_whose_label_is_taken_is_shown_too() {
    assert_eq!(
        lines("[a]: b\n[c]: d\n[a]: e\n[A]: f\n", 40),
        ["[a]: b", "[c]: d", "[a]: e", "[A]: f"]
    );
    assert_eq!(
        lines("[a]: b\n\ntext [a]\n\n[a]: c\n\n- item", 40),
        ["[a]: b", "", "text a (b)", "[a]: c", "", "• item"]
    );
}

#[test]
fn an_empty_item_is_no_blank_line() {
    assert_eq!(lines("text\n\n- \n- b\n", 40), ["text", "", "•", "• b"]);
}

#[test]
fn a_tab_in_a_table_moves_no_column() {
    let text = "| a | b |\n|---|---|\n| one\ttwo | x |\n| three | y |";
    assert_eq!(
        lines(text, 40),
        ["a       │ b", "────────┼──", "one two │ x", "three   │ y",]
    );
}
