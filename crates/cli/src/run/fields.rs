//! [`Field`]: a flag or an argument of a prompt command, and its value.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches};
use geppetto_turns::serial::yaml_value;
use serde_json::{Map, Value, json};

use super::file::PromptFile;
use crate::{failure::Failure, input};

/// A flag or an argument.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) short: Option<char>,
    kind: String,
    help: String,
    default: Option<Value>,
    choices: Vec<String>,
    required: bool,
    is_argument: bool,
}

/// Types of fields.
const KINDS: &[&str] = &[
    "string",
    "secret",
    "date",
    "int",
    "float",
    "bool",
    "choice",
    "file",
    "stringFromFile",
    "stringFromFiles",
    "objectFromFile",
    "stringList",
    "intList",
    "floatList",
    "choiceList",
    "fileList",
    "stringListFromFile",
    "stringListFromFiles",
    "objectListFromFile",
    "objectListFromFiles",
    "keyValue",
];

impl Field {
    /// Reads the fields of a list.
    pub(super) fn list(list: Option<&Value>, is_argument: bool) -> Result<Vec<Self>, String> {
        let list = list
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        list.iter().map(|own| Self::of(own, is_argument)).collect()
    }

    fn of(own: &Value, is_argument: bool) -> Result<Self, String> {
        let text = |name: &str| own.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let name = text("name").ok_or("a flag or an argument has no name")?;
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('-') || !name.chars().all(is_letter) {
            return Err(format!(
                "`{}` is no name of an option",
                geppetto_turns::printable_line(&name)
            ));
        }
        if matches!(name.as_str(), "help" | "version") {
            return Err(format!("an option cannot be called `{name}`"));
        }
        let kind = text("type").unwrap_or_else(|| "string".to_owned());
        if !KINDS.contains(&kind.as_str()) {
            return Err(format!(
                "`{name}` has the type `{kind}`; known are {}",
                KINDS.join(", ")
            ));
        }
        let choices = own.get("choices").and_then(Value::as_array);
        let choices = choices.map(Vec::as_slice).unwrap_or_default();
        Ok(Self {
            short: text("shortFlag").and_then(|short| short.chars().next()),
            help: text("help").unwrap_or_default(),
            default: own.get("default").filter(|value| !value.is_null()).cloned(),
            choices: choices.iter().map(shown).collect(),
            required: own
                .get("required")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
            name,
            kind,
            is_argument,
        })
    }

    /// Returns the name of the option.
    pub(super) fn long(&self) -> String {
        self.name.clone()
    }

    fn id(&self) -> String {
        format!("field:{}", self.name)
    }

    fn value_name(&self) -> String {
        let name = if self.is_argument {
            &self.name
        } else {
            &self.kind
        };
        name.to_uppercase()
    }

    fn is_list(&self) -> bool {
        self.kind.contains("List") || self.kind.ends_with("Files") || self.kind == "keyValue"
    }

    /// Returns the argument for the command line.
    pub(super) fn arg(&self) -> Arg {
        let mut help = self.help.clone();
        if let Some(default) = &self.default {
            help.push_str(&format!(" [default: {}]", shown(default)));
        }
        let mut arg = Arg::new(self.id()).help(help).value_name(self.value_name());
        arg = arg.required(self.required && self.default.is_none());
        if !self.choices.is_empty() {
            arg = arg.value_parser(clap::builder::PossibleValuesParser::new(
                self.choices.clone(),
            ));
        }
        if self.is_argument {
            return if self.is_list() {
                arg.num_args(0..)
            } else {
                arg
            };
        }
        arg = arg.long(self.long()).help_heading("Options of the file");
        if let Some(short) = self.short {
            arg = arg.short(short);
        }
        if self.name.contains('_') {
            arg = arg.alias(self.name.replace('_', "-"));
        }
        match self.kind.as_str() {
            "bool" => arg
                .value_parser(["true", "false"])
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
            "int" | "float" => arg.allow_negative_numbers(true),
            _ if self.is_list() => arg.action(ArgAction::Append),
            _ => arg,
        }
    }

    async fn value(&self, matches: &ArgMatches) -> Result<Value, Failure> {
        let texts: Vec<String> = match matches.try_get_many::<String>(&self.id()) {
            Ok(Some(texts)) => texts.cloned().collect(),
            _ => return Ok(self.default.clone().unwrap_or_else(|| self.zero())),
        };
        let one = texts.last().map(String::as_str).unwrap_or_default();
        // A list is given by commas, or by repetition.
        let parts = texts.iter().flat_map(|text| text.split(','));
        let parts = parts.map(|part| part.trim().to_owned());
        let many: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        match self.kind.as_str() {
            "bool" => Ok(Value::Bool(one == "true")),
            "int" | "float" => self.number(one),
            "intList" | "floatList" => many.iter().map(|part| self.number(part)).collect(),
            "stringList" | "choiceList" => Ok(Value::from(many)),
            "keyValue" => {
                key_values(&many).ok_or_else(|| self.invalid("not of the form KEY:VALUE"))
            }
            "string" | "secret" | "date" | "choice" => Ok(Value::from(one)),
            _ => self.of_files(one, &many).await,
        }
    }

    /// Returns the value of a field whose texts are paths.
    async fn of_files(&self, one: &str, many: &[String]) -> Result<Value, Failure> {
        match self.kind.as_str() {
            "file" => file(one).await,
            "fileList" => {
                let mut files = Vec::new();
                for name in many {
                    files.push(file(name).await?);
                }
                Ok(Value::Array(files))
            }
            "stringFromFile" | "stringFromFiles" => Ok(texts_of(many).await?.join("\n").into()),
            "stringListFromFile" | "stringListFromFiles" => {
                let whole = texts_of(many).await?.join("\n");
                Ok(Value::from(whole.lines().collect::<Vec<_>>()))
            }
            _ => {
                let mut objects = Vec::new();
                for text in texts_of(many).await? {
                    match parsed(&text).ok_or_else(|| self.invalid("not YAML or JSON"))? {
                        Value::Array(own) => objects.extend(own),
                        own => objects.push(own),
                    }
                }
                if self.is_list() {
                    return Ok(Value::Array(objects));
                }
                Ok(objects.pop().unwrap_or_default())
            }
        }
    }

    fn number(&self, text: &str) -> Result<Value, Failure> {
        if self.kind.starts_with("int") {
            let whole = text.parse::<i64>().map(Value::from);
            return whole.map_err(|_| self.invalid("not a whole number"));
        }
        let real = text.parse::<f64>().map(Value::from);
        real.map_err(|_| self.invalid("not a number"))
    }

    fn invalid(&self, what: &str) -> Failure {
        Failure::Usage(format!("--{}: {what}", self.name))
    }

    /// Returns a value that is false in a template, and prints nothing.
    fn zero(&self) -> Value {
        match self.kind.as_str() {
            "bool" => Value::Bool(false),
            "int" => json!(0),
            "float" => json!(0.0),
            "file" | "keyValue" | "objectFromFile" => json!({}),
            "stringFromFiles" => json!(""),
            _ if self.is_list() => json!([]),
            _ => json!(""),
        }
    }
}

/// Returns the values of all fields, for templates.
pub(super) async fn values(file: &PromptFile, matches: &ArgMatches) -> Result<Value, Failure> {
    let mut values = Map::new();
    for field in file.fields() {
        let value = field.value(matches).await?;
        // A template cannot name a field with a dash.
        values.insert(field.name.replace('-', "_"), value.clone());
        values.insert(field.name.clone(), value);
    }
    Ok(Value::Object(values))
}

fn key_values(parts: &[String]) -> Option<Value> {
    let pairs = parts.iter().map(|part| {
        let (key, value) = part.split_once([':', '='])?;
        Some((key.trim().to_owned(), Value::from(value.trim())))
    });
    pairs
        .collect::<Option<Map<String, Value>>>()
        .map(Value::Object)
}

async fn texts_of(names: &[String]) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    for name in names {
        texts.push(text_of(name).await?);
    }
    Ok(texts)
}

async fn text_of(name: &str) -> Result<String, Failure> {
    if name == "-" {
        return input::text(None).await;
    }
    let read = tokio::fs::read_to_string(name).await;
    read.map_err(|error| Failure::Usage(format!("cannot read `{name}`: {error}")))
}

/// Returns a file with everything that templates use of it.
async fn file(name: &str) -> Result<Value, Failure> {
    let content = text_of(name).await?;
    let path = Path::new(name);
    let part =
        |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let extension = part(path.extension());
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(json!({
        "Path": name,
        "BaseName": part(path.file_name()),
        "Extension": if extension.is_empty() { String::new() } else { format!(".{extension}") },
        "RelativePath": name,
        "AbsolutePath": absolute.to_string_lossy(),
        "Size": content.len(),
        "ParsedContent": parsed(&content),
        "StringContent": content,
        "Content": content,
    }))
}

fn parsed(text: &str) -> Option<Value> {
    yaml_value(text)
        .ok()
        .filter(|value| value.is_object() || value.is_array())
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
