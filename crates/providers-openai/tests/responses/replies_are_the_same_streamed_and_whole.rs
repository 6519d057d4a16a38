//! A scripted reply, requested in both ways, results in the same blocks and the same result.

use geppetto_testing::{ProviderServer, Reply, reply::ResponsesBody};
use geppetto_transport::HttpClient;
use geppetto_turns::Turn;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{client, context, engine_with, run};

/// An output item of a model.
#[derive(Debug, Clone)]
enum Act {
    Message,
    Part,
    Text(String),
    Refusal(String),
    Citation,
    Summary(String),
    SummaryPart,
    Reasoning(String),
    Sealed,
    Silent,
    Call(String),
    Custom(String),
    Search,
}

fn reply(acts: &[Act], ending: u8) -> Reply<ResponsesBody> {
    let acted = acts
        .iter()
        .enumerate()
        .fold(Reply::responses(), |reply, (n, act)| match act {
            Act::Message => reply.message(),
            Act::Part => reply.text_part(),
            Act::Text(text) => reply.text(text),
            Act::Refusal(text) => reply.refusal(text),
            Act::Citation => reply.url_citation(&format!("http://a.test/{n}"), "A", 0..1),
            Act::Summary(text) => reply.summary(text),
            Act::SummaryPart => reply.summary_part(),
            Act::Reasoning(text) => reply.reasoning_text(text),
            Act::Sealed => reply.encrypted_content("sealed"),
            Act::Silent => reply.reasoning_item(),
            Act::Call(text) => {
                reply.tool_call_in_fragments(format!("call_{n}"), "f", ["{\"a\":", text, "}"])
            }
            Act::Custom(text) => reply.custom_tool_call(format!("call_{n}"), "g", [text, "!"]),
            Act::Search => reply.web_search("weather"),
        })
        .usage(20, 10)
        .cached_tokens(3);
    match ending {
        0 => acted.incomplete("max_output_tokens"),
        1 => acted.incomplete("content_filter"),
        2 => acted.failed("server_error", "Sorry"),
        _ => acted,
    }
}

fn any_act() -> impl Strategy<Value = Act> {
    let text = || "[a-zé \n\"]{0,12}";
    prop_oneof![
        1 => Just(Act::Message),
        1 => Just(Act::Part),
        4 => text().prop_map(Act::Text),
        1 => text().prop_map(Act::Refusal),
        1 => Just(Act::Citation),
        3 => text().prop_map(Act::Summary),
        1 => Just(Act::SummaryPart),
        1 => text().prop_map(Act::Reasoning),
        1 => Just(Act::Sealed),
        1 => Just(Act::Silent),
        2 => "[0-9]{1,8}".prop_map(Act::Call),
        1 => text().prop_map(Act::Custom),
        1 => Just(Act::Search),
    ]
}

/// Returns the result of a reply, without traces of its form.
async fn outcome(http: &HttpClient, stream: bool, reply: Reply<ResponsesBody>) -> String {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(reply);
    let engine = engine_with(&server, http);
    let engine = engine.stream(stream).build().unwrap();
    let mut turn = Turn::builder().user("Hi").build();
    let result = run(&engine, &context(), &mut turn).await;
    assert_eq!(server.next_request().await.wants_stream(), stream);
    let finish = match result {
        Ok(result) => format!(
            "{:?} {:?} {:?} {:?}",
            result.finish_class, result.stop_reason, result.usage, result.response_id
        ),
        Err(error) => format!("{:?} {:?}", error.kind(), error.provider_message()),
    };
    let blocks: Vec<String> = turn
        .blocks
        .iter()
        .map(|block| format!("{:?} {:?}", block.content, block.incomplete()))
        .collect();
    format!("{finish}\n{}", blocks.join("\n"))
}

#[test]
fn replies_are_the_same_streamed_and_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // One for all cases: creating one reads the system's certificates.
    let http = client();
    let acts = prop::collection::vec(any_act(), 0..10);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(150));
    let held = runner.run(&(acts, 0..8_u8, any::<u64>()), |(acts, ending, seed)| {
        let reply = reply(&acts, ending);
        let (streamed, whole) = runtime.block_on(async {
            let pieces = reply.clone().cut_into_random_chunks(seed, 64);
            let streamed = outcome(&http, true, pieces).await;
            (streamed, outcome(&http, false, reply).await)
        });
        prop_assert_eq!(streamed, whole);
        Ok(())
    });
    held.unwrap();
}
