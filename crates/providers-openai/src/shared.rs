//! What both wires do alike: settings of an engine and of a request, the call with its attempts,
//! the beginning and the end of a reply, errors inside it, and values whatever their type.

pub(crate) mod again;
pub(crate) mod arguments;
pub(crate) mod call;
pub(crate) mod call_ids;
pub(crate) mod connection;
pub(crate) mod error;
pub(crate) mod halves;
pub(crate) mod limits;
pub(crate) mod mend;
pub(crate) mod models;
pub(crate) mod names;
pub(crate) mod notes;
pub(crate) mod number;
pub(crate) mod object;
pub(crate) mod origin;
pub(crate) mod reasons;
pub(crate) mod reply;
pub(crate) mod settings;
pub(crate) mod stop;
pub(crate) mod taken;
pub(crate) mod text;
pub(crate) mod unsent;
pub(crate) mod words;
pub(crate) mod written;
