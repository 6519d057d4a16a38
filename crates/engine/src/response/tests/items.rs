//! Items that are completed, placed, started over, and kept as parts of one block.

use super::*;

fn texts(turn: &Turn) -> Vec<&str> {
    turn.blocks.iter().filter_map(|b| b.text()).collect()
}

/// Returns the texts of the finished segments.
fn finished(sink: &MemorySink) -> Vec<(String, Option<String>)> {
    let finished = |event: &Event| match &event.kind {
        EventKind::TextSegmentFinished(text) => {
            Some((text.text.clone(), text.finish_reason.clone()))
        }
        EventKind::ReasoningSegmentFinished(text) => {
            Some((text.text.clone(), text.finish_reason.clone()))
        }
        _ => None,
    };
    sink.events().iter().filter_map(finished).collect()
}

#[test]
fn a_full_text_completes_what_was_streamed() {
    for (streamed, full, completed, text) in [
        ("hello", "hello", Completed::Same, "hello"),
        ("hello", "", Completed::Same, "hello"),
        ("", "hello", Completed::Rest, "hello"),
        ("hel", "hello", Completed::Rest, "hello"),
        ("hä", "hällo", Completed::Rest, "hällo"),
        ("hello", "hel", Completed::Differs, "hello"),
        ("hello", "good day", Completed::Differs, "hello"),
    ] {
        let (ctx, _) = context();
        let mut turn = Turn::new();
        let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
        let id = reply.open_text();
        reply.push(id, streamed);
        assert_eq!(reply.complete(id, full), completed, "{streamed} {full}");
        assert!(reply.is_open(id));
        reply.finish(Finish::completed());
        assert_eq!(texts(&turn), [text]);
        assert_eq!(ctx.stream().violations(), []);
    }
}

#[test]
fn an_item_that_is_superseded_leaves_its_place_to_another() {
    let (ctx, sink) = context();
    let mut turn = Turn::new();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    let wrong = reply.open_refusal();
    reply.push(wrong, "The cat.");
    reply.place(wrong, Slot::at(0));
    let other = reply.open_text();
    reply.push(other, "second");
    reply.place(other, Slot::at(1));
    let right = reply.supersede(wrong);
    assert_eq!((reply.text(right), reply.is_open(wrong)), ("", false));
    reply.push(right, "The cat sat.");
    let call = reply.open_tool_call("c", "lookup");
    assert_eq!(reply.supersede(call), call);
    reply.finish(Finish::completed());
    assert_eq!(texts(&turn), ["The cat sat.", "second"]);
    let first = turn.blocks.get(0).unwrap();
    assert!(matches!(&first.content, Content::LlmText(text) if text.refusal));
    assert_eq!(
        finished(&sink),
        [
            ("The cat.".to_owned(), Some("replaced".to_owned())),
            ("second".to_owned(), None),
            ("The cat sat.".to_owned(), None),
        ]
    );
    assert_eq!(ctx.stream().violations(), []);
}

#[test]
fn blocks_are_sorted_by_their_slots_between_the_others() {
    let (ctx, _) = context();
    let mut turn = Turn::default();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    for (word, slot) in [
        ("e", Some(Slot::at(3))),
        ("x", None),
        ("b", Some(Slot::at(0).entry(1))),
        ("d", Some(Slot::at(2).part(1))),
        ("a", Some(Slot::at(0))),
        ("c", Some(Slot::at(2))),
        ("f", Some(Slot::at(3))),
    ] {
        let id = reply.open_text();
        reply.push(id, word);
        if let Some(slot) = slot {
            reply.place(id, slot);
        }
    }
    reply.finish(Finish::completed());
    assert_eq!(texts(&turn), ["a", "x", "b", "c", "d", "e", "f"]);
}

#[test]
fn parts_are_kept_in_one_block_however_the_reply_ends() {
    for ending in 0..3 {
        let (ctx, sink) = context();
        let mut turn = Turn::new();
        let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
        let block = reply.open_block(Block::reasoning(""));
        for (text, source, part) in [
            ("second", ReasoningSource::Summary, 1),
            ("", ReasoningSource::Summary, 2),
            ("long", ReasoningSource::Provider, 0),
            ("first", ReasoningSource::Summary, 0),
            ("er", ReasoningSource::Provider, 1),
        ] {
            let id = reply.open_part(block, source);
            reply.place(id, Slot::at(0).part(part));
            reply.push(id, text);
            assert_eq!(reply.text(id), text);
        }
        match ending {
            0 => drop(reply.finish(Finish::new(FinishClass::Completed))),
            1 => drop(reply.fail(
                EngineError::new(ErrorKind::Server, "boom"),
                Finish::default(),
            )),
            _ => drop(reply),
        }
        assert_eq!(turn.blocks.len(), 1);
        let block = turn.blocks.get(0).unwrap();
        let Content::Reasoning(reasoning) = &block.content else {
            panic!("{block:?}");
        };
        let summary: Vec<&str> = reasoning.summary.iter().map(|part| &*part.text).collect();
        assert_eq!(
            (summary, &*reasoning.text),
            (vec!["first", "second"], "longer")
        );
        assert_eq!(block.incomplete().is_some(), ending > 0);
        assert_eq!(finished(&sink).len(), 5);
        assert_eq!(ctx.stream().violations(), []);
    }
}
