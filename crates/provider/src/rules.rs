//! Rules of providers that are data: which ids and names of tools a server takes, where a block came
//! from, what a finish reason means.
//!
//! The order of messages is a rule of [`geppetto_turns::Rules`].

mod call_ids;
mod names;
mod origin;
mod reasons;

pub use call_ids::{CallIdForm, CallIds};
pub use names::fitting_name;
pub use origin::{ORIGIN, Origin};
pub use reasons::Meaning;
