use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

#[test]
fn what_controls_a_terminal_is_replaced() {
    let check = |text: &str, expect: &str| assert_eq!(printable(text), expect, "{text:?}");
    check("\u{1b}[31mred\u{1b}[0m", "␛[31mred␛[0m");
    check("\u{1b}]0;title\u{7}", "␛]0;title␇");
    check("\u{1b}]52;c;cm0gLXJm\u{1b}\\", "␛]52;c;cm0gLXJm␛\\");
    check("\u{9b}31m\u{90}q\u{9c}", "\u{fffd}31m\u{fffd}q\u{fffd}");
    check("a\u{8}\u{8}b\0c\u{7f}", "a␈␈b␀c␡");
    check("10%\r20%\r\ndone\u{b}\u{c}", "10%\n20%\ndone␋␌");
    check("a\u{2028}b\u{2029}c\u{85}d", "a\nb\nc\u{fffd}d");
    check("\u{202e}txt.exe\u{2066}", "\u{fffd}txt.exe\u{fffd}");
    check(
        "hi\u{e0068}\u{e0069}\u{e0001}",
        "hi\u{fffd}\u{fffd}\u{fffd}",
    );
}

#[test]
fn text_of_all_languages_stays_as_it_is() {
    for text in [
        "",
        "plain\n\ttext",
        "Grüezi, 你好, שלום\u{200f}!, مرحبا\u{61c}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{2764}\u{fe0f} क\u{94d}\u{200d}ष",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "\u{feff}soft\u{ad}hyphen\u{200b}",
    ] {
        assert!(
            matches!(printable(text), Cow::Borrowed(same) if same == text),
            "{text:?}"
        );
    }
}

#[test]
fn a_name_stays_on_its_line() {
    assert_eq!(
        printable_line("x\n[run finished]\r\n\ty\u{2028}z\u{1b}"),
        "x [run finished]  y z␛"
    );
    assert!(matches!(printable_line("lookup"), Cow::Borrowed("lookup")));
}

fn hostile() -> impl Strategy<Value = Vec<char>> {
    let odd = "\r\n\t\u{1b}\u{7}\u{9b}\u{2028}\u{202e}\u{1f3f4}\u{e0067}\u{e007f}\u{e0001}ab[";
    let odd: Vec<char> = odd.chars().collect();
    prop::collection::vec(prop_oneof![prop::sample::select(odd), any::<char>()], 0..40)
}

proptest! {
    #[test]
    fn where_the_text_is_cut_makes_no_difference(
        text in hostile(),
        cuts in prop::collection::vec(0usize..40, 0..6),
    ) {
        let whole: String = text.iter().collect();
        let mut printer = Printable::new();
        let mut pieces = String::new();
        let mut piece = String::new();
        for (at, c) in text.iter().enumerate() {
            if cuts.contains(&at) {
                pieces.push_str(&printer.push(&piece));
                piece.clear();
            }
            piece.push(*c);
        }
        pieces.push_str(&printer.push(&piece));
        prop_assert_eq!(&*pieces, &*printable(&whole));
    }

    #[test]
    fn nothing_that_is_printed_controls_and_nothing_is_printed_otherwise_the_second_time(
        text in hostile(),
    ) {
        let text: String = text.iter().collect();
        let shown = printable(&text);
        prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        prop_assert_eq!(&*printable(&shown), &*shown);
        prop_assert!(!printable_line(&text).contains(char::is_control));
    }
}

#[test]
fn long_base64_is_shortened_and_nothing_else() {
    let word = "x".repeat(512);
    let texts = [
        String::new(),
        word.clone(),
        format!("{word} {word}\n{word}"),
        "some words of prose, and more. ".repeat(1_000),
        "ä".repeat(10_000),
    ];
    for text in texts {
        assert_eq!(shorten_data(&text), text);
    }
    let long = format!("é{word}x,{word}=\u{1f600}{word}");
    let begin = "x".repeat(32);
    let expect = format!("é{begin}… (513 characters),{begin}… (513 characters)\u{1f600}{word}");
    assert_eq!(shorten_data(&long), expect);
    let huge = "A".repeat(5_000_000);
    assert!(shorten_data(&huge).len() < 100);
}
