//! [`Extractor`]: consumer of a growing block. [`Extractors`]: registry of extractors by tag.

use std::fmt;

use super::{
    BlockInfo, Malformed, Tag,
    tag::{TagError, check_part},
};
use geppetto_events::EventKind;

/// Consumer of one block. The events returned by its methods are published immediately, at the
/// position of the block in the text, with the metadata and correlation of the text and sequence
/// number 0.
///
/// Return application-defined events ([`EventKind::Custom`]), logs or errors, which are valid in
/// any position. The methods are called synchronously while the text is published, in the order
/// `start`, `grow` (any number of times), `complete`. If a method panics, extraction of the block
/// ends and the block stays in the text.
pub trait Extractor: Send {
    /// Called once, at the beginning of the block.
    fn start(&mut self, block: &BlockInfo) -> Vec<EventKind> {
        let _ = block;
        Vec::new()
    }

    /// Called for each `chunk` of the body, which is never empty. Chunk boundaries follow those of
    /// the text and have no meaning; only the concatenation is defined.
    fn grow(&mut self, block: &BlockInfo, chunk: &str) -> Vec<EventKind> {
        let _ = (block, chunk);
        Vec::new()
    }

    /// Called at the end of the block. `raw` is the captured body: all chunks concatenated,
    /// without the tags.
    fn complete(
        &mut self,
        block: &BlockInfo,
        raw: &str,
        outcome: Result<(), Malformed>,
    ) -> Vec<EventKind>;
}

impl<F> Extractor for F
where
    F: FnMut(&BlockInfo, &str, Result<(), Malformed>) -> Vec<EventKind> + Send,
{
    fn complete(
        &mut self,
        block: &BlockInfo,
        raw: &str,
        outcome: Result<(), Malformed>,
    ) -> Vec<EventKind> {
        self(block, raw, outcome)
    }
}

type Factory = Box<dyn Fn(&BlockInfo) -> Box<dyn Extractor> + Send + Sync>;

struct Registration {
    package: String,
    block_type: String,
    /// `None` for all versions.
    version: Option<String>,
    factory: Factory,
}

/// Assignment of extractors to blocks.
#[derive(Default)]
pub(super) struct Extractors {
    registrations: Vec<Registration>,
}

impl Extractors {
    /// Adds a factory, replacing an earlier one of the same name.
    pub(super) fn register(
        &mut self,
        (package, block_type, version): (String, String, Option<String>),
        factory: Factory,
    ) -> Result<(), TagError> {
        check_part(&package)?;
        check_part(&block_type)?;
        Tag::new(
            package.as_str(),
            block_type.as_str(),
            version.as_deref().unwrap_or("v"),
        )?;
        self.registrations.retain(|other| {
            other.package != package || other.block_type != block_type || other.version != version
        });
        self.registrations.push(Registration {
            package,
            block_type,
            version,
            factory,
        });
        Ok(())
    }

    /// Returns the factory for a tag: preferably the one for its version, otherwise the one for all
    /// versions.
    pub(super) fn find(&self, tag: &Tag) -> Option<&Factory> {
        let of = |version: Option<&str>| {
            self.registrations.iter().find(|registration| {
                registration.package == tag.package
                    && registration.block_type == tag.block_type
                    && registration.version.as_deref() == version
            })
        };
        of(Some(&tag.version))
            .or_else(|| of(None))
            .map(|registration| &registration.factory)
    }
}

impl fmt::Debug for Extractors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.registrations.iter().map(|registration| {
            let version = registration.version.as_deref().unwrap_or("*");
            format!(
                "{}:{}:{version}",
                registration.package, registration.block_type
            )
        });
        f.debug_list().entries(names).finish()
    }
}
