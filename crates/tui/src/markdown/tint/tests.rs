use super::*;

/// Returns the tinted parts of lines, in brackets.
fn tinted(info: &str, code: &str) -> Vec<String> {
    let mut tint = Tint::new(info);
    let theme = Theme::coloured();
    let show = |run: Run| match run.style {
        style if style == Style::new() => run.text().to_owned(),
        style if style == theme.quiet() => format!("[c:{}]", run.text()),
        style if style == theme.string() => format!("[s:{}]", run.text()),
        style if style == theme.number() => format!("[n:{}]", run.text()),
        style if style == theme.keyword() => format!("[k:{}]", run.text()),
        _ => format!("[?:{}]", run.text()),
    };
    code.lines()
        .map(|line| tint.line(line, theme).into_iter().map(show).collect())
        .collect()
}

#[test]
fn a_comment_goes_on_over_lines() {
    let code = "let a = 1; /* one\ntwo */ let b;";
    assert_eq!(
        tinted("rust", code),
        ["[k:let] a = [n:1]; [c:/* one]", "[c:two */] [k:let] b;"]
    );
}

#[test]
fn an_apostrophe_is_not_a_string() {
    assert_eq!(
        tinted("rust", "fn f<'a>(x: &'a str) {}"),
        ["[k:fn] f<'a>(x: &'a str) {}"]
    );
    assert_eq!(tinted("sh", "echo don't"), ["echo don't"]);
    assert_eq!(
        tinted("sh", "echo ${#list} # all"),
        ["echo ${#list} [c:# all]"]
    );
}

#[test]
fn strings_keep_their_escaped_quotes() {
    assert_eq!(
        tinted("json", r#"{"a\"b": true}"#),
        [r#"{[s:"a\"b"]: [n:true]}"#]
    );
}

#[test]
fn added_and_removed_lines_of_a_diff_differ() {
    assert_eq!(tinted("diff", "+a\n b"), ["[s:+a]", " b"]);
}

#[test]
fn an_unknown_language_is_plain() {
    assert_eq!(tinted("whatever", "let x = \"1\""), ["let x = \"1\""]);
}
