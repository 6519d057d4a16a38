//! The substitute for a model. The last prompt decides what happens:
//!
//! | prompt | reply |
//! |---|---|
//! | `slow` | takes ten seconds |
//! | `cut` | the connection breaks in the middle |
//! | `busy` | the server refuses for a minute |
//! | `sleep` | calls a tool that takes a minute |
//! | `mail` | calls a tool that asks first |
//! | `ping` | `pong`, and nothing else |
//! | anything else | that of the demo model |

use std::{io, time::Duration};

use geppetto_testing::{At, ProviderServer, ReceivedRequest, Reply, demo, reply::ChatBody};

/// Name of the model.
pub(crate) const NAME: &str = demo::MODEL;

/// Delay before each delta.
const PACE: Duration = Duration::from_millis(50);

/// Starts the server.
pub(crate) async fn start() -> io::Result<ProviderServer> {
    let server = ProviderServer::start().await?;
    server.models([NAME]);
    server.respond_with(reply);
    Ok(server)
}

fn reply(request: &ReceivedRequest) -> Reply {
    let last = request.messages().last();
    let of = |field: &str| last.and_then(|own| own[field].as_str()).unwrap_or_default();
    if of("role") == "tool" {
        return Reply::chat()
            .text(format!("The tool says: {}.", of("content")))
            .finish("stop")
            .into();
    }
    // A prompt that was not answered is sent with the next one.
    match of("content").lines().last().unwrap_or_default() {
        "slow" => {
            let numbered = (1..=200).map(|number| format!("word{number} "));
            let words = numbered.fold(Reply::chat(), Reply::<ChatBody>::text);
            words.finish("stop").pace(PACE).into()
        }
        "ping" => Reply::chat().text("pong").finish("stop").into(),
        "cut" => Reply::chat()
            .text("This is ")
            .text("the beginning.")
            .cut_at(At::Event(3))
            .into(),
        "busy" => Reply::error(503, "overloaded", "too many requests").header("retry-after", "60"),
        "sleep" => Reply::chat()
            .tool_call("call_sleep", "sleep", "{}")
            .finish("tool_calls")
            .into(),
        "mail" => Reply::chat()
            .tool_call("call_mail", "send_mail", r#"{"to":"ann@example.com"}"#)
            .finish("tool_calls")
            .into(),
        _ => demo::reply(request),
    }
}
