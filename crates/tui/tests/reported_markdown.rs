//! Markdown that was shown wrong by terminal chats and viewers, as reported to them in public. Each
//! test names the report.

use geppetto_tui::print::Printer;

/// Checks the lines of a text at 60 columns.
fn check(report: &str, text: &str, lines: &[&str]) {
    check_at(60, report, text, lines);
}

fn check_at(columns: u16, report: &str, text: &str, lines: &[&str]) {
    let shown = Printer::new(columns).markdown(text);
    let shown: Vec<&str> = shown.lines().collect();
    assert_eq!(shown, lines, "{report}");
}

#[test]
fn code_in_an_item_keeps_its_indentation_and_blank_lines() {
    check(
        "openai/codex#19702: the blank line after code in an item is lost",
        "1. First:\n\n   ```rust\n   fn foo() {}\n   ```\n\n2. Second:",
        &[
            "1. First:",
            "",
            "   ╭─ rust",
            "   fn foo() {}",
            "   ╰─",
            "",
            "2. Second:",
        ],
    );
    check(
        "anthropics/claude-code#93514: code in an item is shown at column 0",
        "- a\n  - b\n    - c\n      ```\n      FOO BAR\n      ```",
        &[
            "• a",
            "  ◦ b",
            "    ▪ c",
            "      ╭─",
            "      FOO BAR",
            "      ╰─",
        ],
    );
    check(
        "anthropics/claude-code#82759: the first item of the third level is too deep",
        "- L1\n  - L2\n    - item A\n    - item B",
        &["• L1", "  ◦ L2", "    ▪ item A", "    ▪ item B"],
    );
    check(
        "anthropics/claude-code#70265: numbers repeat after code and text in an item",
        "1. one\n2. two\n   ```\n   code\n   ```\n   more\n3. three",
        &[
            "1. one",
            "2. two",
            "   ╭─",
            "   code",
            "   ╰─",
            "   more",
            "3. three",
        ],
    );
}

#[test]
fn items_with_blocks_keep_their_numbers_and_places() {
    check(
        "sourcegraph/cody#93: numbers are wrong where items have lists of their own",
        "1. a\n   - x\n1. b\n   - y\n1. c",
        &["1. a", "   • x", "2. b", "   • y", "3. c"],
    );
    check(
        "charmbracelet/glamour#170: paragraphs of an item are joined",
        "1. My first point!\n\n    Some text.\n\n2. My second point!\n   Different text!",
        &[
            "1. My first point!",
            "",
            "   Some text.",
            "",
            "2. My second point!",
            "   Different text!",
        ],
    );
    check_at(
        24,
        "charmbracelet/glamour#314: wrapped lines of an item begin at its marker",
        "- Lorem ipsum dolor sit amet\n    - Cras quis ornare mi",
        &[
            "• Lorem ipsum dolor sit",
            "  amet",
            "  ◦ Cras quis ornare mi",
        ],
    );
}

#[test]
fn nested_lists_have_no_pile_of_blank_lines() {
    check(
        "anthropics/claude-code#14649: many blank lines between headings and lists",
        "## Files\n\n### Main (2):\n- a.pgs\n- b.pgb\n\n### Other:\n**CH:**\n- c.pgs",
        &[
            "## Files",
            "",
            "### Main (2):",
            "• a.pgs",
            "• b.pgb",
            "",
            "### Other:",
            "CH:",
            "• c.pgs",
        ],
    );
}

#[test]
fn quotes_nest_and_hold_code() {
    check(
        "charmbracelet/glow#565: a quote in a quote is not shown as one",
        "> This is a block quote\n>\n> > This is the nested quote\n>\n> This is outer.",
        &[
            "│ This is a block quote",
            "│",
            "│ │ This is the nested quote",
            "│",
            "│ This is outer.",
        ],
    );
    check(
        "charmbracelet/glow#223: code right after text of a quote is not code",
        "> test\n> ```js\n> console.log(\"test\");\n> ```",
        &["│ test", "│ ╭─ js", "│ console.log(\"test\");", "│ ╰─"],
    );
    check(
        "charmbracelet/glow#428: code in a quote in an item",
        "1.  > Quote.\n\n2.  > ```go\n    > code()\n    > ```",
        &["1. │ Quote.", "", "2. │ ╭─ go", "   │ code()", "   │ ╰─"],
    );
    check_at(
        30,
        "charmbracelet/glow#851: a wrapped quote has lines without its bar",
        ">Lorem ipsum dolor sit amet elit. Quisque ex sapien",
        &["│ Lorem ipsum dolor sit amet", "│ elit. Quisque ex sapien"],
    );
}

#[test]
fn tables_are_aligned_by_columns_of_the_terminal() {
    check(
        "anomalyco/opencode#14927, NousResearch/hermes-agent#23863: wide characters count once",
        "| 配置 | Config | 状态 |\n|--|--|--|\n| ChatGLM | chat | ✓ |\n| 通义千问 | qwen | × |",
        &[
            "配置     │ Config │ 状态",
            "─────────┼────────┼─────",
            "ChatGLM  │ chat   │ ✓",
            "通义千问 │ qwen   │ ×",
        ],
    );
    check(
        "github/copilot-cli#2764: emoji in cells shift the columns",
        "| Name | Status | Count |\n|--|--|--|\n| Foo | 🟢 open | 5✅ 2❌ |\n| Bar | 🟡 draft | 3✅ 1⏳ |",
        &[
            "Name │ Status   │ Count",
            "─────┼──────────┼────────",
            "Foo  │ 🟢 open  │ 5✅ 2❌",
            "Bar  │ 🟡 draft │ 3✅ 1⏳",
        ],
    );
    check(
        "QwenLM/qwen-code#2914: one column, alignment and styles in cells",
        "|a|\n|-|\n|**b**|\n\n|l|c|r|\n|:--|:-:|--:|\n|left|mid|right|\n|1|2|3|",
        &[
            "a",
            "─",
            "b",
            "",
            "l    │  c  │     r",
            "─────┼─────┼──────",
            "left │ mid │ right",
            "1    │  2  │     3",
        ],
    );
    check(
        "anomalyco/opencode#15244: the last row is missing",
        "|a|b|\n|-|-|\n|1|2|\n|3|4|",
        &["a │ b", "──┼──", "1 │ 2", "3 │ 4"],
    );
}

#[test]
fn cells_wrap_in_a_narrow_terminal_and_nothing_is_lost() {
    check_at(
        24,
        "google-gemini/gemini-cli#12630, QwenLM/qwen-code#2914: long cells are cut",
        "|name|what|\n|-|-|\n|a|one two three four five|\n|b|six|",
        &[
            "name │ what",
            "─────┼──────────────────",
            "a    │ one two three",
            "     │ four five",
            "─────┼──────────────────",
            "b    │ six",
        ],
    );
    check(
        "a cell with more than the head has room for is not part of the table by the specification",
        "|a|b|\n|-|-|\n|1|2|3|",
        &["a │ b", "──┼──────", "1 │ 2 | 3"],
    );
    check(
        "charmbracelet/glamour#152: a break in a cell",
        "|a|b|\n|-|-|\n|1<br>2|3|",
        &["a │ b", "──┼──", "1 │ 3", "2 │"],
    );
}

#[test]
fn text_in_angle_brackets_stays() {
    check(
        "gradio-app/gradio#7198, h2oai/h2ogpt#1330: what is between angle brackets vanishes",
        "Use winget search <keyword> or Vec<String>, <apple>",
        &["Use winget search <keyword> or Vec<String>, <apple>"],
    );
    check(
        "Niek/chatgpt-web#354: escaped angle brackets vanish",
        r"Nest tags \<foo\> and <bar>",
        &["Nest tags <foo> and <bar>"],
    );
    check(
        "charmbracelet/glamour#152: <br>, two spaces and a backslash are line breaks",
        "Hello\n<br>\nWorld  \nand\\\nmore",
        &["Hello", "", "", "World", "and", "more"],
    );
    check(
        "comments and thoughts in the text of a model are shown",
        "<think>\nhm\n</think>\n\nYes <!-- no -->",
        &["<think>", "hm", "</think>", "", "Yes <!-- no -->"],
    );
}

#[test]
fn code_can_be_copied_without_spaces_before_it() {
    check(
        "anthropics/claude-code#20461, #27640, #42200: code has spaces before each line",
        "```sh\ncat > a << 'EOF'\n  b\nEOF\n```",
        &["╭─ sh", "cat > a << 'EOF'", "  b", "EOF", "╰─"],
    );
    let shown = Printer::new(80)
        .markdown("A short line.\n\n|a|b|\n|-|-|\n|1|2|\n\n> q\n\n```\nx\n\ny\n```");
    let has_spaces = |line: &str| line.ends_with(' ');
    assert!(
        !shown.lines().any(has_spaces),
        "anthropics/claude-code#18041: spaces at the end of lines: {shown:?}"
    );
    check(
        "anthropics/claude-code#86765: runs of spaces and tabs in output are collapsed",
        "```\n     1\tfoo\n\n     3\tbar\n```",
        &["╭─", "     1  foo", "", "     3  bar", "╰─"],
    );
    check(
        "a fence of four holds one of three",
        "````md\n```rust\na\n```\n````",
        &["╭─ md", "```rust", "a", "```", "╰─"],
    );
    check(
        "a fence that is not closed ends with the text",
        "```\na\n- b",
        &["╭─", "a", "- b", "╰─"],
    );
}

#[test]
fn formulas_dollars_and_underscores_stay() {
    check(
        "formulas lose their backslashes and underscores",
        "\\[ E_1 = m_1 * c^2 * x_2 \\]\n\nPay $5 or $10, and some_variable_name * 2 * 3.",
        &[
            "\\[ E_1 = m_1 * c^2 * x_2 \\]",
            "",
            "Pay $5 or $10, and some_variable_name * 2 * 3.",
        ],
    );
    check(
        "an amount is no formula",
        "from $5-$10 a_b_c",
        &["from $5-$10 a_b_c"],
    );
    check(
        "two dollars in code",
        "`$a` and `$b` and $$x_1$$",
        &["`$a` and `$b` and $$x_1$$"],
    );
}

#[test]
fn control_characters_are_never_sent() {
    for text in [
        "a\u{1b}[31mb",
        "a&#x1b;[31mb",
        "`a\u{1b}]0;t\u{7}b`",
        "```\n\u{1b}[2J\u{9b}2J\n```",
        "[a\u{1b}b](c\u{1b}d)",
        "|a\u{1b}|\n|-|\n|\u{8}b|",
        "<\u{1b}b>",
        "# \u{1b}c",
        "> \u{1b}c",
        "[a]: b\u{1b}",
        "![\u{1b}](\u{1b})",
        "\u{202e}abc",
        "$\u{1b}$",
        "&#155;2J",
    ] {
        for columns in [1, 5, 40] {
            let shown = Printer::new(columns).markdown(text);
            let is_bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!shown.contains(is_bad), "{text:?}: {shown:?}");
        }
    }
}

#[test]
fn line_breaks_of_the_model_are_kept() {
    check(
        "lines of a poem, an address or a log are joined",
        "Roses are red,\nViolets are blue.\r\nThird\rFourth",
        &["Roses are red,", "Violets are blue.", "Third", "Fourth"],
    );
}

#[test]
fn links_lead_somewhere_and_are_kept_whole_where_they_fit() {
    check_at(
        30,
        "a URL is broken although it fits on a line of its own",
        "See the page https://example.com/a/b-c_d now",
        &["See the page", "https://example.com/a/b-c_d", "now"],
    );
    check(
        "a link whose text is its target is shown once",
        "[https://a.b](https://a.b) [me@a.b](mailto:me@a.b) <me@a.b>",
        &["https://a.b me@a.b me@a.b"],
    );
    check(
        "a link without a text",
        "[](https://a.b)",
        &["(https://a.b)"],
    );
    let image = format!("![a](data:image/png;base64,{})", "A".repeat(5_000));
    let shown = Printer::new(60).markdown(&image);
    assert!(
        shown.contains("(5000 characters)") && shown.len() < 200,
        "an inline image is not megabytes of base64: {shown}"
    );
}

#[test]
fn a_tilde_is_about_and_two_are_a_line_through() {
    for (report, text) in [
        (
            "https://github.com/github/copilot-cli/issues/1936",
            "Make a fix (~2000 lines) and delete old file (~5000 lines)",
        ),
        (
            "https://github.com/Kilo-Org/kilocode/issues/12478",
            "~4 or ~8 people, ~/foo and ~/bar",
        ),
        (
            "https://github.com/anthropics/claude-code/issues/19251, \
             https://github.com/earendil-works/pi/issues/2332",
            "~test~ and ~50%, between 20~30 and 40~50",
        ),
        (
            "https://github.com/anomalyco/opencode/issues/26138",
            "~hello~ and ~/Downloads/foo",
        ),
    ] {
        check(report, text, &[text]);
    }
}

#[test]
fn placeholders_and_generics_stay() {
    for text in [
        "<team>-<role>-g<generation>-<index>",
        "invalid: <ws/team>, known: <b>bold</b>",
        "uppercase: <Team>, digit: <team2>",
        "Promise<boolean>, a < b, c > d, Map<string, List<int>>",
    ] {
        check(
            "https://github.com/gastownhall/beads/issues/5495",
            text,
            &[text],
        );
    }
    check(
        "https://github.com/newo-ether/Agora/issues/72",
        "<input type=\"text\" name=\"username\">\n<button>Click me</button>",
        &[
            "<input type=\"text\" name=\"username\">",
            "<button>Click me</button>",
        ],
    );
    check(
        "https://github.com/bcurts/agentchattr/issues/43",
        "select a from t where a <> 1 and b >= 2 && c",
        &["select a from t where a <> 1 and b >= 2 && c"],
    );
}

#[test]
fn colons_and_bars_in_cells_stay() {
    check(
        "https://github.com/danny-avila/LibreChat/issues/6694",
        "| Code | Part |\n|--|--|\n| LON:DGE | :0.18: |\n| ::note | a::b |",
        &[
            "Code    │ Part",
            "────────┼───────",
            "LON:DGE │ :0.18:",
            "::note  │ a::b",
        ],
    );
    check(
        "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1112",
        "| Model | Meaning |\n|--|--|\n| `(1 \\| group)` | an intercept \\| group |",
        &[
            "Model         │ Meaning",
            "──────────────┼─────────────────────",
            "`(1 | group)` │ an intercept | group",
        ],
    );
}

#[test]
fn code_has_no_bar_in_front_of_it() {
    check(
        "https://github.com/Nemoden/gogpt/issues/8",
        "```\nmkdir t && \\\nfor f in *; do \\\n    cp \"$f\"; \\\ndone\n```",
        &[
            "╭─",
            "mkdir t && \\",
            "for f in *; do \\",
            "    cp \"$f\"; \\",
            "done",
            "╰─",
        ],
    );
}
