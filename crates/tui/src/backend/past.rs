//! [`Past`]: the last turns of a session.

use geppetto_timeline::Timeline;
use geppetto_turns::Turn;

/// Maximum number of turns that are shown of a session that is opened: as many prompts as the Up key
/// reaches, and more lines than a screen has. Earlier ones are read when they are needed.
const SHOWN: usize = 1_000;

/// The last turns of a session.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// The turns; the last one as of the start of a running inference.
    turns: Vec<Turn>,
    /// The turn before them.
    base: Option<Turn>,
    /// Number of turns before `turns`.
    pub(crate) earlier: usize,
}

impl Past {
    /// Reads the last of `count` turns with `get`, except for the very last one, which is `latest`.
    pub(crate) fn read(
        count: usize,
        latest: Option<Turn>,
        get: impl Fn(usize) -> Option<Turn>,
    ) -> Self {
        let earlier = count.saturating_sub(SHOWN);
        let before_last = earlier..count.saturating_sub(1);
        Self {
            turns: before_last.filter_map(&get).chain(latest).collect(),
            base: earlier.checked_sub(1).and_then(get),
            earlier,
        }
    }

    /// Returns the number of turns of the session.
    pub(crate) fn count(&self) -> usize {
        self.earlier + self.turns.len()
    }

    pub(crate) fn latest(&self) -> Option<&Turn> {
        self.turns.last()
    }

    /// Returns the timeline of these turns.
    pub(crate) fn timeline(&self) -> Timeline {
        match &self.base {
            Some(base) => Timeline::from_last_turns(base, &self.turns),
            None => Timeline::from_turns(&self.turns),
        }
    }
}
