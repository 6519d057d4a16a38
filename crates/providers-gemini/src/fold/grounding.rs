//! [`Grounding`]: the sources of a reply, as citations.

use geppetto_engine::Finish;
use geppetto_events::{EventKind, kind::Citation};
use geppetto_provider::{
    Output,
    read::{MAX_ENTRIES, raw_value},
};
use serde_json::{Map, Value, json, value::RawValue};

/// Lists of the metadata that grow from chunk to chunk.
const CHUNKS: &str = "groundingChunks";
const SUPPORTS: &str = "groundingSupports";
const QUERIES: &str = "webSearchQueries";

/// Sources of a reply: `groundingMetadata` of built-in tools, and `citationMetadata` of recited
/// texts.
///
/// Source: <https://ai.google.dev/api/generate-content#GroundingMetadata>.
#[derive(Debug, Default)]
pub(super) struct Grounding {
    metadata: Map<String, Value>,
    /// Sources of recited texts.
    citations: Vec<Value>,
}

impl Grounding {
    /// Processes the metadata of a chunk: each field that is not empty replaces the earlier one.
    pub(super) fn take(&mut self, raw: &RawValue) {
        let Some(Value::Object(fields)) = raw_value(raw.get()) else {
            return;
        };
        for (name, value) in fields {
            let is_empty = match &value {
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
                value => value.is_null(),
            };
            if !is_empty {
                self.metadata.insert(name, value);
            }
        }
    }

    /// Processes the sources of a recited text.
    pub(super) fn take_citations(&mut self, raw: &RawValue, out: &Output<'_>) {
        let value = raw_value(raw.get()).unwrap_or_default();
        // Vertex AI has another name for them.
        let list = value
            .get("citationSources")
            .or_else(|| value.get("citations"));
        for source in list.and_then(Value::as_array).into_iter().flatten() {
            let citation = citation(source, source);
            if self.citations.len() < MAX_ENTRIES && !self.citations.contains(&citation) {
                publish(&citation, out);
                self.citations.push(citation);
            }
        }
    }

    /// Returns the queries of web searches.
    pub(super) fn queries(&self) -> impl Iterator<Item = &str> {
        let queries = self.list(QUERIES).iter().filter_map(Value::as_str);
        queries.filter(|query| !query.is_empty())
    }

    fn list(&self, name: &str) -> &[Value] {
        self.metadata
            .get(name)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Stores the metadata in the finish, and returns the citations.
    pub(super) fn settle(mut self, finish: &mut Finish, out: &Output<'_>) -> Vec<Value> {
        let mut cited = vec![false; self.list(CHUNKS).len()];
        let mut citations = Vec::new();
        for support in self.list(SUPPORTS).iter().take(MAX_ENTRIES) {
            let segment = support.get("segment").unwrap_or(&Value::Null);
            let indices = support
                .get("groundingChunkIndices")
                .and_then(Value::as_array);
            for index in indices.into_iter().flatten().filter_map(Value::as_u64) {
                let at = usize::try_from(index).unwrap_or(usize::MAX);
                let (Some(chunk), Some(is_cited)) = (self.list(CHUNKS).get(at), cited.get_mut(at))
                else {
                    continue;
                };
                *is_cited = true;
                citations.push(citation(source_of(chunk), segment));
            }
        }
        let uncited = self
            .list(CHUNKS)
            .iter()
            .zip(&cited)
            .filter(|(_, is_cited)| !**is_cited);
        citations.extend(uncited.map(|(chunk, _)| citation(source_of(chunk), &Value::Null)));
        citations.truncate(MAX_ENTRIES);
        citations.iter().for_each(|citation| publish(citation, out));
        if !self.metadata.is_empty() {
            finish.details.set("grounding_metadata", self.metadata);
        }
        self.citations.extend(citations);
        self.citations
    }
}

/// Returns the source in a chunk: `web`, `retrievedContext`, `maps`.
fn source_of(chunk: &Value) -> &Value {
    let mut sources = chunk.as_object().into_iter().flat_map(Map::values);
    sources.find(|source| source.is_object()).unwrap_or(chunk)
}

/// Returns a citation, in the form of the annotations of all wires. Positions are in bytes.
fn citation(source: &Value, segment: &Value) -> Value {
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    let mut citation = Map::new();
    citation.insert("type".to_owned(), "url_citation".into());
    citation.insert("url".to_owned(), json!(text("uri").unwrap_or_default()));
    citation.insert("title".to_owned(), json!(text("title").unwrap_or_default()));
    // A position of 0 is left out on the wire.
    if let Some(end) = segment.get("endIndex").and_then(Value::as_u64) {
        let start = segment.get("startIndex").and_then(Value::as_u64);
        citation.insert("start_index".to_owned(), start.unwrap_or_default().into());
        citation.insert("end_index".to_owned(), end.into());
    }
    Value::Object(citation)
}

fn publish(citation: &Value, out: &Output<'_>) {
    let text = |name: &str| {
        citation
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut event = Citation::default();
    event.url = text("url").to_owned();
    event.title = text("title").to_owned();
    event.start_index = citation.get("start_index").and_then(Value::as_u64);
    event.end_index = citation.get("end_index").and_then(Value::as_u64);
    out.publish(EventKind::Citation(Box::new(event)));
}
