//! Decisions about tool calls that wait for a person.

use axum::{Json, extract::State};
use geppetto_host::Decision;
use geppetto_turns::Args;
use http::StatusCode;

use crate::{
    Problem,
    app::App,
    extract::{CallId, Input, Key, Target},
    model::{Accepted, Approval},
};

use super::runs::{self, Sent};

pub(crate) async fn decide(
    State(app): State<App>,
    Target(session): Target,
    CallId(call): CallId,
    Key(key): Key,
    Input(input): Input<Approval>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let decision = match input {
        Approval::Allow { arguments: None } => Decision::Allow,
        Approval::Allow {
            arguments: Some(arguments),
        } if arguments.is_object() => Decision::allow_with(Args::from(arguments)),
        Approval::Allow { .. } => {
            return Err(Problem::unprocessable("`arguments` must be an object"));
        }
        Approval::Reject { reason } if reason.trim().is_empty() => {
            Decision::reject("the user rejected the call")
        }
        Approval::Reject { reason } => Decision::reject(reason),
        Approval::Answer { result } => Decision::answer(result),
    };
    let submit = session.answer([(call, decision)]);
    let submit = Sent::new(submit);
    runs::start(&app, &session, submit, None, key).await
}
