//! Changes of entities.

use geppetto_events::kind::Attachment;
use serde::{Deserialize, Serialize};

use super::{Content, Entity, Source, State};

/// A text of an entity that grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Field {
    /// `text`.
    Text,
    /// `summary`.
    Summary,
    /// `arguments`.
    Arguments,
}

/// Generates the list of changeable fields.
macro_rules! changes {
    ($( $name:ident: $type:ty $( as $schema:literal )?, )*) => {
        /// New values of fields of an entity. Fields that are `None` do not change.
        ///
        /// The names are those of the fields of [`Entity`] and [`Content`], so that a web page can
        /// assign them to its copy of the entity.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(default)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "named as the fields of the entities")]
        pub struct Changes {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                $( #[cfg_attr(feature = "schemars", schemars(with = $schema))] )?
                pub $name: Option<$type>,
            )*
        }

        impl Changes {
            /// Returns `true` if nothing changes.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }

            /// Adds later changes, which take precedence.
            pub fn merge(&mut self, later: Self) {
                $(
                    if later.$name.is_some() {
                        self.$name = later.$name;
                    }
                )*
            }
        }
    };
}

changes! {
    position: u64,
    text: String,
    summary: String,
    state: State,
    refusal: bool,
    arguments: String,
    arguments_omitted: u64,
    ran_with: String,
    question: String,
    progress: String,
    result: String,
    result_omitted: u64,
    attachments: Vec<Attachment> as "Option<Vec<crate::schema::Attachment>>",
    sources: Vec<Source>,
    duration_ms: u64,
}

impl Changes {
    pub(crate) fn state(state: State) -> Self {
        Self {
            state: Some(state),
            ..Self::default()
        }
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// Returns the value of a text that is replaced.
    pub(crate) fn text_mut(&mut self, field: Field) -> Option<&mut String> {
        match field {
            Field::Text => self.text.as_mut(),
            Field::Summary => self.summary.as_mut(),
            Field::Arguments => self.arguments.as_mut(),
        }
    }
}

/// Assigns a new value, and drops one that is equal.
fn set<T: PartialEq + Clone>(own: &mut T, new: &mut Option<T>) {
    match new {
        Some(value) if own == value => *new = None,
        Some(value) => own.clone_from(value),
        None => {}
    }
}

/// Assigns the listed fields, and moves the changes that change something.
macro_rules! assign {
    ($own:expr, $changes:expr, $kept:expr, $($name:ident)*) => {{
        $(
            set(&mut $own.$name, &mut $changes.$name);
            $kept.$name = $changes.$name.take();
        )*
    }};
}

impl Entity {
    /// Applies changes. Drops those that change nothing, and those of fields that the entity does
    /// not have.
    pub(crate) fn apply(&mut self, changes: &mut Changes) {
        let mut kept = Changes::default();
        assign!(self, changes, kept, position);
        match &mut self.content {
            Content::User(own) | Content::System(own) => {
                assign!(own, changes, kept, text attachments);
            }
            Content::Answer(own) => assign!(own, changes, kept, text state refusal sources),
            Content::Reasoning(own) => assign!(own, changes, kept, text summary state),
            Content::ToolCall(own) => {
                assign!(own, changes, kept, state arguments arguments_omitted ran_with question);
                assign!(own, changes, kept, progress result result_omitted attachments);
                if changes.duration_ms.is_some() && own.duration_ms != changes.duration_ms {
                    own.duration_ms = changes.duration_ms;
                    kept.duration_ms = changes.duration_ms;
                }
            }
            Content::ServerTool(own) => {
                assign!(own, changes, kept, state arguments arguments_omitted sources);
            }
            Content::Notice(own) => assign!(own, changes, kept, text),
            Content::Error(own) => assign!(own, changes, kept, text),
            Content::Agent(own) => assign!(own, changes, kept, text state),
        }
        *changes = kept;
    }

    /// Returns a text that grows.
    pub(crate) fn growing_mut(&mut self, field: Field) -> Option<&mut String> {
        Some(match (&mut self.content, field) {
            (Content::Answer(own), Field::Text) => &mut own.text,
            (Content::Reasoning(own), Field::Text) => &mut own.text,
            (Content::Reasoning(own), Field::Summary) => &mut own.summary,
            (Content::ToolCall(own), Field::Arguments) => &mut own.arguments,
            (Content::ServerTool(own), Field::Arguments) => &mut own.arguments,
            _ => return None,
        })
    }
}
