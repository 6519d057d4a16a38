//! [`Model`]: what the parent knows of a store, from the notes of its children alone.

use std::collections::{BTreeMap, BTreeSet};

use geppetto_store::TurnRow;

use crate::note::{End, Note};

/// What was asked for, acknowledged and done, in the order in which it was told.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) sessions: BTreeMap<String, Expected>,
    pub(crate) acts: BTreeMap<Call, Acts>,
    pub(crate) problems: Vec<String>,
}

/// A session.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// The session and turn that it was forked from.
    pub(crate) origin: Option<(String, u64)>,
    /// `true` once the fork was acknowledged; a session that is no fork exists with its first
    /// acknowledged prompt.
    pub(crate) exists: bool,
    /// Prompts of its own, in the order of their submits.
    pub(crate) ops: Vec<Op>,
    /// Turns that cannot change any more, as they were stored, by index.
    pub(crate) frozen: BTreeMap<u64, TurnRow>,
}

/// A prompt.
#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) op: u64,
    pub(crate) text: String,
    pub(crate) acknowledged: bool,
    pub(crate) end: Option<End>,
}

/// A tool call, as the model wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) op: u64,
    pub(crate) call: u64,
}

/// What a tool did to the world.
#[derive(Debug, Default)]
pub(crate) struct Acts {
    pub(crate) tool: String,
    pub(crate) count: u64,
    pub(crate) keys: BTreeSet<String>,
}

impl Model {
    pub(crate) fn note(&mut self, note: Note) {
        match note {
            Note::Submitting { session, op, text } => {
                let ops = &mut self.sessions.entry(session).or_default().ops;
                if ops.iter().all(|own| own.op != op) {
                    let acknowledged = false;
                    ops.push(Op {
                        op,
                        text,
                        acknowledged,
                        end: None,
                    });
                }
            }
            Note::Submitted { session, op, .. } => {
                if let Some(own) = self.op(&session, op) {
                    own.acknowledged = true;
                }
            }
            Note::Ended { session, op, end } => {
                if let Some(own) = self.op(&session, op) {
                    own.end = Some(end);
                }
            }
            Note::Forking { from, turn, to } => {
                let origin = Some((from, turn));
                self.sessions.entry(to).or_default().origin = origin;
            }
            Note::Forked { to, .. } => self.sessions.entry(to).or_default().exists = true,
            Note::Effect {
                op,
                call,
                tool,
                key,
            } => {
                let acts = self.acts.entry(Call { op, call }).or_default();
                acts.tool = tool;
                acts.count += 1;
                acts.keys.insert(key);
            }
            Note::Problem { message } => self.problems.push(message),
            Note::Reached => {}
        }
    }

    fn op(&mut self, session: &str, op: u64) -> Option<&mut Op> {
        let ops = &mut self.sessions.get_mut(session)?.ops;
        ops.iter_mut().find(|own| own.op == op)
    }

    /// Returns the last prompt of each session that was not told to have ended: a child that starts
    /// again submits it again.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sessions.iter().filter_map(|(id, expected)| {
            let last = expected.ops.last()?;
            last.end
                .is_none()
                .then_some((id.as_str(), last.text.as_str()))
        })
    }
}
