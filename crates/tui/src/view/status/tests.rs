use super::*;

fn busy() -> StatusLine {
    let mut usage = Usage::default();
    (usage.input_tokens, usage.output_tokens) = (12_345, 678);
    (usage.cached_tokens, usage.reasoning_tokens) = (8_000, 120);
    StatusLine {
        model: Some("some-model".to_owned()),
        state: "answering".to_owned(),
        is_busy: true,
        frame: 1,
        usage: Some(usage),
        rate: Some(42.4),
        cost: Some(0.0123),
        elapsed: Some(Duration::from_millis(12_345)),
        queued: 1,
    }
}

#[test]
fn less_important_parts_are_left_out_first() {
    let at = |width| busy().line(&Theme::plain(), width).to_string();
    assert_eq!(
        at(120),
        "⠙ answering · some-model · 1 queued · 12.3 s · 12k in · 8.0k cached · 678 out · \
         120 reasoning · 42 tok/s · $0.0123"
    );
    assert_eq!(
        at(80),
        "⠙ answering · some-model · 1 queued · 12.3 s · 12k in · 678 out · $0.0123"
    );
    assert_eq!(at(40), "⠙ answering · some-model · 1 queued");
    assert_eq!(at(8), "⠙ answe…");
    assert_eq!(at(0), "");
}

#[test]
fn control_characters_of_a_model_name_are_visible() {
    let line = StatusLine {
        model: Some("a\u{1b}[2J".to_owned()),
        ..StatusLine::default()
    };
    assert_eq!(line.line(&Theme::plain(), 80).to_string(), " · a␛[2J");
}
