//! [`Repeated`]: tool calls that a server sends twice, with the id of an earlier one.
//!
//! Relays that translate one format to another repeat a call that they have streamed, at another index or as another item:
//! it would run twice. A model that calls a tool twice has two ids, or other arguments.
//!
//! Report: <https://github.com/QuantumNous/new-api/issues/6278>.

use std::collections::HashMap;

use geppetto_engine::{ItemId, ResponseWriter};
use geppetto_turns::Incomplete;

/// The calls of a reply by the ids of the server.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    first: HashMap<Box<str>, ItemId>,
    /// Calls with the id of an earlier one, which is the first of each pair.
    pairs: Vec<(ItemId, ItemId)>,
}

impl Repeated {
    /// Notes a call. Calls without an id are different ones.
    pub(super) fn note(&mut self, id: &str, item: ItemId) {
        match self.first.get(id) {
            _ if id.is_empty() => {}
            Some(first) => self.pairs.push((*first, item)),
            None => {
                self.first.insert(id.into(), item);
            }
        }
    }

    /// Revokes the calls that have the name and the arguments of the earlier ones. Returns their number.
    pub(super) fn revoke(self, writer: &mut ResponseWriter<'_>) -> usize {
        let mut revoked = 0;
        for (first, second) in self.pairs {
            let mut name = |item| {
                let call = writer.block_mut(item)?.as_tool_call()?;
                Some(call.name.clone())
            };
            if name(first) == name(second) && writer.text(first) == writer.text(second) {
                writer.revoke(second, Incomplete::Truncated);
                revoked += 1;
            }
        }
        revoked
    }
}
