//! [`ServerTool`]: progress of a tool that the provider runs itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::{Map, Value};

use super::{Visitor, custom};

mod phase;

#[cfg(test)]
mod tests;

pub use phase::ServerToolPhase;

/// Progress of a tool that the provider runs itself: web search, file search, code interpreter, image
/// generation, calls of MCP servers, and whatever else a provider offers.
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
/// [`NAMES`](Self::NAMES) lists the tools and phases that have a name of their own, with `item_id` and
/// the fields of [`data`](Self::data) beside it. `tool-search-results` stands for the
/// [results](ServerToolPhase::Results) of any tool, whose name is the field `tool`. Everything else is
/// written as `server-tool` with the fields `tool`, `phase`, `item_id` and `data`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerTool {
    /// The tool, such as [`WEB_SEARCH`](Self::WEB_SEARCH). Open: providers have tools that are not
    /// listed here.
    pub tool: Cow<'static, str>,
    /// How far the tool is.
    pub phase: ServerToolPhase,
    /// The provider's id of the call, the same in all events of one call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub item_id: String,
    /// What else is known in this phase, such as `query`, `url`, `delta`, `code`, `arguments`,
    /// `partial_image_base64` or `results`. Fields that every event has
    /// ([`RESERVED_FIELDS`](super::RESERVED_FIELDS)) are not written.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

/// The name of all that has none of its own.
const ANY: &str = "server-tool";
/// The name of results, whatever the tool.
const RESULTS: &str = "tool-search-results";

impl ServerTool {
    /// Search of the web.
    pub const WEB_SEARCH: &str = "web_search";
    /// Search of files that the provider stores.
    pub const FILE_SEARCH: &str = "file_search";
    /// Execution of code that the model writes.
    pub const CODE_INTERPRETER: &str = "code_interpreter";
    /// Generation of images.
    pub const IMAGE_GENERATION: &str = "image_generation";
    /// A call of an MCP server.
    pub const MCP: &str = "mcp";
    /// The list of an MCP server's tools.
    pub const MCP_LIST_TOOLS: &str = "mcp_list_tools";
    /// Control of a computer.
    pub const COMPUTER_USE: &str = "computer_use";

    /// The wire names of their own: name, tool, phase. They are geppetto's.
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

    /// Progress of `tool`, without data. `item_id` may be empty where the provider gives no id.
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

    /// A field of [`data`](Self::data) that is text.
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

    /// The event of a type that belongs to server tools.
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

/// An event with a name of its own, as it is written.
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

/// Takes a text out of the fields; empty where there is none.
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
