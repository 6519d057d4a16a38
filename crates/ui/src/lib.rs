//! The event stream of a session in the protocols that other projects' interfaces speak.
//!
//! Each module has a projection: a state machine that reads events and writes the messages of one
//! protocol. It does no I/O, does as much work as an event is long, and loses nothing that the
//! protocol can express.
//!
//! ```
//! # #![allow(unused_imports)]
//! use geppetto_ui::{agui, ai_sdk, openai};
//! ```
//!
//! | module | protocol |
//! |---|---|
//! | [`ai_sdk`] | UI message stream v1 of the Vercel AI SDK |
//! | [`agui`] | AG-UI 1.0 |
//! | [`openai`] | Chat Completions and Responses, as a server |

pub mod agui;
pub mod ai_sdk;
pub mod openai;
