//! [`Calls`]: the calls of a model output, and which of them have answers.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::ToolCall;

/// The calls of a model output. The work for a call or an answer does not depend on their number.
#[derive(Debug, Default)]
pub(super) struct Calls<'h> {
    all: Vec<Open>,
    by_id: HashMap<&'h str, Namesakes<'h>>,
    /// Ids that were made because another call had the same one.
    made: HashSet<String>,
    /// Number of calls that need an answer before the output is closed.
    waiting: usize,
}

/// A call.
#[derive(Debug)]
pub(super) struct Open {
    /// Id in the result: that of the call, unless another call has it.
    pub(super) id: String,
    /// Index of its block in the result.
    pub(super) at: usize,
    pub(super) is_answered: bool,
    /// `true` if an earlier call has the same id: without an answer of its own it does not count.
    is_second: bool,
}

impl Open {
    /// Returns `true` if the call does not count.
    pub(super) fn is_dropped(&self) -> bool {
        self.is_second && !self.is_answered
    }
}

/// The calls with one id.
#[derive(Debug)]
struct Namesakes<'h> {
    first: &'h ToolCall,
    /// Names and arguments, once there is a second call.
    said: HashSet<(&'h str, &'h str)>,
    /// Indices of those without an answer, in order.
    open: VecDeque<usize>,
    /// Suffix of the next id that is made.
    next: u64,
}

impl<'h> Calls<'h> {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns `true` if each call that counts has an answer.
    pub(super) fn are_answered(&self) -> bool {
        self.waiting == 0
    }

    /// Adds a call, whose block is at this index of the result. Returns its id there; `None` if it is the same as
    /// an earlier one.
    pub(super) fn add(&mut self, call: &'h ToolCall, at: usize) -> Option<&str> {
        let index = self.all.len();
        let is_second = match self.by_id.get_mut(call.id.as_str()) {
            None => false,
            Some(known) => {
                if known.said.is_empty() {
                    known.said.insert(words(known.first));
                }
                if !known.said.insert(words(call)) {
                    return None;
                }
                known.open.push_back(index);
                true
            }
        };
        if !is_second {
            let namesakes = Namesakes {
                first: call,
                said: HashSet::new(),
                open: VecDeque::from([index]),
                next: 2,
            };
            self.by_id.insert(&call.id, namesakes);
            self.waiting += 1;
        }
        let open = Open {
            id: self.distinct(&call.id, is_second),
            at,
            is_answered: false,
            is_second,
        };
        self.all.push(open);
        self.all.last().map(|open| open.id.as_str())
    }

    /// Returns an id that no other call has.
    fn distinct(&mut self, id: &str, is_taken: bool) -> String {
        if !is_taken && !self.made.contains(id) {
            return id.to_owned();
        }
        let first = self.by_id.get(id).map_or(2, |known| known.next);
        for number in first.. {
            let made = format!("{id}:{number}");
            if !self.by_id.contains_key(made.as_str()) && self.made.insert(made.clone()) {
                if let Some(known) = self.by_id.get_mut(id) {
                    known.next = number.saturating_add(1);
                }
                return made;
            }
        }
        id.to_owned()
    }

    /// Returns `true` if a call has this id.
    pub(super) fn have(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// Takes an answer to the first call with this id that has none. Returns its id in the result; `None` if all
    /// have one.
    pub(super) fn answer(&mut self, id: &str) -> Option<&str> {
        let index = self.by_id.get_mut(id)?.open.pop_front()?;
        let open = self.all.get_mut(index)?;
        open.is_answered = true;
        self.waiting -= usize::from(!open.is_second);
        Some(&open.id)
    }

    /// Takes all calls.
    pub(super) fn take(&mut self) -> Vec<Open> {
        self.by_id.clear();
        self.made.clear();
        self.waiting = 0;
        std::mem::take(&mut self.all)
    }
}

fn words(call: &ToolCall) -> (&str, &str) {
    (&call.name, call.args.as_str())
}
