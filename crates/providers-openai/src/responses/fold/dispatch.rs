//! Dispatch of events to items, by the event's type.

use geppetto_provider::{Fault, Output};

use super::{
    ResponsesFold,
    calls::{CUSTOM, FUNCTION},
    progress,
    repeat::TEXT_DELTA,
};
use crate::responses::wire::{self, Event, Part, text_of};

impl ResponsesFold {
    /// Processes an event of an item.
    ///
    /// # Errors
    ///
    /// If an item cannot be parsed, or there are too many.
    pub(super) fn grow(
        &mut self,
        event: &Event<'_>,
        data: &str,
        out: &mut Output<'_>,
    ) -> Result<(), Fault> {
        match &*event.kind {
            "response.output_item.added" => self.added(event, out)?,
            "response.output_item.done" => self.done(event, out)?,
            "response.content_part.done"
            | "response.reasoning_part.done"
            | "response.reasoning_summary_part.done" => self.part_done(event, out),
            // Parts start with their first piece.
            "response.content_part.added"
            | "response.reasoning_part.added"
            | "response.reasoning_summary_part.added" => {}
            _ => {
                let taken =
                    self.write(event, out) || self.call_tool(event, out) || self.reason(event, out);
                if !taken {
                    let entry = self.named(event);
                    progress::publish(event, data, entry, out);
                }
            }
        }
        self.check()
    }

    /// Processes an event of a message; returns `false` for any other one.
    fn write(&mut self, event: &Event<'_>, out: &mut Output<'_>) -> bool {
        let (index, output_index) = (event.content_index.or_zero(), event.output_index.0);
        match &*event.kind {
            TEXT_DELTA => self.message(event, out, |message, out| {
                message.say(index, false, &event.delta, out);
                message.add_logprobs(index, event.logprobs);
            }),
            "response.output_text.done" => self.message(event, out, |message, out| {
                message.complete(index, false, &event.text, out);
            }),
            "response.output_text.annotation.added" => {
                self.message(event, out, |message, out| {
                    message.annotate(index, output_index, event.annotation, out);
                });
            }
            "response.refusal.delta" => self.message(event, out, |message, out| {
                message.say(index, true, &event.delta, out);
            }),
            "response.refusal.done" => self.message(event, out, |message, out| {
                message.complete(index, true, &event.refusal, out);
            }),
            _ => return false,
        }
        true
    }

    /// Processes an event of a tool call; returns `false` for any other one.
    fn call_tool(&mut self, event: &Event<'_>, out: &mut Output<'_>) -> bool {
        if self.named(event).is_some_and(|entry| entry.is_kept()) {
            return false;
        }
        match &*event.kind {
            "response.function_call_arguments.delta" => {
                self.call(event, FUNCTION, out, |call, out| {
                    call.push(&event.delta, out);
                });
            }
            "response.function_call_arguments.done" => {
                self.call(event, FUNCTION, out, |call, out| {
                    call.complete(&text_of(event.arguments), out);
                });
            }
            "response.custom_tool_call_input.delta" => {
                self.call(event, CUSTOM, out, |call, out| {
                    call.push(&event.delta, out);
                });
            }
            "response.custom_tool_call_input.done" => {
                self.call(event, CUSTOM, out, |call, out| {
                    call.complete(&event.input, out);
                });
            }
            _ => return false,
        }
        true
    }

    /// Processes an event of reasoning; returns `false` for any other one.
    fn reason(&mut self, event: &Event<'_>, out: &mut Output<'_>) -> bool {
        let (summary, content) = (event.summary_index.or_zero(), event.content_index.or_zero());
        let (is_summary, index, is_end) = match &*event.kind {
            "response.reasoning_summary_text.delta" | "response.reasoning_summary.delta" => {
                (true, summary, false)
            }
            "response.reasoning_summary_text.done" | "response.reasoning_summary.done" => {
                (true, summary, true)
            }
            "response.reasoning_text.delta" | "response.reasoning.delta" => (false, content, false),
            "response.reasoning_text.done" | "response.reasoning.done" => (false, content, true),
            _ => return false,
        };
        self.reasoning(event, out, |reasoning, out| {
            if is_end {
                reasoning.complete(is_summary, index, &event.text, out);
            } else {
                reasoning.say(is_summary, index, &event.delta, out);
            }
        });
        true
    }

    fn part_done(&mut self, event: &Event<'_>, out: &mut Output<'_>) {
        let part = part(event);
        let (index, output_index) = (event.content_index.or_zero(), event.output_index.0);
        match &*part.kind {
            "reasoning_text" => self.reasoning(event, out, |reasoning, out| {
                reasoning.complete(false, index, &part.text, out);
            }),
            "summary_text" => self.reasoning(event, out, |reasoning, out| {
                reasoning.complete(true, event.summary_index.or_zero(), &part.text, out);
            }),
            "output_text" | "text" | "refusal" => self.message(event, out, |message, out| {
                message.take_part(index, output_index, &part, out);
            }),
            _ => {}
        }
    }
}

fn part<'a>(event: &Event<'a>) -> Part<'a> {
    event.part.map(wire::part).unwrap_or_default()
}
