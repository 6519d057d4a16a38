use serde_json::json;

use super::*;

const COUNT: DataKey<u32> = DataKey::new("test.count@v1");

#[test]
fn key_ids_have_a_namespace_a_name_and_a_version() {
    for good in [
        "a.b@v1",
        "my-app.some.name@v12",
        "openai_responses.status@v1",
    ] {
        assert!(is_key_id(good), "{good}");
    }
    for bad in [
        "", "a", "a.b", "a@v1", ".b@v1", "a.@v1", "a.b@1", "a.b@v", "a.b@v0", "a.b@v1x",
        "a b.c@v1", "a.b@@v1",
    ] {
        assert!(!is_key_id(bad), "{bad}");
    }
}

#[test]
fn get_tells_absent_from_malformed() {
    let mut data: Metadata<TurnData> = Metadata::new();
    assert_eq!(data.get(&COUNT), Ok(None));
    data.set(&COUNT, &7).unwrap();
    assert_eq!(data.get(&COUNT), Ok(Some(7)));
    data.set_raw(COUNT.id(), json!("seven"));
    let error = data.get(&COUNT).unwrap_err();
    assert_eq!(error.key(), "test.count@v1");
    assert!(
        error.to_string().contains("`test.count@v1` is malformed"),
        "{error}"
    );
}

#[test]
fn clones_share_until_a_value_really_changes() {
    let mut data: Metadata<TurnData> = Metadata::new();
    data.set(&COUNT, &7).unwrap();
    let mut copy = data.clone();
    copy.set(&COUNT, &7).unwrap();
    assert!(copy.shares_with(&data));
    copy.set(&COUNT, &8).unwrap();
    assert!(!copy.shares_with(&data));
    assert_eq!(data.get(&COUNT), Ok(Some(7)));
    assert!(copy.remove(&COUNT));
    assert!(!copy.remove(&COUNT));
}
