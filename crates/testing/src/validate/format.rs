//! Response format.

use serde_json::Value;

use super::{ProviderRefusal, options, schema, typed};

pub(super) fn check(format: &Value) -> Result<(), ProviderRefusal> {
    match format {
        Value::Null => return Ok(()),
        Value::Object(_) => {}
        other => return Err(typed::wrong_type("response_format", "an object", other)),
    }
    match typed::string(&format["type"], "response_format.type")? {
        "text" | "json_object" => Ok(()),
        "json_schema" => json_schema(&format["json_schema"]),
        other => {
            let supported = ["json_object", "json_schema", "text"];
            Err(typed::unsupported_value(
                "response_format.type",
                other,
                &supported,
            ))
        }
    }
}

fn json_schema(described: &Value) -> Result<(), ProviderRefusal> {
    let param = "response_format.json_schema";
    if described.is_null() {
        return Err(typed::missing(param));
    }
    let name = typed::function_name(&described["name"], &format!("{param}.name"))?;
    options::boolean(&described["strict"], &format!("{param}.strict"))?;
    let param = format!("{param}.schema");
    match &described["schema"] {
        schema @ Value::Object(_) => schema::answer(schema, name, described["strict"] == true)
            .map_err(|refusal| refusal.param("response_format").code("invalid_json_schema")),
        Value::Null => Err(typed::missing(&param)),
        other => Err(typed::wrong_type(&param, "an object", other)),
    }
}
