//! [`Repeated`]: deltas that equal the previous one except for their text.

use geppetto_provider::{
    Output,
    read::{self, Repeat},
};

use super::{
    blocks::{Blocks, Grown},
    wire::Event,
};

/// The last delta, if it was a text and nothing else.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    repeat: Repeat,
    grown: Option<Grown>,
}

impl Repeated {
    /// Appends the text of an event that repeats the last delta; returns `false` if it does not.
    pub(super) fn find(&mut self, data: &str, blocks: &mut Blocks, out: &mut Output<'_>) -> bool {
        let Some(grown) = self.grown else {
            return false;
        };
        match self.repeat.find(data) {
            Some(repeated) if blocks.again(grown, &repeated.text, out) => true,
            _ => {
                self.grown = None;
                false
            }
        }
    }

    /// Learns the delta that was just processed.
    pub(super) fn learn(&mut self, event: &Event<'_>, data: &str, blocks: &Blocks) {
        let delta = &event.delta;
        let text = match (&*delta.text, &*delta.thinking, &*delta.partial_json) {
            (_, "", "") if delta.signature.is_empty() => &delta.text,
            ("", _, "") if delta.signature.is_empty() => &delta.thinking,
            ("", "", _) if delta.signature.is_empty() => &delta.partial_json,
            _ => return,
        };
        if delta.citation.is_some() || text.is_empty() {
            return;
        }
        self.grown = blocks.last_grown(event.index.or_zero());
        if let Some(text) = text.borrowed().filter(|_| self.grown.is_some()) {
            self.repeat.learn(data, &read::Repeated::text(text));
        }
    }
}
