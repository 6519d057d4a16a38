//! [`Tree`]: a JSON value built in place, from beginning to end.

use serde_json::{Map, Value};

/// Maximum nesting depth, as in `serde_json`.
pub(super) const MAX_DEPTH: usize = 127;

#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    root: Option<Value>,
    /// The open arrays and objects, the innermost last.
    open: Vec<Frame>,
}

#[derive(Debug, Clone)]
enum Frame {
    Array,
    /// With the key whose value is next or in progress.
    Object(String),
}

impl Tree {
    pub(super) fn root(&self) -> Option<&Value> {
        self.root.as_ref()
    }

    pub(super) fn into_root(self) -> Option<Value> {
        self.root
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Returns whether the innermost open value is an object; `None` if no value is open.
    pub(super) fn in_object(&self) -> Option<bool> {
        self.open
            .last()
            .map(|frame| matches!(frame, Frame::Object(_)))
    }

    /// Sets the key of the member whose value is next.
    pub(super) fn set_key(&mut self, key: String) {
        if let Some(Frame::Object(own)) = self.open.last_mut() {
            *own = key;
        }
    }

    /// Stores a value at the current position.
    pub(super) fn put(&mut self, value: Value) {
        let Some((last, outer)) = self.open.split_last() else {
            self.root = Some(value);
            return;
        };
        match (last, descend(self.root.as_mut(), outer)) {
            (Frame::Array, Some(Value::Array(list))) => list.push(value),
            (Frame::Object(key), Some(Value::Object(map))) => {
                map.insert(key.clone(), value);
            }
            _ => {}
        }
    }

    pub(super) fn open_array(&mut self) {
        self.put(Value::Array(Vec::new()));
        self.open.push(Frame::Array);
    }

    pub(super) fn open_object(&mut self) {
        self.put(Value::Object(Map::new()));
        self.open.push(Frame::Object(String::new()));
    }

    /// Closes the innermost array or object.
    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// Appends to the text that was stored last.
    pub(super) fn grow_text(&mut self, more: &str) {
        if let Some(Value::String(text)) = descend(self.root.as_mut(), &self.open) {
            text.push_str(more);
        }
    }
}

/// Returns the value in progress, `frames` below `root`.
fn descend<'v>(root: Option<&'v mut Value>, frames: &[Frame]) -> Option<&'v mut Value> {
    let mut value = root?;
    for frame in frames {
        value = match (frame, value) {
            (Frame::Array, Value::Array(list)) => list.last_mut()?,
            (Frame::Object(key), Value::Object(map)) => map.get_mut(key)?,
            _ => return None,
        };
    }
    Some(value)
}
