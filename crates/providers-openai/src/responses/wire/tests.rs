use super::*;

#[test]
fn a_delta_is_borrowed_and_what_has_another_type_is_empty() {
    let event: Event<'_> = serde_json::from_str(
        r#"{"type":"response.output_text.delta","delta":"a\nb","item_id":null,"text":{"x":[1]},
            "output_index":"3","content_index":-1,"new":{"field":1}}"#,
    )
    .unwrap();
    assert_eq!(&*event.delta, "a\nb");
    assert_eq!((&*event.item_id, &*event.text), ("", ""));
    assert_eq!(
        (event.output_index.0, event.content_index.0),
        (Some(3), None)
    );
}

#[test]
fn arguments_may_be_a_string_or_an_object() {
    let text = |raw: &str| {
        let raw: Box<RawValue> = serde_json::from_str(raw).unwrap();
        text_of(Some(&raw)).into_owned()
    };
    assert_eq!(text(r#""{\"a\":1}""#), r#"{"a":1}"#);
    assert_eq!(text(r#"{"a":1}"#), r#"{"a":1}"#);
    assert_eq!(text("null"), "");
    assert_eq!(text_of(None), "");
}

#[test]
fn parts_may_be_bare_texts_and_what_is_none_is_none() {
    let texts = |raw: &str| -> Vec<String> {
        let raw: Box<RawValue> = serde_json::from_str(raw).unwrap();
        let parts = parts(Some(&raw));
        parts.iter().map(|part| part.text.to_string()).collect()
    };
    assert_eq!(texts(r#""text""#), ["text"]);
    assert_eq!(texts(r#"["a",{"text":"b"},null]"#), ["a", "b", ""]);
    assert_eq!(texts("17"), [""; 0]);
    let response: Response<'_> = serde_json::from_str(r#"{"incomplete_details":null}"#).unwrap();
    assert_eq!(&*response.incomplete_details.reason, "");
}
