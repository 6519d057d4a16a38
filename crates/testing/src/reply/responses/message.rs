//! [`Message`]: parts of text and refusals.

use serde_json::{Map, Value, json};

use super::stream::Events;

/// Fields that identify the item of an event.
pub(super) type Place = [(&'static str, Value); 2];

/// A change of a message.
#[derive(Clone, Copy)]
pub(super) enum Said<'a> {
    /// Another part starts.
    Part,
    Text(&'a str),
    Refusal(&'a str),
    Annotation(&'a Value),
}

/// The parts of a message.
#[derive(Default)]
pub(super) struct Message {
    parts: Vec<Part>,
    /// `true` if the last part is open.
    open: bool,
}

#[derive(Default)]
struct Part {
    refusal: bool,
    text: String,
    annotations: Vec<Value>,
}

impl Message {
    pub(super) fn say(&mut self, said: Said<'_>, place: &Place, events: &mut Events) {
        let refusal = matches!(said, Said::Refusal(_));
        let fits = self.open && self.parts.last().is_some_and(|p| p.refusal == refusal);
        if !fits || matches!(said, Said::Part) {
            self.begin_part(refusal, place, events);
        }
        let index = self.parts.len().saturating_sub(1);
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        let (kind, fields) = match said {
            Said::Part => return,
            Said::Text(delta) => {
                part.text.push_str(delta);
                let fields = vec![("delta", json!(delta)), ("logprobs", json!([]))];
                ("response.output_text.delta", fields)
            }
            Said::Refusal(delta) => {
                part.text.push_str(delta);
                ("response.refusal.delta", vec![("delta", json!(delta))])
            }
            Said::Annotation(annotation) => {
                let number = ("annotation_index", json!(part.annotations.len()));
                part.annotations.push(annotation.clone());
                let fields = vec![("annotation", annotation.clone()), number];
                ("response.output_text.annotation.added", fields)
            }
        };
        events.send(kind, at(place, index).chain(fields));
    }

    fn begin_part(&mut self, refusal: bool, place: &Place, events: &mut Events) {
        self.end_part(place, events);
        let part = Part {
            refusal,
            ..Part::default()
        };
        let fields = [("part", part.json())];
        let index = self.parts.len();
        events.send(
            "response.content_part.added",
            at(place, index).chain(fields),
        );
        self.parts.push(part);
        self.open = true;
    }

    pub(super) fn end_part(&mut self, place: &Place, events: &mut Events) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let index = self.parts.len().saturating_sub(1);
        let Some(part) = self.parts.last() else {
            return;
        };
        let text = json!(part.text);
        if part.refusal {
            let fields = at(place, index).chain([("refusal", text)]);
            events.send("response.refusal.done", fields);
        } else {
            let fields = [("text", text), ("logprobs", json!([]))];
            events.send("response.output_text.done", at(place, index).chain(fields));
        }
        let fields = at(place, index).chain([("part", part.json())]);
        events.send("response.content_part.done", fields);
    }

    /// Returns the complete parts.
    pub(super) fn json(&self) -> Value {
        self.parts.iter().map(Part::json).collect()
    }
}

impl Part {
    fn json(&self) -> Value {
        if self.refusal {
            return json!({"type": "refusal", "refusal": self.text});
        }
        let mut fields = Map::new();
        fields.insert("type".to_owned(), "output_text".into());
        fields.insert("text".to_owned(), self.text.as_str().into());
        fields.insert("annotations".to_owned(), self.annotations.clone().into());
        fields.insert("logprobs".to_owned(), json!([]));
        Value::Object(fields)
    }
}

/// Returns the fields that identify the part of an event.
fn at(place: &Place, index: usize) -> impl Iterator<Item = (&'static str, Value)> + use<> {
    let index = ("content_index", json!(index));
    place.clone().into_iter().chain([index])
}
