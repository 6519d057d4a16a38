//! Ids and names that the API takes. A history may come from other servers, which make them as they
//! like; what is sent must fit, be there once, and not change when the history grows.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use geppetto_provider::rules::Origin;
use geppetto_turns::{Block, Content};
use serde_json::Value;

use crate::responses::{CUSTOM_TOOL, keys};

/// The longest id that the API takes, of an item and of a call.
const LONGEST_ID: usize = 64;

/// How much of an id that is too long stays readable.
const READABLE: usize = 40;

/// For each block the id that its item may be sent with: one of the form that the API gives to
/// items of its type, that `origin` gave, and not one that an earlier item has. The parts of one message are blocks
/// that share their id; the first of them has it.
pub(super) fn of_items<'a>(blocks: &'a [Arc<Block>], origin: &Origin) -> Vec<Option<&'a str>> {
    let mut sent = HashSet::new();
    // The id of the message that is being written, and the one that it is sent with.
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

/// The id that a server gave to the item of a block, and what ids of its type begin with.
fn own_id(block: &Block) -> Option<(&str, &'static str)> {
    let (id, prefix) = match &block.content {
        Content::LlmText(text) => (&text.item_id, "msg"),
        Content::Reasoning(reasoning) => (&reasoning.item_id, "rs"),
        Content::ToolCall(call) if is_custom(call.extra.get("type")) => (&call.item_id, "ctc"),
        Content::ToolCall(call) => (&call.item_id, "fc"),
        // It goes back as it came, with whatever id it has.
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

/// The ids of calls, as they are sent: servers that count calls anew in each reply use them again,
/// and some are longer than this API takes.
#[derive(Debug, Default)]
pub(super) struct CallIds<'a> {
    sent: HashSet<Cow<'a, str>>,
    /// What the last call with an id was sent with.
    last: HashMap<&'a str, Cow<'a, str>>,
}

impl<'a> CallIds<'a> {
    /// A call that the server has.
    pub(super) fn known(&mut self, id: &'a str) {
        self.sent.insert(Cow::Borrowed(id));
        self.last.insert(id, Cow::Borrowed(id));
    }

    /// The id to send for another call.
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

    /// The id to send for the answer to the last call with this id. What answers a call that is not
    /// here, but at the server, has the server's id.
    pub(super) fn answer(&self, id: &'a str) -> Cow<'a, str> {
        self.last.get(id).cloned().unwrap_or(Cow::Borrowed(id))
    }
}

/// An id of a length that the API takes: its beginning, and a hash of all of it.
fn short(id: Cow<'_, str>) -> Cow<'_, str> {
    if id.chars().count() <= LONGEST_ID {
        return id;
    }
    let beginning: String = id.chars().take(READABLE).collect();
    // FNV-1a: the same everywhere and always.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Cow::Owned(format!("{beginning}_{hash:016x}"))
}
