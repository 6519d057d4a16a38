//! Texts of a response: messages and reasoning.

use geppetto_events::kind::{Citation, REPLACED};
use serde_json::{Value, json};

use super::{
    super::{
        item::{Content, Item},
        part::{Part, PartKind},
    },
    ResponseStream, Segment,
};

impl ResponseStream {
    pub(super) fn begin_segment(&mut self, id: &str, kind: PartKind, group: Option<u64>) {
        if group.is_none() || !self.groups.contains_key(&group.unwrap_or_default()) {
            self.end_groups();
        }
        let segment = Segment {
            kind,
            group,
            item: None,
            read: 0,
        };
        self.segments.insert(id.to_owned(), segment);
    }

    /// Ends the items of reasoning with several parts.
    pub(in crate::openai::responses) fn end_groups(&mut self) {
        for (_, index) in std::mem::take(&mut self.groups) {
            self.close(index, "completed");
        }
    }

    pub(super) fn grow(&mut self, id: &str, text: &str, merged: u64) {
        let Some(segment) = self.segments.get_mut(id) else {
            return;
        };
        segment.read += text.len();
        let (kind, group, item) = (segment.kind, segment.group, segment.item);
        self.has_refused |= kind == PartKind::Refusal;
        let index = item.unwrap_or_else(|| self.begin_part(id, kind, group));
        let Some(part) = self.part_mut(index) else {
            return;
        };
        part.text.push_str(text);
        let (name, index_name, number) = (part.names()[1], part.index_name(), part.index);
        let mut data = self.place(index);
        if let Some(fields) = data.as_object_mut() {
            fields.insert(index_name.to_owned(), number.into());
            fields.insert("delta".to_owned(), text.into());
            if kind == PartKind::Text {
                fields.insert("logprobs".to_owned(), json!([]));
            }
        }
        self.send_merged(name, data, merged);
    }

    /// Starts a part, and its item if there is none.
    fn begin_part(&mut self, id: &str, kind: PartKind, group: Option<u64>) -> usize {
        let known = group.and_then(|group| self.groups.get(&group).copied());
        let index = match (kind, known) {
            (PartKind::Text | PartKind::Refusal, _) => {
                self.open(Content::Message(Part::new(kind, 0)))
            }
            (_, Some(index)) => {
                self.end_parts(index);
                index
            }
            (_, None) => {
                let index = self.open(Content::Reasoning(Vec::new()));
                if let Some(group) = group {
                    self.groups.insert(group, index);
                }
                index
            }
        };
        if let Some(Content::Reasoning(parts)) =
            self.items.get_mut(index).map(|own| &mut own.content)
        {
            let number = parts.iter().filter(|own| own.kind == kind).count();
            parts.push(Part::new(kind, number));
        }
        if let Some(segment) = self.segments.get_mut(id) {
            segment.item = Some(index);
        }
        let Some(part) = self.part_mut(index) else {
            return index;
        };
        let (name, empty) = (part.names()[0], part.empty());
        let (index_name, number) = (part.index_name(), part.index);
        let mut data = self.place(index);
        if let Some(fields) = data.as_object_mut() {
            fields.insert(index_name.to_owned(), number.into());
            fields.insert("part".to_owned(), empty);
        }
        self.send(name, data);
        index
    }

    /// Returns the last part of an item.
    fn part_mut(&mut self, index: usize) -> Option<&mut Part> {
        match &mut self.items.get_mut(index)?.content {
            Content::Message(part) => Some(part),
            Content::Reasoning(parts) => parts.last_mut(),
            _ => None,
        }
    }

    /// Ends the open part of an item.
    pub(super) fn end_parts(&mut self, index: usize) {
        let Some(part) = self.part_mut(index).filter(|own| own.is_open) else {
            return;
        };
        part.is_open = false;
        let [_, _, text_done, part_done] = part.names();
        let (index_name, number) = (part.index_name(), part.index);
        let (text_name, text, json) = (part.text_name(), part.text.clone(), part.json());
        let is_text = part.kind == PartKind::Text;
        let mut place = self.place(index);
        let Some(fields) = place.as_object_mut() else {
            return;
        };
        fields.insert(index_name.to_owned(), number.into());
        let mut done = fields.clone();
        done.insert(text_name.to_owned(), text.into());
        if is_text {
            done.insert("logprobs".to_owned(), json!([]));
        }
        fields.insert("part".to_owned(), json);
        self.send(text_done, Value::Object(done));
        self.send(part_done, place);
    }

    pub(super) fn end_segment(&mut self, id: &str, text: &str, reason: Option<&str>) {
        let is_replaced = reason == Some(REPLACED);
        // A reader that joined late has not seen all deltas.
        let read = self.segments.get(id).map_or(0, |own| own.read);
        if let Some(rest) = text.get(read..).filter(|rest| !rest.is_empty()) {
            self.grow(id, rest, 1);
        }
        let Some(segment) = self.segments.remove(id) else {
            return;
        };
        let Some(index) = segment.item else {
            return;
        };
        if matches!(reason, Some("cancelled" | "failed" | "truncated")) {
            if let Some(group) = segment.group {
                self.groups.remove(&group);
            }
            if let Some(item) = self.items.get_mut(index) {
                item.is_broken = true;
            }
            return;
        }
        if is_replaced && let Some(item) = self.items.get_mut(index) {
            item.is_dropped = true;
        }
        match (is_replaced, segment.group) {
            (true, _) => self.close(index, "incomplete"),
            (false, Some(_)) => self.end_parts(index),
            (false, None) => self.close(index, "completed"),
        }
    }

    pub(super) fn cite(&mut self, citation: &Citation) {
        let is_message = |own: &&mut Item| matches!(own.content, Content::Message(_));
        let Some(item) = self.items.iter_mut().rev().find(is_message) else {
            return;
        };
        let (index, is_open) = (item.index, item.is_open());
        let Content::Message(part) = &mut item.content else {
            return;
        };
        let annotation = json!({"type": "url_citation", "url": citation.url,
            "title": citation.title,
            "start_index": citation.start_index.unwrap_or_default(),
            "end_index": citation.end_index.unwrap_or_default()});
        part.annotations.push(annotation.clone());
        if !is_open {
            return;
        }
        let number = part.annotations.len() - 1;
        let mut data = self.place(index);
        if let Some(fields) = data.as_object_mut() {
            fields.insert("content_index".to_owned(), 0.into());
            fields.insert("annotation_index".to_owned(), number.into());
            fields.insert("annotation".to_owned(), annotation);
        }
        self.send("response.output_text.annotation.added", data);
    }
}
