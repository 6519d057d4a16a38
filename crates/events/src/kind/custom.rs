//! Events of types that this crate does not know.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// An event of a type that this crate does not know: an application's own, or a newer one. Its
/// fields go through unchanged.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct CustomEvent {
    /// The wire name of the type.
    pub event_type: String,
    /// The fields other than [`RESERVED_FIELDS`], which are not written from here, because a JSON object
    /// has each field once.
    pub fields: Map<String, Value>,
}

/// The fields that every event has, and no event may have as its own: `type`, `seq`, `merged`, `meta`
/// and `correlation`.
pub const RESERVED_FIELDS: [&str; 5] = ["type", "seq", "merged", "meta", "correlation"];

/// The fields of a custom event that are written.
pub(crate) fn own_fields(fields: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    if !RESERVED_FIELDS
        .iter()
        .any(|name| fields.contains_key(*name))
    {
        return Cow::Borrowed(fields);
    }
    let is_own = |name: &String| !RESERVED_FIELDS.contains(&name.as_str());
    let own = fields.iter().filter(|(name, _)| is_own(name));
    Cow::Owned(
        own.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

impl CustomEvent {
    /// An event of type `event_type`.
    pub fn new(event_type: impl Into<String>, fields: Map<String, Value>) -> Self {
        Self {
            event_type: event_type.into(),
            fields,
        }
    }
}

/// An application's own typed event.
///
/// ```
/// use geppetto_events::{Event, kind::AppEvent};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Progress { percent: u8 }
///
/// impl AppEvent for Progress {
///     const TYPE: &'static str = "my-app.progress";
/// }
///
/// let event = Event::from_app(&Progress { percent: 40 })?;
/// assert_eq!(event.type_name(), "my-app.progress");
/// assert_eq!(event.to_app::<Progress>().transpose()?, Some(Progress { percent: 40 }));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub trait AppEvent: Serialize + DeserializeOwned {
    /// The wire name of the type. Choose a name with a prefix of your own.
    const TYPE: &'static str;
}
