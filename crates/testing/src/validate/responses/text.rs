//! Structured output and verbosity of the answer.

use serde_json::Value;

use super::super::{ProviderRefusal, schema, typed};

const VERBOSITY: [&str; 3] = ["low", "medium", "high"];

pub(super) fn check(text: &Value) -> Result<(), ProviderRefusal> {
    if text.is_null() {
        return Ok(());
    }
    typed::object(text, "text")?;
    typed::word(&text["verbosity"], "text.verbosity", &VERBOSITY)?;
    format(&text["format"])
}

fn format(format: &Value) -> Result<(), ProviderRefusal> {
    if format.is_null() {
        return Ok(());
    }
    typed::object(format, "text.format")?;
    match typed::string(&format["type"], "text.format.type")? {
        "text" | "json_object" => return Ok(()),
        "json_schema" => {}
        other => {
            let known = ["json_object", "json_schema", "text"];
            return Err(typed::unsupported_value("text.format.type", other, &known));
        }
    }
    let name = typed::function_name(&format["name"], "text.format.name")?;
    typed::object(&format["schema"], "text.format.schema")?;
    schema::answer(&format["schema"], name, format["strict"] == true).map_err(|refusal| {
        refusal
            .param("text.format.schema")
            .code("invalid_json_schema")
    })
}
