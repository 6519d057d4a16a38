//! [`ServerTool`]: progress of a tool run by the provider.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::{Map, Value};

use super::{Visitor, custom};

mod merge;
mod phase;

#[cfg(test)]
mod tests;

pub use phase::ServerToolPhase;

/// Progress of a tool run by the provider: web search, file search, code interpreter, image
/// generation, MCP server calls, and any other tool of a provider.
///
/// ```
/// use geppetto_events::{Event, EventKind, kind::{ServerTool, ServerToolPhase}};
///
/// let mut search = ServerTool::new(ServerTool::WEB_SEARCH, ServerToolPhase::Completed, "ws_1");
/// search.data.insert("query".to_owned(), "rust".into());
/// let event = Event::new(EventKind::ServerTool(Box::new(search)));
///
/// let line = serde_json::to_string(&event)?;
/// assert_eq!(line, r#"{"type":"web-search-done","item_id":"ws_1","query":"rust"}"#);
/// assert_eq!(serde_json::from_str::<Event>(&line)?, event);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # On the wire
///
/// [`NAMES`](Self::NAMES) lists the combinations of tool and phase that have a wire name of their
/// own; their events have `item_id` and the fields of [`data`](Self::data) at the top level.
/// `tool-search-results` represents the [results](ServerToolPhase::Results) of any tool, which the
/// field `tool` names. All others are encoded as `server-tool` with the fields `tool`, `phase`,
/// `item_id` and `data`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerTool {
    /// Name of the tool, such as [`WEB_SEARCH`](Self::WEB_SEARCH). Open: providers have tools that
    /// are not listed here.
    pub tool: Cow<'static, str>,
    /// Phase of the call.
    pub phase: ServerToolPhase,
    /// Provider's id of the call, shared by all events of the call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub item_id: String,
    /// Other data of this phase, such as `query`, `url`, `delta`, `code`, `arguments`,
    /// `partial_image_base64` or `results`. [`RESERVED_FIELDS`](super::RESERVED_FIELDS) are not
    /// encoded.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

/// Wire name of all combinations without a dedicated one.
const ANY: &str = "server-tool";
/// Wire name of results of any tool.
const RESULTS: &str = "tool-search-results";

impl ServerTool {
    /// Web search.
    pub const WEB_SEARCH: &str = "web_search";
    /// Search in files stored by the provider.
    pub const FILE_SEARCH: &str = "file_search";
    /// Execution of code written by the model.
    pub const CODE_INTERPRETER: &str = "code_interpreter";
    /// Image generation.
    pub const IMAGE_GENERATION: &str = "image_generation";
    /// Call to an MCP server.
    pub const MCP: &str = "mcp";
    /// Tool listing of an MCP server.
    pub const MCP_LIST_TOOLS: &str = "mcp_list_tools";
    /// Computer use.
    pub const COMPUTER_USE: &str = "computer_use";

    /// Dedicated wire names: name, tool, phase. They are those of geppetto.
    pub const NAMES: &[(&str, &str, ServerToolPhase)] = {
        use ServerToolPhase::{
            Completed, Failed, InputDelta, InputDone, Partial, Running, Started,
        };
        &[
            ("web-search-started", Self::WEB_SEARCH, Started),
            ("web-search-searching", Self::WEB_SEARCH, Running),
            ("web-search-open-page", Self::WEB_SEARCH, Partial),
            ("web-search-done", Self::WEB_SEARCH, Completed),
            ("file-search-started", Self::FILE_SEARCH, Started),
            ("file-search-searching", Self::FILE_SEARCH, Running),
            ("file-search-done", Self::FILE_SEARCH, Completed),
            ("code-interpreter-started", Self::CODE_INTERPRETER, Started),
            (
                "code-interpreter-interpreting",
                Self::CODE_INTERPRETER,
                Running,
            ),
            ("code-interpreter-done", Self::CODE_INTERPRETER, Completed),
            (
                "code-interpreter-code-delta",
                Self::CODE_INTERPRETER,
                InputDelta,
            ),
            (
                "code-interpreter-code-done",
                Self::CODE_INTERPRETER,
                InputDone,
            ),
            ("mcp-args-delta", Self::MCP, InputDelta),
            ("mcp-args-done", Self::MCP, InputDone),
            ("mcp-in-progress", Self::MCP, Started),
            ("mcp-completed", Self::MCP, Completed),
            ("mcp-failed", Self::MCP, Failed),
            ("mcp-list-tools-in-progress", Self::MCP_LIST_TOOLS, Started),
            ("mcp-list-tools-completed", Self::MCP_LIST_TOOLS, Completed),
            ("mcp-list-tools-failed", Self::MCP_LIST_TOOLS, Failed),
            (
                "image-generation-in-progress",
                Self::IMAGE_GENERATION,
                Started,
            ),
            (
                "image-generation-generating",
                Self::IMAGE_GENERATION,
                Running,
            ),
            (
                "image-generation-partial-image",
                Self::IMAGE_GENERATION,
                Partial,
            ),
            (
                "image-generation-completed",
                Self::IMAGE_GENERATION,
                Completed,
            ),
        ]
    };

    /// Creates a progress event of `tool` without data. `item_id` may be empty if the provider
    /// supplies no id.
    pub fn new(
        tool: impl Into<Cow<'static, str>>,
        phase: ServerToolPhase,
        item_id: impl Into<String>,
    ) -> Self {
        Self {
            tool: tool.into(),
            phase,
            item_id: item_id.into(),
            data: Map::new(),
        }
    }

    /// Returns a text field of [`data`](Self::data).
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.data.get(field)?.as_str()
    }

    pub(crate) fn type_name(&self) -> &'static str {
        if self.phase == ServerToolPhase::Results {
            return RESULTS;
        }
        let own = Self::NAMES
            .iter()
            .find(|(_, tool, phase)| *tool == self.tool && *phase == self.phase);
        own.map_or(ANY, |(name, _, _)| name)
    }

    /// Decodes an event whose type belongs to server tools.
    pub(super) fn decode(
        event_type: &str,
        fields: &Value,
    ) -> Option<Result<Self, serde_json::Error>> {
        let own = Self::NAMES.iter().find(|(name, _, _)| *name == event_type);
        match own {
            Some((_, tool, phase)) => Some(named(tool, phase, fields)),
            None if event_type == RESULTS => {
                let named = named("", &ServerToolPhase::Results, fields);
                Some(named.and_then(|mut event| {
                    event.tool = take_text(&mut event.data, "tool")?.into();
                    Ok(event)
                }))
            }
            None => (event_type == ANY).then(|| Self::deserialize(fields)),
        }
    }

    pub(super) fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
        let name = self.type_name();
        if name == ANY {
            return visitor.visit(self);
        }
        let data = custom::own_fields(&self.data);
        let tool = (name == RESULTS).then_some(&*self.tool);
        let is_own = |name: &str| name != "item_id" && (tool.is_none() || name != "tool");
        visitor.visit(&Named {
            tool,
            item_id: &self.item_id,
            data: data
                .iter()
                .filter(|(name, _)| is_own(name))
                .map(|(name, value)| (name.as_str(), value))
                .collect(),
        })
    }
}

/// An event with a dedicated name, in its wire format.
#[derive(Serialize)]
struct Named<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    item_id: &'a str,
    #[serde(flatten)]
    data: std::collections::BTreeMap<&'a str, &'a Value>,
}

fn named(
    tool: &'static str,
    phase: &ServerToolPhase,
    fields: &Value,
) -> Result<ServerTool, serde_json::Error> {
    let mut data = fields.as_object().cloned().unwrap_or_default();
    let item_id = take_text(&mut data, "item_id")?;
    Ok(ServerTool {
        data,
        ..ServerTool::new(tool, phase.clone(), item_id)
    })
}

/// Removes a text from the fields; empty if it is absent.
fn take_text(fields: &mut Map<String, Value>, name: &str) -> Result<String, serde_json::Error> {
    match fields.remove(name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(other) => {
            let problem = format_args!("{name}: expected text, found {other}");
            Err(serde_json::Error::custom(problem))
        }
    }
}
