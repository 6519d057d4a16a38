//! [`View`]: the state of a timeline, which patches change.

use std::collections::{BTreeMap, HashMap};

use geppetto_turns::Usage;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Entity, Patch};

#[cfg(test)]
mod tests;

/// State of a timeline at one version: the status and the entities.
///
/// A reader far from the [`Timeline`](crate::Timeline) receives a view and then applies
/// [`Patch`]es. In JSON it is an object with `version`, `status` and `entities`, a list sorted by
/// position.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct View {
    /// Sequence number of the last event that the view includes.
    pub version: u64,
    /// What the session is doing.
    pub status: Status,
    entities: BTreeMap<u64, Entity>,
    positions: HashMap<String, u64>,
}

/// What a session is doing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Status {
    /// Id of the running inference; `None` if none is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Model of the last provider call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Token usage of the last run, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<crate::schema::Usage>"))]
    pub usage: Option<Usage>,
    /// Number of queued prompts, as of the last event of the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<u64>,
    /// Reason that the queue is paused; `None` if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_paused: Option<String>,
}

impl View {
    /// Iterates over the entities, in the order in which they are shown. Those that are part of
    /// another one ([`Entity::parent`]) come after it, possibly with others in between.
    pub fn entities(&self) -> impl DoubleEndedIterator<Item = &Entity> {
        self.entities.values()
    }

    /// Iterates over the entities from a position on, in the order in which they are shown.
    pub fn entities_from(&self, position: u64) -> impl DoubleEndedIterator<Item = &Entity> {
        self.entities.range(position..).map(|(_, entity)| entity)
    }

    /// Iterates over the entities before a position, in the order in which they are shown.
    pub fn entities_before(&self, position: u64) -> impl DoubleEndedIterator<Item = &Entity> {
        self.entities.range(..position).map(|(_, entity)| entity)
    }

    /// Returns the entity with this id.
    #[must_use]
    pub fn entity(&self, id: &str) -> Option<&Entity> {
        self.entities.get(self.positions.get(id)?)
    }

    /// Returns the number of entities.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Returns `true` if there are no entities.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// Applies a patch. Patches of unknown entities have no effect.
    pub fn apply(&mut self, patch: Patch) {
        self.version = self.version.max(patch.version());
        match patch {
            Patch::Insert { entity } => self.insert(entity),
            Patch::Append {
                id,
                version,
                field,
                text,
            } => {
                if let Some(entity) = self.entity_mut(&id)
                    && let Some(own) = entity.growing_mut(field)
                {
                    own.push_str(&text);
                    entity.version = version;
                }
            }
            Patch::Update {
                id,
                version,
                mut changes,
            } => {
                self.update(&id, version, &mut changes);
                if let Some(entity) = self.entity_mut(&id) {
                    // Merged changes may cancel each other out.
                    entity.version = version;
                }
            }
            Patch::Remove { id, .. } => {
                self.remove(&id);
            }
            Patch::Status { status, .. } => self.status = status,
        }
    }

    pub(crate) fn at(&self, position: u64) -> Option<&Entity> {
        self.entities.get(&position)
    }

    pub(crate) fn entity_mut(&mut self, id: &str) -> Option<&mut Entity> {
        self.entities.get_mut(self.positions.get(id)?)
    }

    pub(crate) fn insert(&mut self, entity: Entity) {
        self.remove(&entity.id);
        self.positions.insert(entity.id.clone(), entity.position);
        // Positions are unique; an entity of a foreign view that is not is replaced.
        if let Some(other) = self.entities.insert(entity.position, entity) {
            self.positions.remove(&other.id);
        }
    }

    /// Changes an entity. Drops the changes that change nothing.
    pub(crate) fn update(&mut self, id: &str, version: u64, changes: &mut crate::Changes) {
        let Some(entity) = self.entity_mut(id) else {
            return;
        };
        entity.apply(changes);
        if changes.is_empty() {
            return;
        }
        entity.version = version;
        if changes.position.is_some()
            && let Some(at) = self.positions.get(id).copied()
            && let Some(entity) = self.entities.remove(&at)
        {
            self.insert(entity);
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Entity> {
        let position = self.positions.remove(id)?;
        self.entities.remove(&position)
    }
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            version: u64,
            status: &'a Status,
            entities: Vec<&'a Entity>,
        }
        let entities = self.entities.values().collect();
        let (version, status) = (self.version, &self.status);
        Borrowed {
            version,
            status,
            entities,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for View {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Owned {
            version: u64,
            #[serde(default)]
            status: Status,
            entities: Vec<Entity>,
        }
        let Owned {
            version,
            status,
            entities,
        } = Owned::deserialize(deserializer)?;
        let mut view = Self {
            version,
            status,
            ..Self::default()
        };
        for entity in entities {
            view.insert(entity);
        }
        Ok(view)
    }
}
