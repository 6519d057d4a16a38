use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Turn;

/// Returns the result of the parser alone.
fn parsed(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_norway::from_str::<Value>(text).map_err(|error| error.to_string())
}

fn refused(text: &str, why: &str, line: usize) {
    let error = yaml_value(text).unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
    assert_eq!(error.line(), Some(line), "{error}");
}

#[test]
fn nesting_is_refused_where_the_parser_would_refuse_it_and_not_before() {
    let shapes: [(&str, &str, &str); 5] = [
        ("[", "]", ""),
        ("{a: ", "}", "1"),
        ("[{a: ", "}]", "1"),
        ("- ", "", "x"),
        ("!!seq [", "]", ""),
    ];
    for (open, close, within) in shapes {
        for depth in [1, 2, 63, 64, 65, 126, 127, 128, 129, 200] {
            let text = format!("{}{within}{}\n", open.repeat(depth), close.repeat(depth));
            let limited = nesting::check(&text, None);
            match parsed(&text) {
                Ok(_) => assert_eq!(limited, Ok(Vec::new()), "{open} {depth}"),
                Err(said) => assert_eq!(
                    limited.is_err(),
                    said.contains("recursion limit"),
                    "{open} {depth}: {said}"
                ),
            }
        }
    }
    let indented = |depth: usize| -> String {
        (0..depth)
            .map(|n| format!("{}k:\n", " ".repeat(n)))
            .collect()
    };
    assert!(yaml_value(&indented(128)).is_ok());
    refused(&indented(129), "more than 128 levels deep", 129);
    refused(
        &format!("a:\n  b: {}", "[".repeat(129)),
        "128 levels deep",
        2,
    );
}

#[test]
fn brackets_that_are_text_are_not_nesting() {
    let many = "[{".repeat(300);
    for text in [
        format!("a: '{many}'\n"),
        format!("a: \"{many}\\\"{many}\"\n"),
        format!("a: x{many}\n  {many}\nb: 1\n"),
        format!("# {many}\na: 1 # {many}\n"),
        format!("a: |\n  {many}\n   {many}\n\n  {many}\nb: [1]\n"),
        format!("- >2-\n    {many}\n- |+ # {many}\n {many}\n"),
        format!("- - a: |\n      {many}\n  - b\n"),
        format!("? |\n  {many}\n: |\n  {many}\n"),
        format!("a: ['{many}', \"{many}\", x]\n"),
        format!("'it''s {many}': \"a\\\\\"\n"),
        format!("|\n {many}\n"),
        format!("a: x\n  #{many}\n"),
    ] {
        assert_eq!(
            yaml_value(&text).map_err(|e| e.to_string()),
            parsed(&text),
            "{text}"
        );
    }
}

#[test]
fn a_bomb_of_brackets_is_refused_wherever_it_begins() {
    let bomb = "[".repeat(100_000);
    for before in [
        "",
        "- ",
        "a: ",
        "? ",
        "&x ",
        "!t ",
        "!<a,'b> ",
        "--- ",
        "%YAML 1.1\n---\n",
        "a: |\n  text\n",
        "a: 'x'\nb: ",
        "a: \"\\\"\"\nb: ",
        "a: x\nb: ",
        "a: # '\n  ",
        "[a'b, ",
        "{a: 'b', c: ",
        "- |2\n   x\n- ",
        "a:\n- |\n x\n- ",
        "a: >\n\nb: ",
        "[!<a,'b> x, ",
        "a: b # 'c\nd: ",
    ] {
        refused(
            &format!("{before}{bomb}"),
            "levels deep",
            1 + before.matches('\n').count(),
        );
    }
    let directives = "%TAG !a! tag:x,\n".repeat(17);
    refused(
        &format!("{directives}--- 1"),
        "more than 16 lines are directives",
        17,
    );
}

#[test]
fn aliases_may_repeat_but_not_multiply() {
    assert_eq!(
        yaml_value("a: &x {k: [1, 2]}\nb: *x\nc: *x\n").unwrap(),
        json!({"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": {"k": [1, 2]}})
    );
    let text = "x".repeat(100_000);
    let many = format!("a: &x {text}\nb: [{}]\n", "*x, ".repeat(1_000));
    // The location is that of the repeated text.
    refused(&many, "b[84]: aliases repeat too much", 1);
    let few = format!("a: &x {text}\nb: [{}]\n", "*x, ".repeat(50));
    assert!(yaml_value(&few).is_ok());
    let nodes = format!(
        "a: &x [{}]\nb: [{}]\n",
        "1, ".repeat(5_000),
        "*x, ".repeat(5_000)
    );
    refused(&nodes, "aliases repeat too much", 1);
    assert!(yaml_value("&a [*a]\n").is_err());
    assert!(yaml_value("a: &x\n  b: *x\n  c: *x\n").is_err());
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..30 {
        let inner = format!("*a{}, ", n - 1).repeat(9);
        laughs.push_str(&format!("a{n}: &a{n} [{inner}]\n"));
    }
    assert!(yaml_value(&laughs).is_err());
}

#[test]
fn integers_are_exact_or_refused() {
    let exact = "[18446744073709551615, -9223372036854775808, 0x10, 1e3, 0.1, 1_000]";
    assert_eq!(
        yaml_value(exact).unwrap(),
        json!([u64::MAX, i64::MIN, 16, 1000.0, 0.1, "1_000"])
    );
    for number in [
        "18446744073709551616",
        "-9223372036854775809",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "-1000000000000000000000000000000000000000",
    ] {
        refused(
            &format!("a: 1\nb: [x,\n  {number} ]\n"),
            "needs more than 64 bits",
            3,
        );
        refused(&format!("a: 1\nb: {number}"), "needs more than 64 bits", 2);
        let text = json!({"a": number, number: "b"});
        let quoted = format!("a: '{number}'\n{number}: b\n");
        assert_eq!(yaml_value(&quoted).unwrap(), text);
        let tagged = format!("a: !!str {number}\n? {number}\n: b\n");
        if number.len() < 39 {
            assert_eq!(yaml_value(&tagged).unwrap(), text);
        }
        let json = format!("{{\"blocks\": [],\n \"a\": \"{number}\\\"\", \"b\": {number}}}");
        let error = Turn::from_json(&json).unwrap_err();
        assert!(
            error.to_string().contains("needs more than 64 bits"),
            "{error}"
        );
        assert_eq!(
            (error.line(), error.column()),
            (Some(2), Some(18 + number.len()))
        );
    }
    for odd in [".inf", "-.Inf", ".nan"] {
        refused(
            &format!("a:\n  b: {odd}\n"),
            "is no number that JSON has",
            2,
        );
    }
    assert_eq!(yaml_value("1e400").unwrap(), json!("1e400"));
}

#[test]
fn keys_that_are_no_text_are_read_as_text_or_refused() {
    assert_eq!(
        yaml_value("1: a\n2.50: b\ntrue: c\n~: d\n").unwrap(),
        json!({"1": "a", "2.50": "b", "true": "c", "~": "d"})
    );
    refused("a: 1\n? [1, 2]\n: b\n", "text as the key of a map", 2);
    refused("a: 1\nb: {? {c: d} : e}\n", "text as the key of a map", 2);
}

#[test]
fn a_turn_with_a_key_twice_is_refused() {
    let check = |error: FormatError| {
        assert!(error.to_string().contains("\"id\" stands twice"), "{error}");
        assert_eq!(error.line(), Some(2), "{error}");
    };
    check(Turn::from_yaml("id: a\nid: b\n").unwrap_err());
    check(Turn::from_json("{\"id\": \"a\",\n\"id\": \"b\"}").unwrap_err());
    assert_eq!(yaml_value("id: a\nid: b\n").unwrap(), json!({"id": "b"}));
}

#[test]
fn marks_and_line_ends_of_other_systems_are_read() {
    let text = "\u{feff}id: t\r\nblocks:\r\n- kind: user\r\n  payload: {text: \"a\\r\\nb\"}\r\n";
    let turn = Turn::from_yaml(text).unwrap();
    assert_eq!(turn.id, "t");
    let block = turn.blocks.iter().next().unwrap();
    assert_eq!(block.text(), Some("a\r\nb"));
    assert_eq!(
        Turn::from_json("\u{feff}{\"id\": \"t\", \"blocks\": []}\r\n")
            .unwrap()
            .id,
        "t"
    );
}

/// Pieces with a meaning in YAML.
#[expect(clippy::too_many_lines, reason = "a table")]
fn piece() -> impl Strategy<Value = String> {
    let signs = [
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        ":",
        "- ",
        "-",
        "? ",
        "?",
        "'",
        "''",
        "\"",
        "\\",
        "|\n",
        ">-\n",
        "|2\n",
        "#",
        " #",
        "\n",
        "\n\n",
        "\r\n",
        "\n  ",
        "\n    ",
        "\n\t",
        " ",
        "  ",
        "\t",
        "&a ",
        "*a",
        "*a ",
        "!",
        "!t ",
        "!!str ",
        "!<x,'y> ",
        "---",
        "\n---\n",
        "\n...\n",
        "%",
        "%TAG",
        "@",
        "`",
        "a",
        "b: ",
        "\n- ",
        "\nk: ",
        "k:\n",
        "1",
        "~",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "é",
        "\u{1f600}",
    ];
    prop_oneof![
        12 => prop::sample::select(signs.to_vec()).prop_map(str::to_owned),
        1 => (prop::sample::select(vec!["[", "{a: ", "- ", "[{"]), 1usize..200).prop_map(|(open, n)| open.repeat(n)),
        1 => (prop::sample::select(vec!["]", "}", "}]"]), 1usize..200).prop_map(|(close, n)| close.repeat(n)),
        1 => (1usize..1200).prop_map(|n| "k".repeat(n)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_read_means_what_the_parser_says(pieces in prop::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        match (yaml_value(&text), parsed(&text)) {
            (Ok(read), Ok(parsed)) => prop_assert_eq!(read, parsed, "{}", text),
            (Err(_), Err(_)) => {}
            (read, parsed) => prop_assert!(false, "{:?}: {:?} {:?}", text, read, parsed),
        }
    }

    #[test]
    fn depth_is_found_as_the_parser_finds_it(
        pieces in prop::collection::vec(piece(), 0..12),
        depth in 129usize..400,
        more in prop::collection::vec(piece(), 0..12),
    ) {
        let text = format!("{}{}{}", pieces.concat(), "[".repeat(depth), more.concat());
        if let Err(said) = parsed(&text) {
            // Lists at the column of their key and maps of one pair in brackets are levels that are
            // not counted; there is at most one of them per counted level.
            let limited = nesting::check_depth(&text, MAX_YAML_DEPTH / 2 - 1, None).is_err();
            // A list that contains an alias of itself is deep without brackets.
            let deep = said.contains("recursion limit") && !text.contains('*');
            prop_assert!(limited || !deep, "{:?}: {}", text, said);
        }
    }
}
