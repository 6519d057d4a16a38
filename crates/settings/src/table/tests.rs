use serde_json::json;

use super::Table;

#[test]
fn entries_that_are_credentials_are_masked_at_any_depth() {
    let value = json!({
        "note": "free",
        "max_tokens": 5,
        "http": [{"Authorization": "Bearer s3cret", "X-Api-Key": {"a": "s3cret"}}],
        "refresh_token": "s3cret",
    });
    let table = Table::new(value.as_object().unwrap().clone());
    let shown = json!({
        "note": "free",
        "max_tokens": 5,
        "http": [{"Authorization": "***", "X-Api-Key": "***"}],
        "refresh_token": "***",
    });
    assert_eq!(serde_json::to_value(&table).unwrap(), shown);
    assert!(!format!("{table:?}").contains("s3cret"));
}
