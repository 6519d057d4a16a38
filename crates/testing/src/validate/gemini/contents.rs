//! Instructions and contents.

use serde_json::Value;

use super::{ProviderRefusal, history, known, list, part, refused};

pub(super) fn check(request: &Value, version: u32) -> Result<(), ProviderRefusal> {
    let system = &request["systemInstruction"];
    if !system.is_null() {
        known(system, "system_instruction", &["parts", "role"])?;
        parts(system, "system_instruction")?;
    }
    let contents = list(&request["contents"], "contents")?;
    if contents.is_empty() {
        return Err(refused("contents", "contents is not specified"));
    }
    for (index, content) in contents.iter().enumerate() {
        let place = format!("contents[{index}]");
        known(content, &place, &["parts", "role"])?;
        if !matches!(
            content["role"].as_str(),
            Some("user" | "model" | "function") | None
        ) {
            return Err(ProviderRefusal::invalid_request(
                "Please use a valid role: user, model.",
            ));
        }
        parts(content, &place)?;
    }
    history::check(contents, version)
}

fn parts(content: &Value, place: &str) -> Result<(), ProviderRefusal> {
    let place = format!("{place}.parts");
    let parts = list(&content["parts"], &place)?;
    if parts.is_empty() {
        return Err(refused(&place, "contents.parts must not be empty."));
    }
    let mut parts = parts.iter().enumerate();
    parts.try_for_each(|(index, one)| part::check(one, &format!("{place}[{index}]")))
}
