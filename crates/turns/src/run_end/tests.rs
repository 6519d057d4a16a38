use super::*;

#[test]
fn every_end_is_read_as_it_was_written() {
    let mut failed = RunEnd::failed("r", "boom", "server");
    failed.extra.set("later", "kept");
    let mut other = RunEnd::finished("r");
    other.status = RunEndStatus::Other("paused".to_owned());
    for end in [
        RunEnd::finished("r"),
        RunEnd::stopped("r", "cancelled"),
        failed,
        other,
    ] {
        let text = serde_json::to_string(&end).unwrap();
        assert_eq!(
            serde_json::from_str::<RunEnd>(&text).unwrap(),
            end,
            "{text}"
        );
    }
}
