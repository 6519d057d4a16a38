//! Tool calls of a response.

use geppetto_events::{
    Event, EventKind,
    kind::{
        ServerTool, ServerToolPhase, ToolCallWaiting, ToolExecutionStarted, ToolResultReady,
        ToolStatus,
    },
};

use super::{ResponseStream, item::Content};

impl ResponseStream {
    pub(super) fn read_tools(&mut self, event: &Event, merged: u64) {
        match &event.kind {
            EventKind::ToolCallStarted(call) => {
                self.begin_function(&call.tool_call_id, &call.tool_name);
            }
            EventKind::ToolCallArgumentsDelta(call) => {
                self.argue(&call.tool_call_id, &call.delta, merged);
            }
            EventKind::ToolCallRequested(call) => {
                self.begin_function(&call.tool_call_id, &call.tool_name);
                self.end_function(&call.tool_call_id, &call.input);
            }
            EventKind::ToolCallWaiting(call)
                if !self.options.client_tools.contains(&call.tool_name) =>
            {
                self.wait(call);
            }
            EventKind::ToolExecutionStarted(call)
                if !self.options.client_tools.contains(&call.tool_name) =>
            {
                self.begin_tool(call);
            }
            EventKind::ToolResultReady(call) => self.end_tool(call),
            EventKind::ServerTool(tool) if tool.tool == ServerTool::WEB_SEARCH => {
                self.search(tool);
            }
            _ => {}
        }
    }

    fn begin_function(&mut self, id: &str, name: &str) {
        let is_function = |own: &super::item::Item| matches!(own.content, Content::Function { .. });
        let is_hidden = self.options.one_call
            && self
                .items
                .iter()
                .any(|own| is_function(own) && !own.is_dropped);
        if !self.options.client_tools.contains(name) || self.calls.contains_key(id) || is_hidden {
            return;
        }
        self.end_groups();
        let index = self.open(Content::Function {
            call_id: id.to_owned(),
            name: name.to_owned(),
            arguments: String::new(),
        });
        self.calls.insert(id.to_owned(), index);
    }

    fn argue(&mut self, id: &str, text: &str, merged: u64) {
        let Some(index) = self.calls.get(id).copied() else {
            return;
        };
        let Some(Content::Function { arguments, .. }) =
            self.items.get_mut(index).map(|own| &mut own.content)
        else {
            return;
        };
        arguments.push_str(text);
        let mut data = self.place(index);
        if let Some(fields) = data.as_object_mut() {
            fields.insert("delta".to_owned(), text.into());
        }
        self.send_merged("response.function_call_arguments.delta", data, merged);
    }

    fn end_function(&mut self, id: &str, input: &str) {
        let Some(index) = self.calls.get(id).copied() else {
            return;
        };
        let Some(item) = self.items.get(index).filter(|own| own.is_open()) else {
            return;
        };
        let Content::Function {
            arguments, name, ..
        } = &item.content
        else {
            return;
        };
        let name = name.clone();
        if let Some(rest) = input.get(arguments.len()..).filter(|rest| !rest.is_empty()) {
            self.argue(id, rest, 1);
        }
        let mut data = self.place(index);
        if let Some(fields) = data.as_object_mut() {
            fields.insert("name".to_owned(), name.into());
            fields.insert("arguments".to_owned(), input.into());
        }
        self.send("response.function_call_arguments.done", data);
        self.close(index, "completed");
    }

    fn wait(&mut self, call: &ToolCallWaiting) {
        if !self.options.approvals {
            self.waiting.insert(call.tool_call_id.clone());
            return;
        }
        self.end_groups();
        let index = self.open(Content::Approval {
            label: self.options.tools_label.clone(),
            name: call.tool_name.clone(),
            arguments: call.input.clone(),
        });
        self.close(index, "completed");
    }

    fn begin_tool(&mut self, call: &ToolExecutionStarted) {
        self.end_groups();
        let index = self.open(Content::Tool {
            label: self.options.tools_label.clone(),
            name: call.tool_name.clone(),
            arguments: call.input.clone(),
            result: None,
        });
        self.calls.insert(call.tool_call_id.clone(), index);
        let place = self.place(index);
        self.send("response.mcp_call.in_progress", place);
        for (name, field) in [
            ("response.mcp_call_arguments.delta", "delta"),
            ("response.mcp_call_arguments.done", "arguments"),
        ] {
            let mut data = self.place(index);
            if let Some(fields) = data.as_object_mut() {
                fields.insert(field.to_owned(), call.input.as_str().into());
            }
            self.send(name, data);
        }
    }

    fn end_tool(&mut self, call: &ToolResultReady) {
        let Some(index) = self.calls.get(&call.tool_call_id).copied() else {
            return;
        };
        let Some(Content::Tool { result, .. }) =
            self.items.get_mut(index).map(|own| &mut own.content)
        else {
            return;
        };
        let is_error = call.status == ToolStatus::Error;
        *result = Some(match is_error {
            true => Err(call.result.clone()),
            false => Ok(call.result.clone()),
        });
        let (name, status) = match is_error {
            true => ("response.mcp_call.failed", "failed"),
            false => ("response.mcp_call.completed", "completed"),
        };
        let place = self.place(index);
        self.send(name, place);
        self.close(index, status);
    }

    fn search(&mut self, tool: &ServerTool) {
        let id = format!("search {}", tool.item_id);
        let index = match self.calls.get(&id).copied() {
            Some(index) => index,
            None => {
                self.end_groups();
                let query = String::new();
                let index = self.open(Content::Search { query });
                self.calls.insert(id, index);
                let place = self.place(index);
                self.send("response.web_search_call.in_progress", place);
                index
            }
        };
        if let (Some(text), Some(Content::Search { query })) = (
            tool.text("query"),
            self.items.get_mut(index).map(|own| &mut own.content),
        ) {
            text.clone_into(query);
        }
        let place = self.place(index);
        match tool.phase {
            ServerToolPhase::Running => self.send("response.web_search_call.searching", place),
            ServerToolPhase::Completed if self.is_open(index) => {
                self.send("response.web_search_call.completed", place);
                self.close(index, "completed");
            }
            ServerToolPhase::Failed => self.close(index, "failed"),
            _ => {}
        }
    }
}
