//! Nothing is lost, for any text and any split.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

/// Text with blocks, near misses of blocks, and pieces of both.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ a-cé😀<>/:]{0,6}",
        Just("<a:b:v1>".to_owned()),
        Just("</a:b:v1>".to_owned()),
        Just("<a:b:v2>".to_owned()),
        Just("</a:b:v2>".to_owned()),
        Just("<a:c:v1>".to_owned()),
        "[a-cé<]{0,3}".prop_map(|body| format!("<a:b:v1>{body}</a:b:v1>")),
        (0usize..9).prop_map(|len| "<a:b:v1>".chars().take(len).collect()),
        (0usize..10).prop_map(|len| "</a:b:v1>".chars().take(len).collect()),
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

fn cut<'t>(text: &'t str, cuts: &[Index]) -> Vec<&'t str> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    places.retain(|at| text.is_char_boundary(*at));
    places.push(text.len());
    places.sort_unstable();
    let mut from = 0;
    let pieces = places.into_iter().map(|to| {
        let piece = &text[from..to];
        from = to;
        piece
    });
    pieces.collect()
}

/// Returns the output for one provider call with one segment, and checks the grammar.
fn events(sink: impl FnOnce(StructuredSink) -> StructuredSink, pieces: &[&str]) -> Vec<Event> {
    let screen = Arc::new(MemorySink::new());
    let sink = sink(recording(screen.clone()));
    sink.publish(&event(EventKind::ProviderCallStarted(
        ProviderCallStarted::default(),
    )));
    sink.publish(&event(
        EventKind::TextSegmentStarted(TextStarted::default()),
    ));
    let mut offset = 0;
    for piece in pieces {
        sink.publish(&delta(piece, offset));
        offset += piece.len();
    }
    sink.publish(&finished(&pieces.concat()));
    sink.publish(&event(EventKind::ProviderCallFinished(Box::default())));
    assert_eq!(sink.open_segments(), 0);
    let events = screen.take();
    let mut grammar = Grammar::fragment();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    grammar.finish().unwrap();
    events
}

/// Returns the events as lines, with adjacent deltas and adjacent chunks merged.
fn merged(events: &[Event]) -> Vec<String> {
    let mut merged: Vec<Event> = Vec::new();
    for event in events {
        match (merged.last_mut().map(|last| &mut last.kind), &event.kind) {
            (Some(EventKind::TextDelta(last)), EventKind::TextDelta(next)) => {
                last.delta = format!("{}{}", last.delta, next.delta).into();
            }
            (Some(EventKind::Log(last)), EventKind::Log(next))
                if last.level.starts_with("grow") && last.level == next.level =>
            {
                last.message.push_str(&next.message);
            }
            _ => merged.push(event.clone()),
        }
    }
    lines(&merged)
}

/// Returns the text from which the events were made: deltas, and in their places the blocks with
/// their tags.
fn restored(events: &[Event]) -> String {
    let mut text = String::new();
    let mut opening = String::new();
    let mut grown = String::new();
    for event in events {
        match &event.kind {
            EventKind::TextDelta(e) => text.push_str(&e.delta),
            EventKind::Log(e) => match e.level.split(' ').next().unwrap() {
                "start" => opening.clone_from(&e.message),
                "grow" => grown.push_str(&e.message),
                outcome => {
                    assert_eq!(
                        std::mem::take(&mut grown),
                        e.message,
                        "the chunks are the body"
                    );
                    text.push_str(&opening);
                    text.push_str(&e.message);
                    if outcome == "complete" {
                        text.push_str(&opening.replace('<', "</"));
                    }
                }
            },
            _ => {}
        }
    }
    text
}

fn clean(events: &[Event]) -> String {
    let end = events.iter().find_map(|event| match &event.kind {
        EventKind::TextSegmentFinished(e) => Some(e.text.clone()),
        _ => None,
    });
    end.unwrap()
}

/// Returns the first opening tag of `a:b` in any version, and its position.
fn first_tag(text: &str) -> Option<(usize, &str)> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    text.match_indices("<a:b:").find_map(|(at, start)| {
        let version = &text[at + start.len()..];
        let len = version.find(|c| !letters(c))?;
        let whole = len > 0 && version[len..].starts_with('>');
        whole.then(|| (at, &text[at..=at + start.len() + len]))
    })
}

/// A reference implementation: returns the clean text and the bodies of complete blocks.
fn by_hand(text: &str) -> (String, Vec<String>) {
    let (mut clean, mut bodies, mut rest) = (String::new(), Vec::new(), text);
    loop {
        let Some((at, tag)) = first_tag(rest) else {
            clean.push_str(rest);
            return (clean, bodies);
        };
        clean.push_str(&rest[..at]);
        let body = &rest[at + tag.len()..];
        let closing = tag.replace('<', "</");
        let Some(end) = body.find(&closing) else {
            return (clean, bodies);
        };
        bodies.push(body[..end].to_owned());
        rest = &body[end + closing.len()..];
    }
}

proptest! {
    #[test]
    fn text_and_blocks_put_together_are_the_input(
        text in text(),
        cuts in vec(any::<Index>(), 0..12),
        policy in prop::sample::select(vec![MalformedPolicy::ErrorEvents, MalformedPolicy::Ignore]),
    ) {
        let events = events(|sink| sink.on_malformed(policy), &cut(&text, &cuts));
        prop_assert_eq!(restored(&events), text);
    }

    #[test]
    fn the_end_of_the_text_may_be_anywhere(text in text(), cuts in vec(any::<Index>(), 0..4)) {
        for (at, _) in text.char_indices() {
            let prefix = &text[..at];
            let events = events(|sink| sink, &cut(prefix, &cuts));
            prop_assert_eq!(restored(&events), prefix);
        }
    }

    #[test]
    fn the_blocks_are_those_that_a_plain_search_finds(
        text in text(),
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let events = events(|sink| sink, &cut(&text, &cuts));
        let (expected, bodies) = by_hand(&text);
        prop_assert_eq!(clean(&events), expected);
        let found: Vec<_> = events.iter().filter_map(|event| match &event.kind {
            EventKind::Log(e) if e.level.starts_with("complete") => Some(e.message.clone()),
            _ => None,
        }).collect();
        prop_assert_eq!(found, bodies);
    }

    #[test]
    fn how_the_text_was_cut_makes_no_difference(
        text in text(),
        cuts in vec(any::<Index>(), 0..12),
        policy in prop::sample::select(vec![
            MalformedPolicy::ErrorEvents,
            MalformedPolicy::Ignore,
            MalformedPolicy::Reconstruct,
        ]),
        limit in 0usize..8,
    ) {
        let configure = |sink: StructuredSink| sink.on_malformed(policy).max_block_bytes(limit);
        let whole = merged(&events(configure, &[&text]));
        let chars: Vec<_> = text.split_inclusive(|_| true).collect();
        prop_assert_eq!(&merged(&events(configure, &chars)), &whole);
        prop_assert_eq!(merged(&events(configure, &cut(&text, &cuts))), whole);
    }

    #[test]
    fn reconstructing_gives_all_back_that_is_not_whole(
        text in text(),
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let configure =
            |sink: StructuredSink| sink.on_malformed(MalformedPolicy::Reconstruct).max_block_bytes(2);
        let events = events(configure, &cut(&text, &cuts));
        let whole = merged(&events);
        let mut without_broken: Vec<Event> = Vec::new();
        for event in events {
            let broken = matches!(&event.kind, EventKind::Log(e)
                if e.level.starts_with("Unclosed") || e.level.starts_with("TooLarge"));
            if broken {
                // The events of the block are dropped; its text was restored as text.
                while !matches!(&without_broken.pop().unwrap().kind, EventKind::Log(e)
                    if e.level.starts_with("start")) {}
            } else {
                without_broken.push(event);
            }
        }
        prop_assert_eq!(restored(&without_broken), text, "{:?}", whole);
    }
}
