//! Events of items: start, end, and identification of the item.

use std::collections::HashSet;

use geppetto_provider::{Fault, Output};
use serde_json::value::RawValue;

use super::{
    ResponsesFold,
    calls::{CUSTOM, Call},
    entry::{Entry, State},
    message::{MESSAGE, Message},
    read,
    reasoning::{REASONING, Reasoning},
};
use crate::responses::wire::{Event, Item, Text};

impl ResponsesFold {
    /// Processes an item of the finished response, unless it was streamed. Returns its position;
    /// `None` if it is no item.
    pub(super) fn final_item(
        &mut self,
        index: u64,
        raw: &RawValue,
        out: &mut Output<'_>,
    ) -> Result<Option<usize>, Fault> {
        let Some(item) = read::item(raw, out)? else {
            return Ok(None);
        };
        let place = self.final_position(index, &item);
        let known = place.and_then(|place| Some((place, self.entries.get_mut(place)?)));
        Ok(Some(match known {
            Some((place, entry)) => {
                if !entry.is_done() || entry.is_completed_later() {
                    entry.done(&item, raw, out);
                } else {
                    entry.seal(&item, out);
                }
                place
            }
            None => self.add_done(index, &item, raw, out),
        }))
    }

    /// Withdraws the items of replies that the server has replaced: those that ended as incomplete and
    /// are no part of the finished response, whose items are at `places`, and items before them that
    /// are none either. Other items may be missing there (several servers leave out reasoning, or send
    /// no items at all).
    pub(super) fn withdraw_others(&mut self, places: &HashSet<usize>, out: &mut Output<'_>) {
        if places.is_empty() {
            return;
        }
        let entries = self.entries.iter().enumerate();
        let last = entries
            .rev()
            .find(|(place, entry)| entry.is_incomplete() && !places.contains(place));
        let Some((last, _)) = last else {
            return;
        };
        for (place, entry) in self.entries.iter_mut().enumerate().take(last + 1) {
            if !places.contains(&place) {
                entry.withdraw(out);
            }
        }
    }

    fn add_done(
        &mut self,
        index: u64,
        item: &Item<'_>,
        raw: &RawValue,
        out: &mut Output<'_>,
    ) -> usize {
        let (count, served) = (self.entries.len(), self.is_served(item));
        let mut entry = Entry::open(index, count, item, Some(raw), served, out);
        entry.done(item, raw, out);
        self.add(entry)
    }

    /// Processes the start of an item.
    pub(super) fn added(&mut self, event: &Event<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        let Some((raw, item)) = read::named_item(event, out)? else {
            return Ok(());
        };
        let place = self.position(event.output_index.0, item.key(), &item.kind);
        if let Some(place) = place
            && let Some(entry) = self.entries.get_mut(place)
            && !entry.is_done()
            && entry.is(&item)
        {
            entry.identify(&item, out);
            self.learn(place);
            return Ok(());
        }
        let index = self.index_of(event);
        let (count, served) = (self.entries.len(), self.is_served(&item));
        let entry = Entry::open(index, count, &item, Some(raw), served, out);
        self.add(entry);
        Ok(())
    }

    /// Processes the end of an item.
    pub(super) fn done(&mut self, event: &Event<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        let Some((raw, item)) = read::named_item(event, out)? else {
            return Ok(());
        };
        let place = self.position(event.output_index.0, item.key(), &item.kind);
        match place.and_then(|place| Some((place, self.entries.get_mut(place)?))) {
            Some((place, entry)) if !entry.is_done() => {
                entry.done(&item, raw, out);
                self.learn(place);
            }
            Some((_, entry)) if entry.is(&item) => {}
            _ => {
                self.add_done(self.index_of(event), &item, raw, out);
            }
        }
        Ok(())
    }

    /// Applies a function to the message of an event.
    pub(super) fn message<'w>(
        &mut self,
        event: &Event<'_>,
        out: &mut Output<'w>,
        then: impl FnOnce(&mut Message, &mut Output<'w>),
    ) {
        if let Some(State::Message(message)) = self.state(event, MESSAGE, out) {
            then(message, out);
        }
    }

    /// Like `message`, for reasoning.
    pub(super) fn reasoning<'w>(
        &mut self,
        event: &Event<'_>,
        out: &mut Output<'w>,
        then: impl FnOnce(&mut Reasoning, &mut Output<'w>),
    ) {
        if let Some(State::Reasoning(reasoning)) = self.state(event, REASONING, out) {
            then(reasoning, out);
        }
    }

    /// Like `message`, for a tool call.
    pub(super) fn call<'w>(
        &mut self,
        event: &Event<'_>,
        kind: &str,
        out: &mut Output<'w>,
        then: impl FnOnce(&mut Call, &mut Output<'w>),
    ) {
        if let Some(State::Call(call)) = self.state(event, kind, out) {
            then(call, out);
        }
    }

    /// Returns the item of type `kind` of an event; opens one that was not announced.
    fn state(&mut self, event: &Event<'_>, kind: &str, out: &mut Output<'_>) -> Option<&mut State> {
        let found = self.position(event.output_index.0, &event.item_id, kind);
        let place = found.unwrap_or_else(|| {
            let item = Item {
                kind: Text::from(kind),
                id: Text::from(&*event.item_id),
                ..Item::default()
            };
            let (index, count) = (self.index_of(event), self.entries.len());
            let entry = Entry::open(index, count, &item, None, false, out);
            self.add(entry)
        });
        self.entries.get_mut(place).map(|entry| &mut entry.state)
    }

    /// Returns `true` if a call is of a tool that the server has run itself: a custom tool that was
    /// not offered (xAI's search on X). `false` if the server does not repeat the offer.
    fn is_served(&self, item: &Item<'_>) -> bool {
        let offered = |tools: &HashSet<String>| tools.contains(&*item.name);
        &*item.kind == CUSTOM
            && !item.name.is_empty()
            && self
                .custom_tools
                .as_ref()
                .is_some_and(|tools| !offered(tools))
    }
}
