//! Events of unknown and application-defined types.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// Event of an unknown type: application-defined, or added in a later version. Its fields are
/// preserved unchanged.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct CustomEvent {
    /// Wire name of the type.
    pub event_type: String,
    /// Fields other than the [`RESERVED_FIELDS`], which are never encoded from here, because a JSON
    /// object has each key once.
    pub fields: Map<String, Value>,
}

/// Fields common to all events, which are not available to individual types: `type`, `seq`,
/// `merged`, `meta` and `correlation`.
pub const RESERVED_FIELDS: [&str; 5] = ["type", "seq", "merged", "meta", "correlation"];

/// Returns the fields of a custom event that are encoded.
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
    /// Creates an event of type `event_type`.
    pub fn new(event_type: impl Into<String>, fields: Map<String, Value>) -> Self {
        Self {
            event_type: event_type.into(),
            fields,
        }
    }
}

/// Application-defined, typed event.
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
    /// The wire name of the type. Choose a name with an application-specific prefix.
    const TYPE: &'static str;
}
