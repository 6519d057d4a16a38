//! Typed keys: the only way into metadata and data.
//!
//! A key is a constant that names a value and its type, `namespace.name@vN`. There are three
//! families, and they do not mix: a key of turn data does not compile where block metadata is.
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

/// Marks the family of turn data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnData {}

/// Marks the family of turn metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnMeta {}

/// Marks the family of block metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockMeta {}

/// A typed key of family `F` for values of type `T`.
pub struct Key<F, T> {
    id: &'static str,
    marker: PhantomData<fn() -> (F, T)>,
}

/// A key of turn data: what the conversation carries along (tools, configuration).
pub type DataKey<T> = Key<TurnData, T>;
/// A key of turn metadata: what is known about the turn (session, inference, result).
pub type TurnMetaKey<T> = Key<TurnMeta, T>;
/// A key of block metadata: what is known about one block.
pub type BlockMetaKey<T> = Key<BlockMeta, T>;

impl<F, T> Key<F, T> {
    /// A key with the id `namespace.name@vN`.
    ///
    /// Meant for constants: an id of another form stops the build.
    ///
    /// ```compile_fail
    /// const BAD: geppetto_turns::DataKey<u32> = geppetto_turns::DataKey::new("no-version");
    /// ```
    ///
    /// # Panics
    ///
    /// At run time, if it is called there with an id of another form.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        assert!(is_key_id(id), "a key's id must be `namespace.name@vN`");
        Self {
            id,
            marker: PhantomData,
        }
    }

    /// The id, as in files.
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

/// A map from typed keys of family `F` to values; unknown keys stay in it untouched.
///
/// Cloning shares the map until one side changes it.
pub struct Metadata<F> {
    map: Option<Arc<Map<String, Value>>>,
    marker: PhantomData<fn() -> F>,
}

impl<F> Metadata<F> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            map: None,
            marker: PhantomData,
        }
    }

    /// The value of `key`; `None` where it is absent (or null).
    ///
    /// # Errors
    ///
    /// When a value is there but does not have the key's type.
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
    /// A value equal to the present one changes nothing, so that clones still share the map.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON.
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

    /// Removes `key` and returns whether it was there.
    pub fn remove<T>(&mut self, key: &Key<F, T>) -> bool {
        self.contains(key) && self.make_mut().remove(key.id).is_some()
    }

    /// The value under an id that is known at run time only.
    #[must_use]
    pub fn raw(&self, id: &str) -> Option<&Value> {
        self.map.as_ref()?.get(id)
    }

    /// Sets the value under an id that is known at run time only.
    pub fn set_raw(&mut self, id: impl Into<String>, value: Value) {
        let id = id.into();
        if self.raw(&id) != Some(&value) {
            self.make_mut().insert(id, value);
        }
    }

    /// Removes the entry with an id. Returns `true` if there was one.
    pub fn remove_raw(&mut self, id: &str) -> bool {
        self.raw(id).is_some() && self.make_mut().remove(id).is_some()
    }

    /// All entries, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> + Clone {
        self.map
            .iter()
            .flat_map(|map| map.iter().map(|(id, value)| (id.as_str(), value)))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.as_ref().map_or(0, |map| map.len())
    }

    /// Returns `true` if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns `true` if both share one map.
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

/// A value is there under a key, but not of the key's type; or cannot be written under it.
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

    /// The id of the key.
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
