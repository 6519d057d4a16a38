//! The objects of a reply, borrowed from its bytes.

use geppetto_provider::{
    read::{Number, Text},
    wire_object,
};
use serde_json::value::RawValue;

wire_object! {
    /// An event.
    pub(super) struct Event {
        kind as "type": Text<'a>,
        index: Number,
        delta: Delta<'a>,
        content_block: Option<&'a RawValue>,
        message: Option<&'a RawValue>,
        usage: Option<&'a RawValue>,
        context_management: Option<&'a RawValue>,
        error: Option<&'a RawValue>,
    }
}

wire_object! {
    /// A change of a content block, or of the message.
    pub(super) struct Delta {
        kind as "type": Text<'a>,
        text: Text<'a>,
        thinking: Text<'a>,
        partial_json: Text<'a>,
        signature: Text<'a>,
        citation: Option<&'a RawValue>,
        stop_reason: Text<'a>,
        stop_sequence: Text<'a>,
        stop_details: Option<&'a RawValue>,
        container: Option<&'a RawValue>,
        usage: Option<&'a RawValue>,
    }
}

wire_object! {
    /// A message.
    pub(super) struct Message {
        kind as "type": Text<'a>,
        id: Text<'a>,
        model: Text<'a>,
        content: Option<Vec<Option<&'a RawValue>>>,
        stop_reason: Text<'a>,
        stop_sequence: Text<'a>,
        stop_details: Option<&'a RawValue>,
        context_management: Option<&'a RawValue>,
        container: Option<&'a RawValue>,
        usage: Option<&'a RawValue>,
        error: Option<&'a RawValue>,
    }
}

wire_object! {
    /// A content block.
    pub(super) struct Block {
        kind as "type": Text<'a>,
        id: Text<'a>,
        tool_use_id: Text<'a>,
        name: Text<'a>,
        text: Text<'a>,
        thinking: Text<'a>,
        signature: Text<'a>,
        data: Text<'a>,
        input: Option<&'a RawValue>,
        citations: Option<&'a RawValue>,
        caller: Option<&'a RawValue>,
    }
}
