use geppetto_turns::serial::yaml_value;
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Returns the number of leading lines that are known, and checks each: its value must equal that
/// of the full parser for the text so far.
fn known_lines(text: &str) -> Result<usize, String> {
    let mut reader = BlockReader::default();
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let before = reader.clone();
        if reader.line(line).is_err() {
            return Ok(number);
        }
        end += line.len();
        let known = text.get(..end).unwrap_or_default();
        let full = yaml_value(known).map_err(|error| format!("{known:?} is known, but {error}"))?;
        let open = !line.ends_with('\n');
        let own = reader.clone().finish(open);
        if own != full {
            return Err(format!("{known:?}\n own {own}\nfull {full}"));
        }
        let shown = reader.value();
        if !open && *shown.unwrap_or(&Value::Null) != full {
            return Err(format!("{known:?}\nshown {shown:?}\n full {full}"));
        }
        // A line without a line feed is also the end of the document.
        let cut = known.strip_suffix('\n').unwrap_or(known);
        let mut at_end = before;
        if at_end
            .line(cut.rsplit('\n').next().unwrap_or_default())
            .is_ok()
        {
            let own = at_end.finish(true);
            let full = yaml_value(cut).map_err(|error| format!("{cut:?} is known, but {error}"))?;
            if own != full {
                return Err(format!("{cut:?}\n own {own}\nfull {full}"));
            }
        }
    }
    Ok(text.split_inclusive('\n').count())
}

#[track_caller]
fn all_known(text: &str) {
    assert_eq!(
        known_lines(text),
        Ok(text.split_inclusive('\n').count()),
        "{text}"
    );
}

#[track_caller]
fn known_up_to(text: &str, lines: usize) {
    assert_eq!(known_lines(text), Ok(lines), "{text}");
}

#[test]
fn what_models_write_is_known() {
    all_known(
        "---\n# A plan.\ntitle: \"Shop: today\"\ncount: 2\nprice: 1.50\ndone: false\nnone: ~\n\
         when: 2024-01-01 10:00\nnote: 'it''s fine'\nurl: http://a.b/c?d#e\nempty: []\ntags: [a, b]\n\
         steps:\n  - name: buy milk\n    args:\n      n: 1\n\n  - name: go   # home\n    text: |\n\
         \x20     one\n        two\n\n      three\n  - - a\n    - b\n  -\n    c: d\n\
         items:\n- x\n- y: 1\n  z: >-\n    a\n    b\n\n    c\n      d\n    e\n\n'q': -5\n",
    );
}

#[test]
fn lists_may_stand_at_the_column_of_their_key() {
    all_known("a:\n- b:\n  - c\n  - d\n  e: f\n- g\nh: i\n");
    all_known("- a:\n  - b\n- - c\n  -\n  - d: e\n");
    let mut reader = BlockReader::default();
    for line in ["a:\n", "- b: c\n", "  d:\n", "  - e\n", "f: g\n"] {
        reader.line(line).unwrap();
    }
    assert_eq!(
        reader.value(),
        Some(&json!({"a": [{"b": "c", "d": ["e"]}], "f": "g"}))
    );
}

#[test]
fn texts_keep_and_fold_their_lines() {
    all_known(
        "a: |\n\n\n  x\n\n    y\n\n  z\n\nb: >\n  p\n  q\n\n   r\n  s\n\n\n  t\nc: |-\n  1\n\n\nd: |\n",
    );
    all_known("a: >-\n  x\n  \ty\n  z\nb: |\n  if x:\n  \treturn\n# end\nc: |\n\nd:\n");
    all_known("- |\n x\n- >\n  y\n");
}

#[test]
fn scalars_mean_what_the_full_parser_says() {
    let scalars = "1 -1 0 007 -0 1.5 -2.50 .5 1. 1e3 1E-2 0x1F 0o17 0b1 1_000 +1 1.2.3 12-34 \
        9223372036854775807 99999999999999999999 -.5 .inf .nan - -- -a ~ null Null nULL true True \
        yes no on false FALSE nan inf e5 x#y a:b :a 0x 0xg 1- 5e 1e400 100000000000000000 \
        0.30000000000000004 \"\" '' \"a\\nb\" 'it''s' \"x\"y 'x' ab'c @a `b %c ,d ]e }f [] {} [1,2] \
        {a:1} [a {a é ~x <<= =x (x) /x $x ?x";
    for scalar in scalars.split_whitespace() {
        for line in [format!("a: {scalar}\n"), format!("- {scalar}\n")] {
            let known = known_lines(&line);
            assert!(known.is_ok(), "{known:?}");
        }
    }
    for text in [
        "a: b # c\n",
        "a: b #\n",
        "a: b: c\n",
        "a: \"b\" # c\n",
        "a: {b: 1, c: [2]}\n",
    ] {
        assert!(known_lines(text).is_ok(), "{text}");
    }
}

#[test]
fn keys_are_the_text_that_they_are() {
    all_known(
        "a b: 1\n1: 2\nnull: 3\ntrue: 4\n1.5: 5\n\"q: r\" : 6\n'': 7\nä: 8\na-b: 9\nc  : 10\n",
    );
    all_known("a: 1\nb: 2\na: 3\n");
    known_up_to("a: 1\n~: 2\n", 1);
    known_up_to("\"a\\tb\": 2\n", 0);
}

#[test]
fn what_is_not_known_is_left_to_the_full_parser() {
    known_up_to("a: [1,\n  2]\n", 0);
    known_up_to("a: x\n  y\n", 1);
    known_up_to("a: \"x\n  y\"\n", 0);
    known_up_to("a: &x 1\nb: *x\n", 0);
    known_up_to("a: !!str 1\n", 0);
    known_up_to("a: |+\n  x\n", 0);
    known_up_to("a: |2\n  x\n", 0);
    known_up_to("a: 1\n---\nb: 2\n", 1);
    known_up_to("a: 1\n...\n", 1);
    known_up_to("plain\n", 0);
    known_up_to("a:\tb\n", 0);
    known_up_to("a: b\r\n", 0);
    known_up_to("\u{feff}a: b\n", 0);
    known_up_to("a: b\u{85}c\n", 0);
    known_up_to("? a\n: b\n", 0);
}

#[test]
fn what_is_no_yaml_is_not_known() {
    for (text, lines) in [
        ("a: 1\n b: 2\n", 1),
        ("a:\n    b: 1\n  c: 2\n", 2),
        ("a: 1\n- b\n", 1),
        ("- a\nb: 1\n", 1),
        ("a: - b\n", 0),
        ("a: b: c\n", 0),
        ("a: @b\n", 0),
        ("a: |\n    x\n  y\nb: 1\n", 2),
        ("a: 1\nb\n", 1),
    ] {
        known_up_to(text, lines);
    }
}

#[test]
fn deep_nesting_is_left_to_the_full_parser() {
    let text: String = (0..100).map(|n| " ".repeat(n) + "a:\n").collect();
    known_up_to(&text, MAX_DEPTH);
}

/// A piece of a line.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a: ", "b:", "c : ", "\"d\": ", "'e': ", "- ", "-", "- - ", "1", "x", "x y", "null", "1.5",
        "\"q\"", "'s'", "\"", "'", "|", "|-", ">", ">-", "|+", "#", " # c", ": ", ":", "[", "]",
        "{", "}", "[1, 2]", "{a: 1}", "&n ", "*n", "!t ", "---", "...", "?", "? ", "%", "@", ",",
        "\t", "é", " ", "  ", "<<: ", "~", "\\",
    ])
}

/// Lines that are likely to form a document.
fn lines() -> impl Strategy<Value = String> {
    let head = prop::sample::select(vec!["", "a: ", "b:", "- ", "-", "- - ", "- a: ", "'e': "]);
    let indent = prop::sample::select(vec![0_usize, 0, 0, 2, 2, 2, 4, 4, 1, 3, 6]);
    let rest = prop::collection::vec(piece(), 0..3);
    let line = (indent, head, rest).prop_map(|(indent, head, rest)| {
        format!("{}{head}{}\n", " ".repeat(indent), rest.concat())
    });
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// A change of one line of a document.
#[derive(Debug, Clone)]
enum Change {
    Indent(usize),
    Remove,
    Repeat,
    Insert(prop::sample::Index, &'static str),
    Delete(prop::sample::Index),
}

fn change() -> impl Strategy<Value = (prop::sample::Index, Change)> {
    let change = prop_oneof![
        3 => (0_usize..5).prop_map(Change::Indent),
        1 => Just(Change::Remove),
        1 => Just(Change::Repeat),
        3 => (any::<prop::sample::Index>(), piece()).prop_map(|(at, piece)| Change::Insert(at, piece)),
        2 => any::<prop::sample::Index>().prop_map(Change::Delete),
    ];
    (any::<prop::sample::Index>(), change)
}

fn apply(lines: &mut Vec<String>, at: usize, change: &Change) {
    let line = lines[at].clone();
    let chars: Vec<char> = line.chars().collect();
    match change {
        Change::Indent(indent) => {
            lines[at] = " ".repeat(*indent) + line.trim_start_matches(' ');
        }
        Change::Remove => lines[at] = String::new(),
        Change::Repeat => lines.insert(at, line),
        Change::Insert(place, piece) => {
            let (before, after) = chars.split_at(place.index(chars.len() + 1));
            lines[at] =
                before.iter().collect::<String>() + piece + &after.iter().collect::<String>();
        }
        Change::Delete(place) if !chars.is_empty() => {
            let place = place.index(chars.len());
            let kept = chars.iter().enumerate().filter(|(at, _)| *at != place);
            lines[at] = kept.map(|(_, c)| c).collect();
        }
        Change::Delete(_) => {}
    }
}

/// A document in block style, line by line, with the syntax that models use.
fn node(depth: u32) -> BoxedStrategy<Vec<String>> {
    let scalar = prop::sample::select(vec![
        "1",
        "-2.5",
        "true",
        "null",
        "~",
        "word",
        "two words",
        "\"quoted: #\"",
        "'it''s'",
        "[]",
        "[a, {b: c}]",
        "2024-01-01",
        "http://a/b",
        "007",
        "é",
    ])
    .prop_map(|text| vec![text.to_owned()]);
    let text = (
        prop::sample::select(vec!["|", "|-", ">", ">-"]),
        prop::collection::vec(
            prop::sample::select(vec!["x", "y z", "", " s", "# no comment", "- a", "k: v"]),
            0..5,
        ),
    )
        .prop_map(|(header, lines)| {
            let lines = lines.into_iter().map(str::to_owned);
            let first = Some("first".to_owned()).filter(|_| lines.len() > 0);
            [header.to_owned()]
                .into_iter()
                .chain(first)
                .chain(lines)
                .collect()
        });
    if depth == 0 {
        return prop_oneof![4 => scalar, 1 => text].boxed();
    }
    let children = || prop::collection::vec((node(depth - 1), any::<u8>()), 1..4);
    let map = children().prop_map(|children| {
        let mut lines = Vec::new();
        for ((child, style), key) in children.into_iter().zip(["a", "key two", "\"c\""]) {
            attach(&mut lines, &format!("{key}:"), &child, style, 2);
        }
        lines
    });
    let list = children().prop_map(|children| {
        let mut lines = Vec::new();
        for (child, style) in children {
            attach(&mut lines, "-", &child, style, 2);
        }
        lines
    });
    prop_oneof![2 => scalar, 1 => text, 3 => map, 3 => list].boxed()
}

/// Appends a value to a key or a dash.
fn attach(lines: &mut Vec<String>, head: &str, child: &[String], style: u8, indent: usize) {
    let is_block = |line: &str| line.starts_with("- ") || line == "-" || line.contains(':');
    let first = child.first().cloned().unwrap_or_default();
    let nested = child.len() > 1 || is_block(&first);
    let is_text = first.starts_with(['|', '>']);
    let is_list = first.starts_with('-') && !first.starts_with("-2");
    let pad = |line: &String, by: usize| match line.as_str() {
        "" => String::new(),
        line => " ".repeat(by) + line,
    };
    let scalar = !nested || is_text || first.starts_with(['"', '[', 'h']);
    if scalar || (head == "-" && !style.is_multiple_of(3)) {
        lines.push(format!("{head} {first}"));
        lines.extend(child.iter().skip(1).map(|line| pad(line, indent)));
    } else {
        lines.push(head.to_owned());
        let by = if is_list && head != "-" && style.is_multiple_of(2) {
            0
        } else {
            indent
        };
        lines.extend(child.iter().map(|line| pad(line, by)));
    }
    match style {
        0..16 => lines.push(String::new()),
        16..32 if !is_text => lines.push("# a comment".to_owned()),
        _ => {}
    }
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn known_lines_mean_what_the_full_parser_says(text in lines()) {
        let known = known_lines(&text);
        prop_assert!(known.is_ok(), "{}", known.unwrap_err());
    }

    #[test]
    fn a_changed_document_means_what_the_full_parser_says(
        lines in node(3),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let mut lines = lines;
        for (at, change) in changes {
            let at = at.index(lines.len());
            apply(&mut lines, at, &change);
        }
        let text = joined(&lines);
        let known = known_lines(&text);
        prop_assert!(known.is_ok(), "{}", known.unwrap_err());
    }

    #[test]
    fn documents_in_block_style_mean_the_same_line_by_line(lines in node(3)) {
        let text = joined(&lines);
        let known = known_lines(&text);
        prop_assert!(known.is_ok(), "{}", known.unwrap_err());
        // A scalar alone is not a block.
        if lines.len() > 1 && !text.starts_with(['|', '>']) {
            prop_assert_eq!(known.unwrap(), lines.len(), "{}", text);
        }
    }
}
