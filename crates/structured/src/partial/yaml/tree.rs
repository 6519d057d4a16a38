//! [`Tree`]: a value built in place, line by line.

use serde_json::{Map, Value};

/// A value under construction. The open part is a path from the root to the position begun last; a
/// position is null until a value is stored there.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    root: Option<Value>,
    /// The open lists and mappings, the innermost last.
    open: Vec<Level>,
}

/// An open list or mapping.
#[derive(Debug, Clone)]
pub(super) struct Level {
    /// The column at which its items or keys begin.
    pub(super) indent: usize,
    /// The key begun last; `None` in a list.
    key: Option<String>,
}

impl Level {
    pub(super) fn is_list(&self) -> bool {
        self.key.is_none()
    }
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

    /// Returns the innermost open level.
    pub(super) fn top(&self) -> Option<&Level> {
        self.open.last()
    }

    /// Returns the level around the innermost one.
    pub(super) fn around_top(&self) -> Option<&Level> {
        self.open.iter().nth_back(1)
    }

    /// Opens a list at the position begun last.
    pub(super) fn open_list(&mut self, indent: usize) {
        self.put(Value::Array(Vec::new()));
        self.open.push(Level { indent, key: None });
    }

    /// Opens a map at the position begun last.
    pub(super) fn open_map(&mut self, indent: usize) {
        self.put(Value::Object(Map::new()));
        let key = Some(String::new());
        self.open.push(Level { indent, key });
    }

    /// Closes the innermost level.
    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// Begins an item of the innermost level, which must be a list.
    pub(super) fn begin_item(&mut self) {
        let outer = self.open.len().saturating_sub(1);
        if let Some(Value::Array(list)) = self.descend(outer) {
            list.push(Value::Null);
        }
    }

    /// Begins a member of the innermost level, which must be a map. An existing key is replaced.
    pub(super) fn begin_member(&mut self, key: &str) {
        let outer = self.open.len().saturating_sub(1);
        if let Some(Value::Object(map)) = self.descend(outer) {
            map.insert(key.to_owned(), Value::Null);
        }
        if let Some(level) = self.open.last_mut() {
            level.key = Some(key.to_owned());
        }
    }

    /// Stores a value at the position begun last.
    pub(super) fn put(&mut self, value: Value) {
        if self.open.is_empty() {
            self.root = Some(value);
        } else if let Some(place) = self.descend(self.open.len()) {
            *place = value;
        }
    }

    /// Returns the text at the position begun last.
    pub(super) fn text(&mut self) -> Option<&mut String> {
        match self.descend(self.open.len())? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the position `levels` below the root.
    fn descend(&mut self, levels: usize) -> Option<&mut Value> {
        let mut value = self.root.as_mut()?;
        for level in self.open.iter().take(levels) {
            value = match (&level.key, value) {
                (None, Value::Array(list)) => list.last_mut()?,
                (Some(key), Value::Object(map)) => map.get_mut(key)?,
                _ => return None,
            };
        }
        Some(value)
    }
}
