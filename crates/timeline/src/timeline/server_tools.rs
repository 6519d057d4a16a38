//! Tools that the provider runs.

use geppetto_events::{
    Event,
    kind::{ServerTool as ServerToolEvent, ServerToolPhase},
};
use serde_json::Value;

use super::{
    board::Board,
    items::{add_sources, sources_of},
    scope::{Scope, call_key},
};
use crate::{
    Changes, Content, Field, SHOWN_LIMIT, State,
    entity::{ServerTool, Source},
    limits::{cut, short, shown},
};

impl Scope {
    pub(super) fn server_tool(
        &mut self,
        event: &Event,
        progress: &ServerToolEvent,
        board: &mut Board,
    ) {
        let (call, attempt) = call_key(event);
        let id = self.server_tool_id(&format!("{call}:{attempt}"), progress);
        if board.view.entity(&id).is_none() {
            self.close_pieces(board);
            self.add_item(event, &id);
        }
        self.show_server_tool(&id, progress, board);
        let state = board.view.entity(&id).and_then(crate::Entity::state);
        if state.is_some_and(|state| !state.is_active()) {
            self.open.remove(&id);
        }
    }

    /// Returns the id of a call of a tool within a provider call.
    pub(super) fn server_tool_id(&self, call: &str, progress: &ServerToolEvent) -> String {
        self.id(&format!("{call}:{}:{}", progress.tool, progress.item_id))
    }

    /// Shows the progress of a call.
    pub(super) fn show_server_tool(&self, id: &str, progress: &ServerToolEvent, board: &mut Board) {
        if board.view.entity(id).is_none() {
            let content = ServerTool {
                name: short(&progress.tool),
                state: State::Running,
                ..ServerTool::default()
            };
            let position = board.reserve();
            self.show(id, position, Content::ServerTool(Box::new(content)), board);
        }
        if progress.phase == ServerToolPhase::InputDelta {
            let delta = progress.text("delta").unwrap_or_default();
            return append(id, delta, board);
        }
        let mut changes = Changes::default();
        let fields = ["arguments", "code", "query"];
        let input = fields.iter().find_map(|name| progress.text(name));
        if let Some(input) = input.filter(|input| !input.is_empty()) {
            let (text, omitted) = shown(input);
            changes.arguments = Some(text.to_owned());
            changes.arguments_omitted = Some(omitted);
        }
        changes.state = match progress.phase {
            ServerToolPhase::Completed => Some(State::Done),
            ServerToolPhase::Failed => Some(State::Failed),
            ServerToolPhase::Started | ServerToolPhase::Running => Some(State::Running),
            _ => None,
        };
        let found = progress.data.get("results").and_then(Value::as_array);
        let found = found.into_iter().flatten().map(source);
        let mut sources = sources_of(id, board);
        let own = progress.data.get("url").map(|url| Source {
            url: short(url.as_str().unwrap_or_default()),
            ..Source::default()
        });
        add_sources(&mut sources, own.into_iter().chain(found));
        changes.sources = Some(sources);
        board.update(id, changes);
    }
}

/// Reads a source.
pub(super) fn source(data: &Value) -> Source {
    let field = |name: &str| short(data.get(name).and_then(Value::as_str).unwrap_or_default());
    Source {
        title: field("title"),
        url: field("url"),
    }
}

/// Appends to the input, up to the limit.
fn append(id: &str, delta: &str, board: &mut Board) {
    let (len, omitted) = match board.view.entity(id).map(|own| &own.content) {
        Some(Content::ServerTool(own)) => (own.arguments.len(), own.arguments_omitted),
        _ => return,
    };
    let (new, rest) = cut(delta, SHOWN_LIMIT.saturating_sub(len));
    board.append(id, Field::Arguments, new);
    let changes = Changes {
        arguments_omitted: Some(omitted + rest),
        ..Changes::default()
    };
    board.update(id, changes);
}
