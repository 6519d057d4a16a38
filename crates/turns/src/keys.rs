//! Typed keys: the only access to metadata and data.
//!
//! A key is a constant with an id of the form `namespace.name@vN` and a value type. There are three
//! families, which the compiler keeps apart: a key of turn data cannot be used with block metadata.
//!
//! ```
//! use geppetto_turns::{DataKey, Turn};
//!
//! const TENANT: DataKey<String> = DataKey::new("my_app.tenant@v1");
//!
//! let mut turn = Turn::default();
//! turn.data.set(&TENANT, &"acme".to_owned())?;
//! assert_eq!(turn.data.get(&TENANT)?.as_deref(), Some("acme"));
//! # Ok::<(), geppetto_turns::KeyError>(())
//! ```

use std::{error::Error, fmt, marker::PhantomData, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

mod well_known;

#[cfg(test)]
mod tests;

pub use well_known::{block_meta, data, turn_meta};

/// Key family of turn data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnData {}

/// Key family of turn metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnMeta {}

/// Key family of block metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockMeta {}

/// Typed key of family `F` for values of type `T`.
pub struct Key<F, T> {
    id: &'static str,
    marker: PhantomData<fn() -> (F, T)>,
}

/// Key of turn data: tools, configuration and other data carried with the conversation.
pub type DataKey<T> = Key<TurnData, T>;
/// Key of turn metadata: session, inference and result of the turn.
pub type TurnMetaKey<T> = Key<TurnMeta, T>;
/// Key of block metadata.
pub type BlockMetaKey<T> = Key<BlockMeta, T>;

impl<F, T> Key<F, T> {
    /// Creates a key with the id `namespace.name@vN`.
    ///
    /// Intended for constants: a malformed id is a compile error.
    ///
    /// ```compile_fail
    /// const BAD: geppetto_turns::DataKey<u32> = geppetto_turns::DataKey::new("no-version");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics at run time if called outside of a constant with a malformed id.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        assert!(is_key_id(id), "a key's id must be `namespace.name@vN`");
        Self {
            id,
            marker: PhantomData,
        }
    }

    /// Returns the id, as in files.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }
}

impl<F, T> Clone for Key<F, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, T> Copy for Key<F, T> {}

impl<F, T> fmt::Debug for Key<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.id).finish()
    }
}

/// Returns `true` if `id` has the form `namespace.name@vN`.
#[allow(clippy::indexing_slicing, reason = "const fn; every index is checked")]
const fn is_key_id(id: &str) -> bool {
    let bytes = id.as_bytes();
    let (mut dot, mut at, mut i) = (0, 0, 0);
    while i < bytes.len() {
        match bytes[i] {
            b'.' if dot == 0 => dot = i,
            b'@' => {
                if at != 0 {
                    return false;
                }
                at = i;
            }
            b' ' | b'\t' | b'\n' => return false,
            _ => {}
        }
        i += 1;
    }
    if dot == 0 || at <= dot + 1 || at + 2 >= bytes.len() || bytes[at + 1] != b'v' {
        return false;
    }
    let mut i = at + 2;
    if bytes[i] == b'0' {
        return false;
    }
    while i < bytes.len() {
        if !bytes[i].is_ascii_digit() {
            return false;
        }
        i += 1;
    }
    true
}

/// Map from typed keys of family `F` to values. Unknown keys are preserved.
///
/// Clones share the map until one of them is modified.
pub struct Metadata<F> {
    map: Option<Arc<Map<String, Value>>>,
    marker: PhantomData<fn() -> F>,
}

impl<F> Metadata<F> {
    /// Creates an empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            map: None,
            marker: PhantomData,
        }
    }

    /// Returns the value of `key`; `None` if it is absent or null.
    ///
    /// # Errors
    ///
    /// Returns an error if the stored value does not have the type of the key.
    pub fn get<T: DeserializeOwned>(&self, key: &Key<F, T>) -> Result<Option<T>, KeyError> {
        match self.raw(key.id) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value)
                .map(Some)
                .map_err(|error| KeyError::new(key.id, &error)),
        }
    }

    /// Sets the value of `key`.
    ///
    /// Setting an equal value is a no-op, so clones keep sharing the map.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be serialized as JSON.
    pub fn set<T: Serialize>(&mut self, key: &Key<F, T>, value: &T) -> Result<(), KeyError> {
        let value = serde_json::to_value(value).map_err(|error| KeyError::new(key.id, &error))?;
        self.set_raw(key.id, value);
        Ok(())
    }

    /// Returns `true` if `key` is present.
    #[must_use]
    pub fn contains<T>(&self, key: &Key<F, T>) -> bool {
        self.raw(key.id).is_some()
    }

    /// Removes `key`. Returns `true` if it was present.
    pub fn remove<T>(&mut self, key: &Key<F, T>) -> bool {
        self.contains(key) && self.make_mut().remove(key.id).is_some()
    }

    /// Returns the value for an id known only at run time.
    #[must_use]
    pub fn raw(&self, id: &str) -> Option<&Value> {
        self.map.as_ref()?.get(id)
    }

    /// Sets the value for an id known only at run time.
    pub fn set_raw(&mut self, id: impl Into<String>, value: Value) {
        let id = id.into();
        if self.raw(&id) != Some(&value) {
            self.make_mut().insert(id, value);
        }
    }

    /// Removes the entry for an id. Returns `true` if it was present.
    pub fn remove_raw(&mut self, id: &str) -> bool {
        self.raw(id).is_some() && self.make_mut().remove(id).is_some()
    }

    /// Iterates over all entries, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> + Clone {
        self.map
            .iter()
            .flat_map(|map| map.iter().map(|(id, value)| (id.as_str(), value)))
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.as_ref().map_or(0, |map| map.len())
    }

    /// Returns `true` if there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns `true` if both share the same map.
    #[must_use]
    pub fn shares_with(&self, other: &Self) -> bool {
        match (&self.map, &other.map) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    fn make_mut(&mut self) -> &mut Map<String, Value> {
        Arc::make_mut(self.map.get_or_insert_default())
    }
}

impl<F> From<Map<String, Value>> for Metadata<F> {
    fn from(map: Map<String, Value>) -> Self {
        Self {
            map: (!map.is_empty()).then(|| Arc::new(map)),
            marker: PhantomData,
        }
    }
}

impl<F> Clone for Metadata<F> {
    fn clone(&self) -> Self {
        Self {
            map: self.map.clone(),
            marker: PhantomData,
        }
    }
}

impl<F> Default for Metadata<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> PartialEq for Metadata<F> {
    fn eq(&self, other: &Self) -> bool {
        self.shares_with(other) || self.iter().eq(other.iter())
    }
}

impl<F> fmt::Debug for Metadata<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Error returned if a stored value does not have the type of its key, or a value cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyError {
    id: &'static str,
    message: String,
}

impl KeyError {
    fn new(id: &'static str, error: &serde_json::Error) -> Self {
        Self {
            id,
            message: error.to_string(),
        }
    }

    /// Returns the id of the key.
    #[must_use]
    pub fn key(&self) -> &str {
        self.id
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the value of `{}` is malformed: {}",
            self.id, self.message
        )
    }
}

impl Error for KeyError {}
