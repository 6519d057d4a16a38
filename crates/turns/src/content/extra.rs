//! [`Extra`]: keys that a reader does not know but must not lose.

use std::fmt;

use serde_json::{Map, Value};

/// Keys that a reader does not know, kept so that a writer gives them back.
///
/// One pointer wide, because it is empty nearly always.
#[derive(Clone, PartialEq, Default)]
pub struct Extra(Option<Box<Map<String, Value>>>);

impl Extra {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.as_ref()?.get(key)
    }

    /// Sets a key.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.0
            .get_or_insert_default()
            .insert(key.into(), value.into());
    }

    /// All keys, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> + Clone {
        self.0
            .iter()
            .flat_map(|map| map.iter().map(|(key, value)| (key.as_str(), value)))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |map| map.len())
    }

    /// Returns `true` if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(map: Map<String, Value>) -> Self {
        Self((!map.is_empty()).then(|| Box::new(map)))
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
