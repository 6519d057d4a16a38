//! [`Tools`]: the offered tools.

use std::borrow::Cow;

use geppetto_engine::ToolDefinition;
use geppetto_provider::rules::schema;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use super::{Request, cache::Marks, message::Conversation};

/// Description of the tool that is offered if a history has calls and there is no tool: the API accepts
/// no such history without tools.
///
/// Report: <https://github.com/BerriAI/litellm/issues/4689>.
const PLACEHOLDER: &str = "Stands for tools that are no longer there. Do not call it.";

/// The tools of the application, and those of the provider.
#[derive(Debug)]
pub(super) struct Tools<'a> {
    own: Vec<Tool<'a>>,
    of_server: &'a [Value],
    is_placeholder: bool,
}

#[derive(Debug)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    schema: Cow<'a, Value>,
    is_strict: bool,
}

impl<'a> Tools<'a> {
    pub(super) fn of(request: &'a Request<'a>, conversation: &Conversation<'_>) -> Self {
        let settings = request.settings;
        let takes_strict = !settings.unsent.has("strict_tools");
        let tools = settings
            .tools
            .iter()
            .map(|tool| Tool::of(tool, takes_strict));
        let mut own: Vec<Tool<'a>> = tools.collect();
        let of_server = request.server_tools.as_slice();
        let is_placeholder = own.is_empty() && of_server.is_empty() && conversation.has_calls;
        if is_placeholder {
            own.push(Tool {
                name: "unavailable",
                description: PLACEHOLDER,
                schema: Cow::Owned(json!({"type": "object", "properties": {}})),
                is_strict: false,
            });
        }
        Self {
            own,
            of_server,
            is_placeholder,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.of_server.is_empty()
    }

    /// Returns `true` if there is only a tool that must not be called.
    pub(super) fn is_placeholder(&self) -> bool {
        self.is_placeholder
    }

    /// Returns the number of tools with a mark of the cache.
    pub(super) fn marked(&self) -> usize {
        let is_marked = |tool: &&Value| tool.get("cache_control").is_some_and(|v| !v.is_null());
        self.of_server.iter().filter(is_marked).count()
    }

    /// Returns `true` if the last tool of the application is the end of a cached prefix.
    pub(super) fn can_be_marked(&self) -> bool {
        !self.own.is_empty()
    }

    /// Returns the tools with their mark. Those of the application are last, because tools of the provider
    /// may not accept a mark.
    pub(super) fn with(&'a self, marks: &'a Marks) -> impl Serialize + 'a {
        let last = self.own.len().saturating_sub(1);
        let of_server = self.of_server.iter().map(Entry::OfServer);
        let own = self.own.iter().enumerate();
        let own = own.map(move |(at, tool)| Entry::Own(tool, marks.of_tools(at == last)));
        of_server.chain(own).collect::<Vec<_>>()
    }
}

impl<'a> Tool<'a> {
    fn of(tool: &'a ToolDefinition, takes_strict: bool) -> Self {
        let renamed = schema::claude_properties(&tool.parameters);
        // A strict schema has all properties.
        let is_strict = tool.is_strict() && takes_strict && renamed.is_none();
        let schema = match renamed {
            Some(schema) => Cow::Owned(schema),
            None if is_strict => Cow::Owned(schema::claude(&tool.parameters)),
            None => Cow::Borrowed(&tool.parameters),
        };
        Self {
            name: &tool.name,
            description: &tool.description,
            schema,
            is_strict,
        }
    }
}

enum Entry<'a> {
    OfServer(&'a Value),
    Own(&'a Tool<'a>, Option<&'a Value>),
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (tool, mark) = match self {
            Self::OfServer(tool) => return tool.serialize(serializer),
            Self::Own(tool, mark) => (tool, mark),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", tool.name)?;
        if !tool.description.is_empty() {
            map.serialize_entry("description", tool.description)?;
        }
        map.serialize_entry("input_schema", &tool.schema)?;
        if tool.is_strict {
            map.serialize_entry("strict", &true)?;
        }
        if let Some(mark) = mark {
            map.serialize_entry("cache_control", mark)?;
        }
        map.end()
    }
}
