//! Merging of the events of one call.

use serde_json::{Value, json};

use super::{ServerTool, ServerToolPhase};

/// Maximum length of the input of a merged call, in bytes: 64 KiB. Later deltas are dropped.
const INPUT_LIMIT: usize = 64 * 1024;

/// Maximum number of results of a merged call.
const RESULT_LIMIT: usize = 200;

impl ServerTool {
    /// Adds a later event of the same call. The result has the latest phase, the whole input
    /// (`arguments`, `code` or `query`), and all results with opened URLs (`results`); partial images
    /// are dropped. Bounded, whatever the provider sends.
    pub fn merge(&mut self, later: &Self) {
        use ServerToolPhase as P;
        if matches!(
            later.phase,
            P::Started | P::Running | P::Completed | P::Failed
        ) {
            self.phase = later.phase.clone();
        }
        if later.phase == P::InputDelta {
            self.append_input(later.text("delta").unwrap_or_default());
            return;
        }
        for name in ["arguments", "code", "query"] {
            if let Some(text) = later.text(name).filter(|text| !text.is_empty()) {
                let text: String = text.chars().take(INPUT_LIMIT).collect();
                self.data.insert(name.to_owned(), text.into());
            }
        }
        let found = later.data.get("results").and_then(Value::as_array);
        let found: Vec<Value> = found.into_iter().flatten().cloned().collect();
        if let Some(url) = later.text("url").filter(|url| !url.is_empty()) {
            self.add_result(json!({"url": url}));
        }
        found.into_iter().for_each(|result| self.add_result(result));
    }

    /// Creates the merged call of its first event.
    #[must_use]
    pub fn merged(first: &Self) -> Self {
        let mut own = Self::new(
            first.tool.clone(),
            ServerToolPhase::Started,
            first.item_id.as_str(),
        );
        own.merge(first);
        own
    }

    fn append_input(&mut self, delta: &str) {
        let known = self
            .data
            .entry("arguments")
            .or_insert_with(|| Value::String(String::new()));
        if let Value::String(text) = known
            && text.len() + delta.len() <= INPUT_LIMIT
        {
            text.push_str(delta);
        }
    }

    fn add_result(&mut self, result: Value) {
        let known = self
            .data
            .entry("results")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = known
            && list.len() < RESULT_LIMIT
            && !list.contains(&result)
        {
            list.push(result);
        }
    }
}
