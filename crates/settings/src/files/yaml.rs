//! YAML files.

use geppetto_turns::serial::{FormatError, YamlLines, yaml_value_with_lines};
use serde_json::Value as Json;

use super::{Node, Shape};

/// The error of a document, and its line.
pub(super) struct Wrong {
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

pub(super) fn read(text: &str) -> Result<Node, Wrong> {
    let (value, lines) = yaml_value_with_lines(text).map_err(|error| wrong(text, &error))?;
    let mut node = node(value, Some(&lines), None);
    node.merge_keys();
    Ok(node)
}

fn node(value: Json, lines: Option<&YamlLines>, outer: Option<usize>) -> Node {
    let line = lines
        .map(YamlLines::line)
        .filter(|line| *line > 0)
        .or(outer);
    let below = |key: &str| lines.and_then(|lines| lines.get(key));
    let shape = match value {
        Json::Array(items) => {
            let items = items.into_iter().enumerate();
            Shape::List(
                items
                    .map(|(index, item)| node(item, below(&index.to_string()), line))
                    .collect(),
            )
        }
        Json::Object(map) => Shape::Map(
            map.into_iter()
                .map(|(key, value)| {
                    let lines = below(&key);
                    (key, node(value, lines, line))
                })
                .collect(),
        ),
        scalar => Shape::Scalar(scalar),
    };
    Node { line, shape }
}

/// Returns the error without quotes from the document, which may contain a key.
fn wrong(text: &str, error: &FormatError) -> Wrong {
    let said = error.to_string();
    let line = error.line();
    let begins_with_tab = line
        .and_then(|line| text.lines().nth(line.saturating_sub(1)))
        .is_some_and(|line| line.trim_start_matches(' ').starts_with('\t'));
    let message = if begins_with_tab {
        "not valid YAML: lines are indented with spaces, not with tabs".to_owned()
    } else if said.contains("needs more than 64 bits") {
        "an integer needs more than 64 bits; put it in quotes".to_owned()
    } else if let Some(key) = said
        .contains("stands twice")
        .then(|| said.split('"').nth(1))
    {
        let key = crate::nearest::shown(key.unwrap_or_default());
        format!("the key `{key}` stands twice in a map; remove one")
    } else {
        let said = said.split(" at line ").next().unwrap_or_default();
        said.trim_end_matches(',').to_owned()
    };
    Wrong { line, message }
}
