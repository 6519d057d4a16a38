use super::*;

#[test]
fn blank_text_becomes_visible_with_what_follows() {
    let mut own = Segment::default();
    assert_eq!(own.push("\n ", Some(0)), None);
    assert!(!own.is_shown());
    assert_eq!(own.push("Hi", Some(2)).as_deref(), Some("\n Hi"));
    assert_eq!(own.push(" ", Some(4)).as_deref(), Some(" "));
}

#[test]
fn what_is_known_is_not_repeated() {
    let mut own = Segment::default();
    assert_eq!(own.push("Hello", Some(0)).as_deref(), Some("Hello"));
    assert_eq!(own.push("Hello", Some(0)), None);
    assert_eq!(own.push("llo, you", Some(2)).as_deref(), Some(", you"));
    assert_eq!(own.finish("Hello, you!").as_deref(), Some("!"));
}

#[test]
fn a_whole_text_without_deltas_is_visible_at_its_end() {
    let mut own = Segment::default();
    assert_eq!(own.finish("Hello").as_deref(), Some("Hello"));
}
