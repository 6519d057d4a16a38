//! [`Extensions`]: values looked up by type.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::Arc,
};

type Values = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

/// Values looked up by type, at most one per type. Cheap to clone.
#[derive(Clone, Default)]
pub struct Extensions(Option<Arc<Values>>);

impl Extensions {
    /// Adds `value`, which replaces a value of the same type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        let values = Arc::make_mut(self.0.get_or_insert_default());
        values.insert(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// Adds the values of `others` whose types are not present yet.
    #[must_use]
    pub fn or(mut self, others: &Self) -> Self {
        let Some(more) = &others.0 else {
            return self;
        };
        let Some(own) = &mut self.0 else {
            return others.clone();
        };
        if more.keys().all(|kind| own.contains_key(kind)) {
            return self;
        }
        let own = Arc::make_mut(own);
        for (kind, value) in more.iter() {
            own.entry(*kind).or_insert_with(|| Arc::clone(value));
        }
        self
    }

    /// Returns the value of a type.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.as_ref()?.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |values| values.len());
        write!(f, "Extensions({count})")
    }
}
