//! [`PatchQueue`]: patches of a slow reader, merged.

use std::collections::HashMap;

use crate::{Changes, Entity, Field, Patch};

#[cfg(test)]
mod tests;

/// Patches that a reader has not read yet, merged: applying them has the same effect as applying all
/// that were pushed, and each entity has at most five.
///
/// Memory is bounded by the entities that changed, and by the text appended to them.
///
/// ```
/// use geppetto_timeline::{Field, Patch, PatchQueue};
///
/// let mut queue = PatchQueue::new();
/// # let append = |version, text: &str| Patch::Append {
/// #     id: "a".to_owned(), version, field: Field::Text, text: text.to_owned(),
/// # };
/// queue.push(append(7, "Hel"));
/// queue.push(append(8, "lo"));
/// assert_eq!(queue.take(), [append(8, "Hello")]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct PatchQueue {
    /// Ids in the order of their first patch.
    order: Vec<String>,
    pending: HashMap<String, Pending>,
    status: Option<Patch>,
}

/// Merged patches of one entity, applied in the order of the fields.
#[derive(Debug, Clone, Default)]
struct Pending {
    removed: Option<u64>,
    inserted: Option<Entity>,
    changes: Option<(u64, Changes)>,
    appended: Vec<(Field, u64, String)>,
}

impl PatchQueue {
    /// Creates an empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns `true` if there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty() && self.status.is_none()
    }

    /// Adds a patch.
    pub fn push(&mut self, patch: Patch) {
        let Some(id) = patch.id() else {
            self.status = Some(patch);
            return;
        };
        if !self.pending.contains_key(id) {
            self.order.push(id.to_owned());
        }
        self.pending.entry(id.to_owned()).or_default().push(patch);
    }

    /// Takes the merged patches.
    pub fn take(&mut self) -> Vec<Patch> {
        let mut patches = Vec::new();
        for id in std::mem::take(&mut self.order) {
            if let Some(pending) = self.pending.remove(&id) {
                pending.into_patches(&id, &mut patches);
            }
        }
        patches.extend(self.status.take());
        patches
    }
}

impl Pending {
    fn push(&mut self, patch: Patch) {
        match patch {
            Patch::Insert { entity } => {
                // It replaces whatever there is.
                *self = Self {
                    inserted: Some(entity),
                    ..Self::default()
                };
            }
            Patch::Append {
                version,
                field,
                text,
                ..
            } => self.append(version, field, text),
            Patch::Update {
                version, changes, ..
            } => self.update(version, changes),
            Patch::Remove { version, .. } => {
                *self = Self {
                    removed: Some(version),
                    ..Self::default()
                };
            }
            Patch::Status { .. } => {}
        }
    }

    fn append(&mut self, version: u64, field: Field, text: String) {
        if let Some(entity) = &mut self.inserted {
            if let Some(own) = entity.growing_mut(field) {
                own.push_str(&text);
                entity.version = version;
            }
            return;
        }
        if let Some((own, changes)) = &mut self.changes
            && let Some(replaced) = changes.text_mut(field)
        {
            replaced.push_str(&text);
            *own = version;
            return;
        }
        match self.appended.iter_mut().find(|(own, ..)| *own == field) {
            Some((_, own, appended)) => {
                appended.push_str(&text);
                *own = version;
            }
            None => self.appended.push((field, version, text)),
        }
    }

    fn update(&mut self, version: u64, mut changes: Changes) {
        if let Some(entity) = &mut self.inserted {
            entity.apply(&mut changes);
            entity.version = version;
            return;
        }
        self.appended
            .retain(|(field, ..)| changes.text_mut(*field).is_none());
        let (own, merged) = self.changes.get_or_insert_default();
        *own = version;
        merged.merge(changes);
    }

    fn into_patches(self, id: &str, patches: &mut Vec<Patch>) {
        let Self {
            removed,
            inserted,
            changes,
            mut appended,
        } = self;
        let id = || id.to_owned();
        patches.extend(removed.map(|version| Patch::Remove { id: id(), version }));
        patches.extend(inserted.map(|entity| Patch::Insert { entity }));
        // The last patch has the latest version.
        let last = changes.as_ref().map_or(0, |(version, _)| *version);
        patches.extend(changes.map(|(version, changes)| Patch::Update {
            id: id(),
            version,
            changes,
        }));
        appended.sort_by_key(|(_, version, _)| *version);
        patches.extend(
            appended
                .into_iter()
                .map(|(field, version, text)| Patch::Append {
                    id: id(),
                    version: version.max(last),
                    field,
                    text,
                }),
        );
    }
}
