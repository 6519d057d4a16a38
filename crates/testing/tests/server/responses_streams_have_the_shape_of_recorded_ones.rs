use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use geppetto_testing::{ProviderServer, Reply};
use serde_json::Value;

use crate::client::{ask, responses_streamed};

/// Objects of recorded streams, by kind: the keys that all of them have, and those that any of them
/// has.
#[derive(Default)]
struct Shapes(BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>);

impl Shapes {
    fn add(&mut self, what: String, object: &Value) {
        let keys = keys(object);
        let (all, any) = self
            .0
            .entry(what)
            .or_insert_with(|| (keys.clone(), BTreeSet::new()));
        all.retain(|key| keys.contains(key));
        any.extend(keys);
    }

    fn add_event(&mut self, event: &Value) {
        each_object(event, |what, object| self.add(what, object));
    }

    /// Checks that an object has all common keys of the recorded ones, and no unknown one.
    #[track_caller]
    fn check(&self, what: &str, object: &Value) {
        let Some((all, any)) = self.0.get(what) else {
            return;
        };
        let keys = keys(object);
        let missing: Vec<_> = all.difference(&keys).collect();
        let invented: Vec<_> = keys.difference(any).collect();
        assert!(missing.is_empty(), "{what} lacks {missing:?}: {object}");
        assert!(invented.is_empty(), "{what} invents {invented:?}: {object}");
    }
}

fn keys(object: &Value) -> BTreeSet<String> {
    let keys = object.as_object().into_iter().flat_map(|o| o.keys());
    // Only hides the length of the event.
    keys.filter(|key| *key != "obfuscation").cloned().collect()
}

/// Visits the objects in an event: itself, its item and its part, its response and their contents.
fn each_object(event: &Value, mut take: impl FnMut(String, &Value)) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&event["type"]);
    take(kind.clone(), event);
    for field in ["item", "part", "annotation"] {
        if event[field].is_object() {
            take(
                format!("{kind} {}", text(&event[field]["type"])),
                &event[field],
            );
        }
    }
    if event["response"].is_object() {
        take("response".to_owned(), &event["response"]);
        let output = event["response"]["output"].as_array();
        for item in output.into_iter().flatten() {
            take(format!("output {}", text(&item["type"])), item);
        }
        if event["response"]["usage"].is_object() {
            take("usage".to_owned(), &event["response"]["usage"]);
        }
    }
}

/// Returns the streams sent by OpenAI itself.
fn recorded() -> Shapes {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/recordings/openai-responses"
    ));
    let mut shapes = Shapes::default();
    for entry in fs::read_dir(folder).unwrap() {
        let case = entry.unwrap().path();
        let meta: Value =
            serde_json::from_slice(&fs::read(case.join("meta.json")).unwrap()).unwrap();
        let stream = fs::read_to_string(case.join("response.sse"));
        let (Ok(stream), Some("openai")) = (stream, meta["vendor"].as_str()) else {
            continue;
        };
        for data in stream
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
        {
            if let Ok(event) = serde_json::from_str(data) {
                shapes.add_event(&event);
            }
        }
    }
    shapes
}

#[tokio::test]
#[ignore = "needs ../shared"]
async fn scripted_streams_have_the_fields_of_recorded_ones() {
    let shapes = recorded();
    let full = || {
        Reply::responses()
            .summary_words("Let me see")
            .encrypted_content("gAAA")
            .web_search("weather")
            .text("It is ")
            .text("mild")
            .url_citation("http://a.test/", "A", 0..1)
            .tool_call("call_1", "lookup", "{}")
            .custom_tool_call("call_2", "patch", ["x"])
            .usage(20, 10)
            .cached_tokens(4)
            .reasoning_tokens(3)
    };
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(full());
    server.enqueue(full().refusal("No").incomplete("max_output_tokens"));
    server.enqueue(full().failed("server_error", "Sorry"));
    server.enqueue(full().error_in_stream("server_error", "Sorry"));
    let mut seen = BTreeSet::new();
    while server.replies_left() > 0 {
        let stream = ask(&server, &responses_streamed()).await;
        for (_, event) in stream.named_events() {
            each_object(&event, |what, object| {
                shapes.check(&what, object);
                if shapes.0.contains_key(&what) {
                    seen.insert(what);
                }
            });
        }
    }
    for what in [
        "response.output_text.delta",
        "response.output_item.done function_call",
        "response.reasoning_summary_text.done",
        "response.output_item.added web_search_call",
        "response.refusal.done",
        "response.failed",
        "error",
        "usage",
    ] {
        assert!(seen.contains(what), "{what} was never compared: {seen:?}");
    }
    assert!(seen.len() > 40, "{seen:?}");
}
