use super::{LIMIT, copy};

#[test]
fn the_text_is_encoded() {
    assert_eq!(copy("a\x1b", false).unwrap(), b"\x1b]52;c;YRs=\x07");
}

#[test]
fn tmux_passes_it_on() {
    let sent = String::from_utf8(copy("a", true).unwrap()).unwrap();
    assert_eq!(
        sent,
        "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"
    );
}

#[test]
fn what_terminals_would_ignore_is_not_sent() {
    assert!(copy(&"a".repeat(LIMIT), false).is_some());
    assert!(copy(&"a".repeat(LIMIT + 1), false).is_none());
}
