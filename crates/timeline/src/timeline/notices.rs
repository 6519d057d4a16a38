//! Notices about a run.

use geppetto_events::{
    Event,
    kind::{AgentModeSwitch, DebuggerPause, ErrorEvent, Info, Log},
};
use serde_json::Value;

use super::{
    board::Board,
    scope::{Scope, call_key},
};
use crate::{
    Changes, Content, NOTICE_LIMIT, NoticeKind, State,
    entity::{Failure, Notice},
    limits::short,
};

impl Scope {
    pub(super) fn info(&mut self, event: &Event, info: &Info, board: &mut Board) {
        let text = info.to_text();
        if self.progress(event, &text, board) {
            return;
        }
        let named = info.data.as_ref().and_then(|data| data.get("notice"));
        let kind = match (info.message.as_str(), named.and_then(Value::as_str)) {
            ("retrying", _) => NoticeKind::Retry,
            (_, Some("fallback")) => NoticeKind::Fallback,
            _ => NoticeKind::Info,
        };
        if kind != NoticeKind::Retry {
            return self.notice(kind, &text, board);
        }
        // The retries of one call share a notice.
        let (call, attempt) = call_key(event);
        let id = self.id(&format!("{call}:{attempt}:retry"));
        if board.view.entity(&id).is_some() {
            board.update(&id, Changes::text(short(&text)));
        } else {
            self.show_notice(&id, kind, &text, board);
        }
    }

    pub(super) fn log(&mut self, event: &Event, log: &Log, board: &mut Board) {
        let is_detail = matches!(log.level.as_str(), "debug" | "trace");
        if is_detail || self.progress(event, &log.message, board) {
            return;
        }
        if matches!(log.level.as_str(), "warn" | "warning" | "error") {
            self.notice(NoticeKind::Warning, &log.message, board);
        }
    }

    /// Shows a message of a running tool as its progress. Returns `false` if it is not one.
    fn progress(&self, event: &Event, text: &str, board: &mut Board) -> bool {
        let call = event.correlation.tool_call_id.as_deref();
        let Some(id) = call.and_then(|call| self.tools.latest(call)) else {
            return false;
        };
        if board.view.entity(id).and_then(crate::Entity::state) != Some(State::Running) {
            return false;
        }
        let changes = Changes {
            progress: Some(short(text)),
            ..Changes::default()
        };
        board.update(id, changes);
        true
    }

    pub(super) fn mode(&mut self, _: &Event, switch: &AgentModeSwitch, board: &mut Board) {
        self.notice(NoticeKind::Mode, &switch.message, board);
    }

    pub(super) fn pause(&mut self, _: &Event, pause: &DebuggerPause, board: &mut Board) {
        let text = format!("paused {}: {}", pause.phase, pause.summary);
        self.notice(NoticeKind::Paused, &text, board);
    }

    fn notice(&mut self, kind: NoticeKind, text: &str, board: &mut Board) {
        self.notices += 1;
        if self.notices < NOTICE_LIMIT {
            let id = self.id(&format!("event:{}:notice", board.seq));
            return self.show_notice(&id, kind, text, board);
        }
        let run = self.run.as_ref().and_then(|run| run.id.clone());
        let id = self.id(&format!("{}:notices", run.unwrap_or_default()));
        let text = format!("{} more notices", self.notices - NOTICE_LIMIT + 1);
        if board.view.entity(&id).is_some() {
            board.update(&id, Changes::text(text));
        } else {
            self.show_notice(&id, NoticeKind::Info, &text, board);
        }
    }

    fn show_notice(&self, id: &str, notice: NoticeKind, text: &str, board: &mut Board) {
        let text = short(text);
        let position = board.reserve();
        self.show(
            id,
            position,
            Content::Notice(Notice { notice, text }),
            board,
        );
    }

    /// Shows the error of an attempt, until a later one succeeds or the run ends.
    pub(super) fn attempt_failed(&mut self, _: &Event, error: &ErrorEvent, board: &mut Board) {
        if self.errors.len() as u64 >= NOTICE_LIMIT {
            return;
        }
        let failure = Failure {
            text: short(&error.error_string),
            error_kind: None,
            is_live_only: true,
        };
        let id = self.id(&format!("event:{}:error", board.seq));
        let position = board.reserve();
        self.show(&id, position, Content::Error(failure), board);
        self.errors.push(id);
    }
}
