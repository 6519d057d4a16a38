use super::*;

fn joined(deltas: &[&str]) -> (String, u64) {
    let mut half = Half::default();
    let mut text = String::new();
    for delta in deltas {
        text.push_str(&half.join(delta));
    }
    text.push_str(half.rest());
    let mut appended = String::new();
    let mut lost = 0;
    for delta in deltas {
        lost += append(&mut appended, delta);
    }
    lost += clean(&mut appended);
    assert_eq!((&appended, lost), (&text, half.lost()));
    (text, half.lost())
}

#[test]
fn halves_join_and_lone_ones_are_replaced() {
    let (high, low) = (trailing(0xd83d), leading(0xde00));
    let both = format!("{low}x{high}");
    for (deltas, text, lost) in [
        (vec!["a", "b"], "ab", 0),
        (vec![&high, "", &low], "😀", 0),
        (vec!["a", &high, "b"], "a\u{fffd}b", 1),
        (vec![&high], "\u{fffd}", 1),
        (vec![&low], "\u{fffd}", 1),
        (vec!["a", &both, &low], "a\u{fffd}x😀", 1),
        (vec![&high, &both, &low], "😀x😀", 0),
        (vec![&high, &high, &low], "\u{fffd}😀", 1),
    ] {
        assert_eq!(joined(&deltas), (text.to_owned(), lost));
    }
}

#[test]
fn other_text_is_borrowed() {
    let mut half = Half::default();
    assert!(matches!(half.join("a\u{10ffff}"), Cow::Borrowed(_)));
}
