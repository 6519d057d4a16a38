//! Profiles.

use axum::{Json, extract::State};
use geppetto_host::{ErrorKind, HostedSession};
use geppetto_turns::Turn;

use crate::{
    Problem, Profile,
    app::{App, Shared},
    model::{ProfileList, ProfileSummary},
};

pub(crate) async fn list(State(app): State<App>) -> Json<ProfileList> {
    let profiles = app.options.profiles.iter().map(|own| ProfileSummary {
        name: own.name.clone(),
        title: own.title.clone().unwrap_or_else(|| own.name.clone()),
        description: own.description.clone(),
        model: own.model.clone(),
    });
    Json(ProfileList {
        profiles: profiles.collect(),
    })
}

/// Sets the profile of a session's following messages. It is kept with the latest turn, or with an
/// empty one before the first message; while an inference is running, in memory.
pub(crate) async fn choose(
    app: &Shared,
    session: &HostedSession,
    name: &str,
) -> Result<(), Problem> {
    app.choose(session.id(), name)?;
    let name = name.to_owned();
    let has_turns = session.info().await?.turns > 0;
    let noted = if has_turns {
        let noted = session.update_latest(|turn| Profile::note(turn, &name));
        noted.await.map(drop)
    } else {
        let mut first = Turn::new();
        Profile::note(&mut first, &name);
        session.append(first).await
    };
    match noted {
        Err(error) if error.kind() != ErrorKind::Busy => Err(error.into()),
        _ => Ok(()),
    }
}

/// Returns the name of the profile of a session's next message: the one that was chosen last, that
/// of its latest turn, or the default.
pub(crate) fn of_session(
    app: &Shared,
    session: &HostedSession,
    latest: Option<&Turn>,
) -> Option<String> {
    let chosen = app.chosen(session.id());
    let chosen = chosen.or_else(|| latest.and_then(Profile::of));
    let chosen = chosen.filter(|name| app.options.profile_named(name).is_some());
    chosen.or_else(|| app.options.profiles.first().map(|own| own.name.clone()))
}
