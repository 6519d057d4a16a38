//! [`Patch`]: one change of a view.

use serde::{Deserialize, Serialize};

use crate::{Changes, Entity, Field, Status};

/// One change of a [`View`](crate::View).
///
/// Patches of different entities can be applied in any order. In JSON, a patch is an object with the
/// field `op`; a web page applies it to its entities in a few lines:
///
/// ```js
/// function apply(view, patch) {
///   const { op, id, version, ...rest } = patch;
///   view.version = Math.max(view.version, version ?? patch.entity.version);
///   if (op === "insert") view.entities.set(patch.entity.id, patch.entity);
///   if (op === "append") view.entities.get(id)[patch.field] = (view.entities.get(id)[patch.field] ?? "") + patch.text;
///   if (op === "update") Object.assign(view.entities.get(id), rest);
///   if (op === "remove") view.entities.delete(id);
///   if (op === "status") view.status = patch.status;
/// } // shown sorted by position
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Patch {
    /// Adds an entity, or replaces the one with the same id.
    Insert {
        /// The entity.
        entity: Entity,
    },
    /// Appends to a text of an entity.
    Append {
        /// Id of the entity.
        id: String,
        /// The entity's new version.
        version: u64,
        /// The text.
        field: Field,
        /// What to append.
        text: String,
    },
    /// Sets fields of an entity.
    Update {
        /// Id of the entity.
        id: String,
        /// The entity's new version.
        version: u64,
        /// The new values.
        #[serde(flatten)]
        changes: Changes,
    },
    /// Removes an entity, such as the answer of an attempt that was discarded. Has no effect if there
    /// is none with this id.
    Remove {
        /// Id of the entity.
        id: String,
        /// Version of the timeline.
        version: u64,
    },
    /// Replaces the status.
    Status {
        /// Version of the timeline.
        version: u64,
        /// The status.
        status: Status,
    },
}

impl Patch {
    /// Returns the version of the timeline that has this change.
    #[must_use]
    pub fn version(&self) -> u64 {
        match self {
            Self::Insert { entity } => entity.version,
            Self::Append { version, .. }
            | Self::Update { version, .. }
            | Self::Remove { version, .. }
            | Self::Status { version, .. } => *version,
        }
    }

    /// Returns the id of the entity; `None` for the status.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Insert { entity } => Some(&entity.id),
            Self::Append { id, .. } | Self::Update { id, .. } | Self::Remove { id, .. } => Some(id),
            Self::Status { .. } => None,
        }
    }
}
