//! [`PromptFile`]: pinocchio's prompt commands.

use std::path::Path;

use geppetto_settings::{Layer, Place};
use geppetto_turns::serial::yaml_value;
use serde_json::Value;

use super::fields::Field;
use crate::{failure::Failure, say};

/// Maximum size of a file, in bytes.
const MOST: u64 = 1 << 20;

/// Keys of `factories`, and the settings that they are. Those of a provider are called the same in
/// every section.
const SETTINGS: &[(&str, &str)] = &[
    ("engine", "ai-engine"),
    ("api_type", "ai-api-type"),
    ("temperature", "ai-temperature"),
    ("top_p", "ai-top-p"),
    ("max_response_tokens", "ai-max-response-tokens"),
];

/// A prompt command.
#[derive(Debug)]
pub(super) struct PromptFile {
    pub(super) short: String,
    pub(super) long: Option<String>,
    pub(super) flags: Vec<Field>,
    pub(super) arguments: Vec<Field>,
    pub(super) prompt: Option<String>,
    pub(super) system: Option<String>,
    /// Roles and texts.
    pub(super) messages: Vec<(String, String)>,
    factories: Value,
}

impl PromptFile {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let invalid = |why: String| Failure::Usage(format!("{}: {why}", path.display()));
        let metadata = std::fs::metadata(path)
            .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
        if !metadata.is_file() || metadata.len() > MOST {
            return Err(invalid("not a file of at most 1 MiB".to_owned()));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
        let root = yaml_value(&text).map_err(|error| invalid(error.to_string()))?;
        Self::of(&root).map_err(invalid)
    }

    fn of(root: &Value) -> Result<Self, String> {
        if !root.is_object() {
            return Err("not a prompt command, which has a name and a prompt".to_owned());
        }
        if root.get("aliasFor").is_some() {
            return Err("this is an alias; run the file of the command itself".to_owned());
        }
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| root.get(*name));
            found.and_then(Value::as_str).map(ToOwned::to_owned)
        };
        let file = Self {
            short: text(&["short"]).unwrap_or_default(),
            long: text(&["long"]).filter(|long| !long.trim().is_empty()),
            flags: Field::list(root.get("flags"), false)?,
            arguments: Field::list(root.get("arguments"), true)?,
            prompt: text(&["prompt"]).filter(|prompt| !prompt.trim().is_empty()),
            system: text(&["system-prompt", "system_prompt"]),
            messages: messages(root.get("messages"))?,
            factories: root.get("factories").cloned().unwrap_or_default(),
        };
        let mut names: Vec<&str> = file.fields().map(|field| field.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            return Err(format!(
                "`{}` is defined twice",
                twice.first().unwrap_or(&"")
            ));
        }
        Ok(file)
    }

    /// Returns flags and arguments.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.flags.iter().chain(&self.arguments)
    }

    /// Returns the settings of the file, which are weaker than the user's.
    pub(super) fn settings(&self, path: &Path) -> Result<Layer, Failure> {
        let mut layer = Layer::prompt_file();
        let place = || Place::new(path.into(), None);
        let mut left = vec![&self.factories];
        while let Some(value) = left.pop() {
            for (key, value) in value.as_object().into_iter().flatten() {
                let setting = SETTINGS.iter().find(|(own, _)| own == key);
                match (setting, value) {
                    (_, Value::Object(_)) => left.push(value),
                    (Some((_, name)), Value::String(text)) => {
                        layer = layer.set_at(name, text, place())?;
                    }
                    (Some((_, name)), Value::Number(number)) => {
                        layer = layer.set_at(name, &number.to_string(), place())?;
                    }
                    _ => say::detail(&format!("{}: `{key}` is not used", path.display())),
                }
            }
        }
        Ok(layer)
    }
}

fn messages(list: Option<&Value>) -> Result<Vec<(String, String)>, String> {
    let list = list
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let message = |own: &Value| {
        let text = |name: &str| own.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let said = text("text").or_else(|| text("content"));
        let said = said.ok_or("a message has no text")?;
        Ok((text("role").unwrap_or_else(|| "user".to_owned()), said))
    };
    list.iter().map(message).collect()
}
