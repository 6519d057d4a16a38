//! Rules of providers as data: accepted ids and names of tools, the origin of a block, the meaning
//! of a finish reason, the properties of models that several servers have.
//!
//! The order of messages is defined by [`geppetto_turns::Rules`].

mod call_ids;
mod claude;
mod names;
mod origin;
mod reasons;
mod refusal;
pub mod schema;
mod vertex;

pub use call_ids::{CallIdForm, CallIds};
pub use claude::Claude;
pub use names::{NameForm, ToolNames};
pub use origin::{ORIGIN, Origin, flag_before};
pub use reasons::Meaning;
pub(crate) use reasons::is_of_model;
pub use refusal::refusal;
pub use vertex::{is_vertex, push_model, vertex_url};
