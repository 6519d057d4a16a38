use super::*;

#[test]
fn an_object_without_a_reply_is_an_error_by_its_fields() {
    for raw in [
        r#"{"code":429,"msg":"m","success":false}"#,
        r#"{"code":"boom","message":"m"}"#,
        r#"{"status":"449","msg":"m","body":null}"#,
        r#"{"success":false,"message":"m"}"#,
        r#"{"detail":"m"}"#,
        r#"{"base_resp":{"status_code":1002,"status_msg":"m"}}"#,
    ] {
        assert!(is_error_alone(raw), "{raw}");
    }
    for raw in [
        r#"{"code":200,"msg":"ok"}"#,
        r#"{"code":0,"message":"m"}"#,
        r#"{"status":"queued","message":"waiting"}"#,
        r#"{"code":429}"#,
        r#"{"object":"billing.summary","total":"0.01"}"#,
        r#"{"base_resp":{"status_code":0,"status_msg":""}}"#,
        "17",
    ] {
        assert!(!is_error_alone(raw), "{raw}");
    }
}
