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
