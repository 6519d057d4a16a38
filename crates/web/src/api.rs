//! Handlers of the routes.

pub(crate) mod approvals;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod images;
pub(crate) mod messages;
pub(crate) mod pending;
pub(crate) mod profiles;
pub(crate) mod runs;
pub(crate) mod sessions;
