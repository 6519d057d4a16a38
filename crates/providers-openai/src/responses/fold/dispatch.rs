//! Which item an event lets grow, and how: by the event's type.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::Redactor;

use super::{
    Fold,
    calls::{CUSTOM, FUNCTION},
    progress,
};
use crate::responses::wire::{self, Event, Part, text_of};

impl Fold {
    /// Takes an event of an item.
    ///
    /// # Errors
    ///
    /// An item cannot be read, or there are too many.
    pub(super) fn grow(
        &mut self,
        event: &Event<'_>,
        data: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        match &*event.kind {
            "response.output_item.added" => self.added(event, writer, redactor)?,
            "response.output_item.done" => self.done(event, writer, redactor)?,
            "response.content_part.done"
            | "response.reasoning_part.done"
            | "response.reasoning_summary_part.done" => self.part_done(event, writer),
            // Parts begin with their first piece.
            "response.content_part.added"
            | "response.reasoning_part.added"
            | "response.reasoning_summary_part.added" => {}
            _ => {
                let taken = self.write(event, writer)
                    || self.call_tool(event, writer)
                    || self.reason(event, writer);
                if !taken {
                    let entry = self.named(event);
                    progress::publish(event, data, entry, writer, redactor);
                }
            }
        }
        self.check()
    }

    /// Takes an event of a message; whether it is one.
    fn write(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) -> bool {
        let (index, output_index) = (event.content_index.or_zero(), event.output_index.0);
        match &*event.kind {
            "response.output_text.delta" => self.message(event, writer, |message, writer| {
                message.say(index, false, &event.delta, writer);
                message.add_logprobs(index, event.logprobs);
            }),
            "response.output_text.done" => self.message(event, writer, |message, writer| {
                message.complete(index, false, &event.text, writer);
            }),
            "response.output_text.annotation.added" => {
                self.message(event, writer, |message, writer| {
                    message.annotate(index, output_index, event.annotation, writer);
                });
            }
            "response.refusal.delta" => self.message(event, writer, |message, writer| {
                message.say(index, true, &event.delta, writer);
            }),
            "response.refusal.done" => self.message(event, writer, |message, writer| {
                message.complete(index, true, &event.refusal, writer);
            }),
            _ => return false,
        }
        true
    }

    /// Takes an event of a tool call; whether it is one.
    fn call_tool(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) -> bool {
        if self.named(event).is_some_and(|entry| entry.is_kept()) {
            return false;
        }
        match &*event.kind {
            "response.function_call_arguments.delta" => {
                self.call(event, FUNCTION, writer, |call, writer| {
                    call.push(&event.delta, writer);
                });
            }
            "response.function_call_arguments.done" => {
                self.call(event, FUNCTION, writer, |call, writer| {
                    call.complete(&text_of(event.arguments), writer);
                });
            }
            "response.custom_tool_call_input.delta" => {
                self.call(event, CUSTOM, writer, |call, writer| {
                    call.push(&event.delta, writer);
                });
            }
            "response.custom_tool_call_input.done" => {
                self.call(event, CUSTOM, writer, |call, writer| {
                    call.complete(&event.input, writer);
                });
            }
            _ => return false,
        }
        true
    }

    /// Takes an event of reasoning; whether it is one.
    fn reason(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) -> bool {
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
        self.reasoning(event, writer, |reasoning, writer| match is_end {
            true => reasoning.complete(is_summary, index, &event.text, writer),
            false => reasoning.say(is_summary, index, &event.delta, writer),
        });
        true
    }

    fn part_done(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) {
        let part = part(event);
        let (index, output_index) = (event.content_index.or_zero(), event.output_index.0);
        match &*part.kind {
            "reasoning_text" => self.reasoning(event, writer, |reasoning, writer| {
                reasoning.complete(false, index, &part.text, writer);
            }),
            "summary_text" => self.reasoning(event, writer, |reasoning, writer| {
                reasoning.complete(true, event.summary_index.or_zero(), &part.text, writer);
            }),
            "output_text" | "text" | "refusal" => self.message(event, writer, |message, writer| {
                message.take_part(index, output_index, &part, writer);
            }),
            _ => {}
        }
    }
}

fn part<'a>(event: &Event<'a>) -> Part<'a> {
    event.part.map(wire::part).unwrap_or_default()
}
