use proptest::prelude::*;
use serde_json::Value;

use super::object;

#[test]
fn dictionaries_become_objects() {
    for (text, expected) in [
        ("{'city': 'Paris'}", r#"{"city":"Paris"}"#),
        (
            r#"{'a': [True, False, None, 1, -2.5e3,], "b": {'c': "it's"},}"#,
            r#"{"a":[true,false,null,1,-2.5e3],"b":{"c":"it's"}}"#,
        ),
        (r"{'a': 'it\'s \x41\u00e9\d\n'}", r#"{"a":"it's Aé\\d\n"}"#),
        (r#"{"a": 1,}"#, r#"{"a":1}"#),
        ("{}", "{}"),
    ] {
        assert_eq!(object(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn nothing_else_does() {
    for text in [
        "{'city': 'Par",
        "{'city': Paris}",
        "{'a': 1} and more",
        "['a']",
        "{1: 'a'}",
        "{'a' 'b'}",
        "{'a': 'b' 'c': 'd'}",
        "{,}",
        "{'a': 1,, 'b': 2}",
        r"{'a': '\ud800'}",
        "{'a': set()}",
        "",
    ] {
        assert_eq!(object(text), None, "{text}");
    }
    let deep = format!("{}1{}", "{'a': [".repeat(100), "]}".repeat(100));
    assert_eq!(object(&deep), None);
}

proptest! {
    #[test]
    fn json_is_read_as_it_is(keys in prop::collection::hash_map(".*", any::<(i64, bool, String)>(), 0..5)) {
        let object_of = serde_json::to_string(&keys).unwrap();
        let read = object(&object_of).unwrap();
        prop_assert_eq!(
            serde_json::from_str::<Value>(&read).unwrap(),
            serde_json::to_value(&keys).unwrap()
        );
    }
}
