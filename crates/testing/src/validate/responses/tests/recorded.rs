//! Verdicts of the real API on requests that were recorded with their replies.

use std::{fs, path::Path};

use serde_json::Value;

use super::super::responses_request;

/// Refusals that depend on more than the request: keys, quotas, models, stored items.
const OF_THE_ACCOUNT: [&str; 4] = [
    "insufficient_quota",
    "invalid_api_key",
    "model_not_found",
    "previous_response_not_found",
];

#[test]
#[ignore = "needs ../shared"]
fn the_verdict_is_that_of_the_real_api() {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/recordings/openai-responses"
    ));
    let entries = fs::read_dir(folder).unwrap();
    let read =
        |path: &Path| -> Option<Value> { serde_json::from_slice(&fs::read(path).ok()?).ok() };
    let (mut accepted, mut refused) = (0, 0);
    for entry in entries {
        let case = entry.unwrap().path();
        let meta = read(&case.join("meta.json")).unwrap();
        let Some(request) = read(&case.join("request.json")) else {
            continue;
        };
        if meta["vendor"] != "openai" {
            continue;
        }
        let verdict = responses_request(&request);
        if meta["status"] == 200 {
            assert_eq!(verdict, Ok(()), "{}", case.display());
            accepted += 1;
            continue;
        }
        let reply = read(&case.join("response.json")).unwrap();
        let error = &reply["error"];
        let code = error["code"].as_str();
        if code.is_some_and(|code| OF_THE_ACCOUNT.contains(&code)) {
            continue;
        }
        let found = verdict.expect_err(&case.display().to_string());
        assert_eq!(found.to_json()["error"], *error, "{}", case.display());
        refused += 1;
    }
    assert!(accepted > 50 && refused > 0);
}
