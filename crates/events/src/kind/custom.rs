//! Events of types that this crate does not know.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{Event, EventKind};

/// An event of a type that this crate does not know: an application's own, or a newer one. Its
/// fields go through unchanged.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct CustomEvent {
    /// The type as it stands on the wire.
    pub event_type: String,
    /// The fields beside `type`, `seq`, `meta` and `correlation`.
    pub fields: Map<String, Value>,
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
    /// The type as it stands on the wire. Choose a name with a prefix of your own.
    const TYPE: &'static str;
}

impl Event {
    /// An application's own event.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as a JSON object.
    pub fn from_app<T: AppEvent>(event: &T) -> Result<Self, serde_json::Error> {
        let fields = match serde_json::to_value(event)? {
            Value::Object(fields) => fields,
            Value::Null => Map::new(),
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        Ok(Self::new(EventKind::Custom(CustomEvent::new(
            T::TYPE,
            fields,
        ))))
    }

    /// This event as an application's own; `None` where it has another type.
    ///
    /// The inner result is an error when the fields do not fit.
    #[must_use]
    pub fn to_app<T: AppEvent>(&self) -> Option<Result<T, serde_json::Error>> {
        match &self.kind {
            EventKind::Custom(event) if event.event_type == T::TYPE => {
                Some(T::deserialize(Value::Object(event.fields.clone())))
            }
            _ => None,
        }
    }
}
