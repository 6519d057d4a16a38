//! Routes for the interfaces of other projects: the Vercel AI SDK and AG-UI.

pub(crate) mod agui;
pub(crate) mod ai_sdk;
mod files;
mod input;
pub(crate) mod model;
mod runs;
mod stream;
mod watch;

pub use input::UiContext;
pub(crate) use watch::Watches;
