//! [`Owner`]: the user that a request belongs to.

use std::{fmt, sync::Arc};

use geppetto_host::{Host, HostedSession};
use http::{StatusCode, request::Parts};

use crate::{Options, Problem};

/// The user that a request belongs to, as the application's own middleware names it.
///
/// Sessions are created in the store's group of this name, and nobody else can see or change them;
/// for others they do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner(String);

impl Owner {
    /// Creates the owner with a stable name, such as a user id. It must not be empty.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Finds the owner of a request.
pub(crate) type FindOwner = Arc<dyn Fn(&Parts) -> Option<Owner> + Send + Sync>;

/// What a request may see: all sessions, or those of one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope(Option<Owner>);

impl Scope {
    /// Returns the scope of a request.
    pub(crate) fn of(options: &Options, parts: &Parts) -> Result<Self, Problem> {
        let Some(find) = &options.owner else {
            return Ok(Self(None));
        };
        match find(parts).filter(|owner| !owner.0.is_empty()) {
            Some(owner) => Ok(Self(Some(owner))),
            None => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "the request does not belong to a known user",
            )
            .help("sign in and send the request again")),
        }
    }

    /// Returns the group of the sessions; `None` for all.
    pub(crate) fn group(&self) -> Option<&str> {
        self.0.as_ref().map(Owner::name)
    }

    /// Returns a session, unless it does not exist in this scope.
    pub(crate) async fn session(&self, host: &Host, id: &str) -> Result<HostedSession, Problem> {
        if geppetto_store::check_id(id).is_err() {
            return Err(Problem::no_session(id));
        }
        let session = host.session(id);
        let info = match session.info().await {
            Ok(info) => info,
            Err(error) if error.kind() == geppetto_host::ErrorKind::NotFound => {
                return Err(Problem::no_session(id));
            }
            Err(error) => return Err(error.into()),
        };
        if self.group().is_some() && info.group.as_deref() != self.group() {
            return Err(Problem::no_session(id));
        }
        Ok(session)
    }
}
