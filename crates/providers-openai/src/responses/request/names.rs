//! Ids and names in the form that the API accepts. A history may come from other servers with
//! arbitrary ids and names; those that are sent must be valid, unique, and unchanged when the
//! history grows.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use geppetto_provider::rules::Origin;
use geppetto_turns::{Block, Content};
use serde_json::Value;

use crate::responses::{CUSTOM_TOOL, keys};

/// Maximum length of an id that the API accepts, for items and calls.
const LONGEST_ID: usize = 64;

/// Length of the prefix that is kept of an id that is too long.
const READABLE: usize = 40;

/// Returns for each block the id to send with its item: one in the API's form for items of its
/// type, assigned by `origin`, and not used by an earlier item. The parts of one message are blocks
/// that share their id; the first of them has it.
pub(super) fn of_items<'a>(blocks: &'a [Arc<Block>], origin: &Origin) -> Vec<Option<&'a str>> {
    let mut sent = HashSet::new();
    // Id of the current message, and the id that it is sent with.
    let mut message = (None, None);
    let mut ids = Vec::with_capacity(blocks.len());
    for block in blocks {
        let own = own_id(block).filter(|_| origin.may_have_made(block));
        let mut fitting = || {
            let (id, _) = own.filter(|(id, prefix)| fits(id, prefix) && sent.insert(*id))?;
            Some(id)
        };
        let id = match &block.content {
            // It is not sent.
            Content::LlmText(text) if text.text.is_empty() => None,
            Content::LlmText(_) => {
                let whole = own.map(|(id, _)| id);
                if whole.is_none() || message.0 != whole {
                    message = (whole, fitting());
                }
                message.1
            }
            _ => {
                message = (None, None);
                fitting()
            }
        };
        ids.push(id);
    }
    ids
}

/// Returns the id that a server assigned to the item of a block, and the prefix of ids of its type.
fn own_id(block: &Block) -> Option<(&str, &'static str)> {
    let (id, prefix) = match &block.content {
        Content::LlmText(text) => (&text.item_id, "msg"),
        Content::Reasoning(reasoning) => (&reasoning.item_id, "rs"),
        Content::ToolCall(call) if is_custom(call.extra.get("type")) => (&call.item_id, "ctc"),
        Content::ToolCall(call) => (&call.item_id, "fc"),
        // It is sent back unchanged, with any id.
        Content::Other(other) if other.kind == keys::ITEM_KIND => {
            return Some((other.payload.get("id")?.as_str()?, ""));
        }
        _ => return None,
    };
    Some((id.as_deref()?, prefix))
}

pub(super) fn is_custom(kind: Option<&Value>) -> bool {
    kind.and_then(Value::as_str) == Some(CUSTOM_TOOL)
}

fn fits(id: &str, prefix: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    id.len() <= LONGEST_ID && id.starts_with(prefix) && !id.is_empty() && id.bytes().all(plain)
}

/// Ids of calls, as they are sent: servers that restart their ids in each reply reuse them, and
/// some are longer than this API accepts.
#[derive(Debug, Default)]
pub(super) struct CallIds<'a> {
    sent: HashSet<Cow<'a, str>>,
    /// Id with which the last call with an id was sent.
    last: HashMap<&'a str, Cow<'a, str>>,
}

impl<'a> CallIds<'a> {
    /// Records a call that the server already has.
    pub(super) fn known(&mut self, id: &'a str) {
        self.sent.insert(Cow::Borrowed(id));
        self.last.insert(id, Cow::Borrowed(id));
    }

    /// Returns the id to send for another call.
    pub(super) fn call(&mut self, id: &'a str) -> Cow<'a, str> {
        let mut fitting = short(Cow::Borrowed(id));
        let mut count = 1_usize;
        while !self.sent.insert(fitting.clone()) {
            count += 1;
            fitting = short(Cow::Owned(format!("{id}_{count}")));
        }
        self.last.insert(id, fitting.clone());
        fitting
    }

    /// Returns the id to send for the answer to the last call with this id. An answer to a call
    /// that is only on the server has the server's id.
    pub(super) fn answer(&self, id: &'a str) -> Cow<'a, str> {
        self.last.get(id).cloned().unwrap_or(Cow::Borrowed(id))
    }
}

/// Returns an id of valid length: its beginning, and a hash of all of it.
fn short(id: Cow<'_, str>) -> Cow<'_, str> {
    if id.chars().count() <= LONGEST_ID {
        return id;
    }
    let beginning: String = id.chars().take(READABLE).collect();
    // FNV-1a: the same on every platform and in every version.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Cow::Owned(format!("{beginning}_{hash:016x}"))
}
