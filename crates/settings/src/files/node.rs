//! [`Node`]: a part of a document with its line.

use serde_json::Value as Json;

use crate::{Place, Source};
use std::{collections::BTreeSet, path::Path, sync::Arc};

/// A part of a document. Does not implement `Debug`, because it contains keys.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) line: Option<usize>,
    pub(crate) shape: Shape,
}

#[derive(Clone)]
pub(crate) enum Shape {
    Scalar(Json),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn entries(&self) -> &[(String, Node)] {
        match &self.shape {
            Shape::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.shape, Shape::Map(_))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.shape, Shape::Scalar(Json::Null))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let mut entries = self.entries().iter();
        entries.find_map(|(name, node)| (name == key).then_some(node))
    }

    /// Returns the text of a scalar; numbers and booleans in their source form.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.shape {
            Shape::Scalar(Json::String(text)) => Some(text.trim().to_owned()),
            Shape::Scalar(Json::Null) => None,
            Shape::Scalar(other) => Some(other.to_string()),
            _ => None,
        }
    }

    pub(crate) fn to_json(&self) -> Json {
        match &self.shape {
            Shape::Scalar(json) => json.clone(),
            Shape::List(items) => items.iter().map(Self::to_json).collect(),
            Shape::Map(entries) => {
                let entries = entries.iter();
                Json::Object(
                    entries
                        .map(|(key, node)| (key.clone(), node.to_json()))
                        .collect(),
                )
            }
        }
    }

    pub(crate) fn place(&self, file: &Arc<Path>) -> Place {
        Place::new(Arc::clone(file), self.line)
    }

    pub(crate) fn source(&self, file: &Arc<Path>) -> Source {
        Source::Config {
            place: self.place(file),
        }
    }

    /// Merges the maps that `<<` refers to, with precedence for the map's own keys, as in YAML 1.1.
    pub(super) fn merge_keys(&mut self) {
        match &mut self.shape {
            Shape::Scalar(_) => {}
            Shape::List(items) => items.iter_mut().for_each(Self::merge_keys),
            Shape::Map(entries) => {
                for (_, node) in entries.iter_mut() {
                    node.merge_keys();
                }
                let Some(at) = entries.iter().position(|(key, _)| key == "<<") else {
                    return;
                };
                let (_, merged) = entries.remove(at);
                let parts = match merged.shape {
                    Shape::List(items) => items,
                    shape => vec![Self {
                        line: merged.line,
                        shape,
                    }],
                };
                let parts = parts.into_iter().filter_map(|part| match part.shape {
                    Shape::Map(part) => Some(part),
                    _ => None,
                });
                let mut known: BTreeSet<_> = entries.iter().map(|(key, _)| key.clone()).collect();
                for (key, node) in parts.flatten() {
                    if known.insert(key.clone()) {
                        entries.push((key, node));
                    }
                }
            }
        }
    }
}
