//! Input schemas from Rust types.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// The JSON schema of a tool's input: definitions inlined, except where a type contains itself.
pub(super) fn input_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    if let Some(root) = schema.as_object_mut() {
        // The title is the name of the Rust type, which tells the model nothing.
        root.remove("title");
        if root.get("type").is_some_and(|kind| kind == "object") {
            // OpenAI refuses the schema of an object that does not say its properties.
            root.entry("properties")
                .or_insert_with(|| Value::Object(Map::new()));
        }
    }
    schema
}
