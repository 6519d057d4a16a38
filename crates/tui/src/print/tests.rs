use super::*;

#[test]
fn only_a_terminal_gets_escape_sequences() {
    let printer = Printer::new(40);
    assert_eq!(printer.markdown("**a** `b`"), "a `b`\n");
    let printer = printer.for_terminal(false);
    assert_eq!(printer.markdown("**a** `b`"), "\u{1b}[1ma\u{1b}[0m `b`\n");
    let printer = printer.for_terminal(true);
    assert_eq!(
        printer.markdown("**a** `b`"),
        "\u{1b}[1ma\u{1b}[0m \u{1b}[36mb\u{1b}[0m\n"
    );
}

/// Returns what a terminal with colours gets; an escape character is shown as `^`.
fn coloured(text: &str) -> String {
    text.replace('\u{1b}', "^")
}

fn conversation() -> View {
    let entities = include_str!("../../tests/samples/conversation.json");
    let json = format!(r#"{{"version":1,"status":{{"run":"r"}},"entities":[{entities}]}}"#);
    serde_json::from_str(&json).unwrap()
}

#[test]
fn a_markdown_tour_in_colours() {
    let printer = Printer::new(60).for_terminal(true);
    let tour = printer.markdown(include_str!("../../tests/samples/tour.txt"));
    insta::assert_snapshot!(coloured(&tour));
}

#[test]
fn a_conversation_in_colours() {
    let view = conversation();
    let printer = Printer::new(60).for_terminal(true);
    insta::assert_snapshot!(coloured(&printer.conversation(&view)));
}

#[test]
fn all_styles_of_a_terminal_without_colours_are_attributes() {
    let view = conversation();
    let printer = Printer::new(60).for_terminal(false);
    let text = printer.conversation(&view);
    for code in text.split("\u{1b}[").skip(1) {
        let (code, _) = code.split_once('m').unwrap();
        let is_attribute = |own: &str| own.parse::<u8>().is_ok_and(|own| own < 10);
        assert!(code.split(';').all(is_attribute), "{code}");
    }
}
