//! Events that equal the previous one except for their text, which are not parsed.

use geppetto_provider::{Output, read::Repeated};

use super::{
    ResponsesFold,
    entry::State,
    message::{MESSAGE, Message},
};
use crate::responses::wire::{Event, Text};

/// The event that extends the text of a message.
pub(super) const TEXT_DELTA: &str = "response.output_text.delta";

impl ResponsesFold {
    /// Processes an event that equals the previous one except for its text; returns `false` for any
    /// other one.
    pub(super) fn say_again(&mut self, data: &str, out: &mut Output<'_>) -> bool {
        let (Some(repeated), Some((place, index))) = (self.repeat.find(data), self.spoken) else {
            return false;
        };
        if self.is_repeated(repeated.sequence, data) {
            return true;
        }
        if let Some(message) = self.spoken_message(place) {
            message.say(index, false, &repeated.text, out);
        }
        true
    }

    /// Learns a processed event, if it contains a piece of text and nothing else.
    pub(super) fn learn_text(&mut self, event: &Event<'_>, data: &str) {
        let Some(text) = only_text(event) else {
            return;
        };
        let place = self.position(event.output_index.0, &event.item_id, MESSAGE);
        self.spoken = place.map(|place| (place, event.content_index.or_zero()));
        let parts = Repeated {
            sequence: event.sequence_number.0,
            ..Repeated::text(text)
        };
        self.repeat.learn(data, &parts);
    }

    fn spoken_message(&mut self, place: usize) -> Option<&mut Message> {
        match &mut self.entries.get_mut(place)?.state {
            State::Message(message) => Some(message),
            _ => None,
        }
    }
}

/// Returns the text of an event that has no other content, borrowed from the event. The fields
/// listed here that may be set have the same value in each event of a run.
fn only_text<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    let Event {
        kind,
        sequence_number: _,
        output_index: _,
        content_index: _,
        summary_index: _,
        item_id: _,
        delta,
        text,
        refusal,
        arguments: None,
        input,
        code,
        partial_image_b64,
        part: None,
        item: None,
        response: None,
        annotation: None,
        logprobs,
        error: None,
    } = event
    else {
        return None;
    };
    let others: [&Text<'_>; 5] = [text, refusal, input, code, partial_image_b64];
    let is_plain = &**kind == TEXT_DELTA
        && others.iter().all(|text| text.is_empty())
        && logprobs.is_none_or(|raw| matches!(raw.get(), "[]" | "null"));
    delta.borrowed().filter(|text| is_plain && !text.is_empty())
}
