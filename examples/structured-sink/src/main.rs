//! A model writes data into its text, `<app:plan:v1> ... </app:plan:v1>`. The structured sink
//! extracts the data while the text streams: the application receives the plan as it grows, the
//! screen shows the clean text.
//!
//! ```text
//! $ cargo run -p structured-sink
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{error::Error, sync::Arc};

use example_run::println;
use geppetto_enginebuilder::Builder;
use geppetto_events::{EventKind, EventSink, kind::CustomEvent, sink_fn};
use geppetto_session::Session;
use geppetto_structured::{BlockInfo, Extractor, Malformed, PartialYaml, StructuredSink};
use geppetto_testing::{Script, ScriptedEngine};
use serde_json::{Map, Value};

/// Reads one plan. The events that its methods return are published at the position of the plan in
/// the text.
#[derive(Default)]
struct Plan {
    yaml: PartialYaml,
}

impl Extractor for Plan {
    fn grow(&mut self, _: &BlockInfo, chunk: &str) -> Vec<EventKind> {
        if !self.yaml.push(chunk) {
            return Vec::new(); // nothing new yet: half a line
        }
        event("plan.grew", "plan", self.yaml.value().cloned())
    }

    fn complete(
        &mut self,
        _: &BlockInfo,
        _raw: &str,
        outcome: Result<(), Malformed>,
    ) -> Vec<EventKind> {
        let plan = std::mem::take(&mut self.yaml)
            .finish()
            .map_err(|error| error.to_string());
        match outcome.map_err(|malformed| malformed.to_string()).and(plan) {
            Ok(plan) => event("plan.ready", "plan", Some(plan)),
            Err(why) => event("plan.broken", "why", Some(why.into())),
        }
    }
}

/// An event that the application defines.
fn event(name: &str, field: &str, value: Option<Value>) -> Vec<EventKind> {
    let fields = Map::from_iter([(field.to_owned(), value.unwrap_or_default())]);
    vec![EventKind::Custom(CustomEvent::new(name, fields))]
}

/// Shows the output of the structured sink.
fn screen() -> Arc<dyn EventSink> {
    Arc::new(sink_fn(|event| match &event.kind {
        EventKind::TextDelta(text) => println!("text        {:?}", text.delta),
        EventKind::TextSegmentFinished(text) => println!("clean text  {:?}", text.text),
        EventKind::Custom(own) => println!(
            "{:<11} {}",
            own.event_type,
            Value::Object(own.fields.clone())
        ),
        _ => {}
    }))
}

/// In place of a model. The deltas can split anywhere, even inside tags.
fn model() -> ScriptedEngine {
    let whole = Script::new()
        .text("Here is the pl")
        .text("an: <app:pl")
        .text("an:v1>\ntitle: Shop\nit")
        .text("ems:\n  - milk\n  - br")
        .text("ead\n</app:plan")
        .text(":v1> Shall I?");
    let broken_off = Script::new()
        .text("Again: <app:plan:v1>\ntitle: Shop\nit")
        .text("ems:");
    ScriptedEngine::new([whole, broken_off])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let sink =
        StructuredSink::new(screen()).extract("app", "plan", |_| Box::new(Plan::default()))?;
    let session = Session::new(Builder::new(model()).event_sink(sink));

    println!("--- a whole plan");
    session.submit("Make a plan.").await?.wait().await?;
    println!("--- a plan without its end");
    session.submit("Again.").await?.wait().await?;
    Ok(())
}
