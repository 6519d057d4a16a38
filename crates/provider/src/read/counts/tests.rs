use serde_json::json;

use super::*;

#[test]
fn a_count_is_read_whatever_its_type_is() {
    for (value, expect) in [
        (json!(7), Count::Exact(7)),
        (json!(7.0), Count::Exact(7)),
        (json!("7"), Count::Exact(7)),
        (json!(" 7.0 "), Count::Exact(7)),
        (json!(6.2), Count::Rounded(7)),
        (json!(null), Count::Absent),
        (json!(""), Count::Absent),
        (json!(-1), Count::Odd),
        (json!(u64::MAX), Count::Odd),
        (json!(1.8e19), Count::Odd),
        (json!("NaN"), Count::Odd),
        (json!("many"), Count::Odd),
        (json!([7]), Count::Odd),
    ] {
        assert_eq!(count(&value), expect, "{value}");
    }
}

#[test]
fn an_object_is_read_as_far_as_it_can_be() {
    let mut counts = Counts::read(r#"{"a":1e400,"b":3,"c":-1,"d":4}"#).unwrap();
    assert!(counts.odd);
    assert_eq!(counts.first(&["/a", "/b"]), 3);
    let mut counts = Counts::read(r#"{"b":3,"c":18446744073709551616,"d":4}"#).unwrap();
    assert_eq!((counts.first(&["/b"]), counts.odd), (3, false));
    assert_eq!((counts.find(&["/c"]), counts.odd), (None, true));
    assert!(Counts::read("[1]").is_none());
}
