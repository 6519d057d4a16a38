use geppetto_testing::{Script, ScriptedEngine};
use geppetto_timeline::Timeline;
use geppetto_turns::Turn;
use ratatui::{buffer::Buffer, layout::Rect};

use super::*;

fn view(entities: &str) -> View {
    let json = format!(r#"{{"version":1,"status":{{"run":"r"}},"entities":[{entities}]}}"#);
    serde_json::from_str(&json).unwrap()
}

fn entity(id: u64, rest: &str) -> String {
    format!(r#"{{"id":"{id}","version":1,"position":{id},{rest}}}"#)
}

fn text(lines: &[Line<'_>]) -> Vec<String> {
    lines.iter().map(ToString::to_string).collect()
}

/// Returns what a terminal of this width shows.
fn screen(lines: &[Line<'static>], width: u16) -> String {
    let height = u16::try_from(lines.len()).unwrap();
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (row, line) in (0..height).zip(lines) {
        buffer.set_line(0, row, line, width);
    }
    let rows = buffer.content.chunks(usize::from(width));
    let rows = rows.map(|row| {
        let mut shown = String::new();
        let mut hidden = 0;
        for cell in row {
            // A wide character covers the cells after it.
            if hidden > 0 {
                hidden -= 1;
            } else {
                shown.push_str(cell.symbol());
                hidden = crate::markdown::wrap::width(cell.symbol()).saturating_sub(1);
            }
        }
        shown.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_open_answer_is_live_and_its_finished_blocks_are_not() {
    let mut transcript = Transcript::new(Theme::plain());
    let user = entity(1, r#""kind":"user","text":"Hi\n  there""#);
    let answer = entity(
        2,
        r#""kind":"answer","state":"streaming","text":"One.\n\nTwo\n\nThr""#,
    );
    let view = view(&format!("{user},{answer}"));
    let finished = transcript.take_finished(&view, 40);
    assert_eq!(text(&finished), ["› Hi", "    there", "", "One.", ""]);
    assert_eq!(text(&transcript.live(&view, 40, 10)), ["Two", "", "Thr"]);
    assert_eq!(text(&transcript.take_finished(&view, 40)), [""; 0]);
}

#[test]
fn a_running_tool_holds_back_what_follows() {
    let mut transcript = Transcript::new(Theme::plain());
    let call =
        r#""kind":"tool_call","call_id":"c","name":"read","arguments":"{\"path\":\"a.rs\"}""#;
    let running = entity(1, &format!(r#"{call},"state":"running","progress":"half""#));
    let done = entity(
        2,
        &format!(r#"{call},"state":"done","result":"1\n2\n3\n4\n5\n6","duration_ms":1234"#),
    );
    let both = view(&format!("{running},{done}"));
    assert_eq!(text(&transcript.take_finished(&both, 40)), [""; 0]);
    assert_eq!(
        text(&transcript.live(&both, 40, 3)),
        ["    3", "    4", "    … 2 more lines"]
    );
    assert_eq!(
        text(&transcript.live(&both, 40, 30))[..2],
        ["● read a.rs  half", "✓ read a.rs  1.2 s"]
    );
}

#[test]
fn an_error_of_an_attempt_is_shown_until_it_vanishes() {
    let mut transcript = Transcript::new(Theme::plain());
    let error = entity(
        1,
        r#""kind":"error","text":"overloaded","is_live_only":true"#,
    );
    let answer = entity(2, r#""kind":"answer","state":"done","text":"Yes.""#);
    let before = view(&format!("{error},{answer}"));
    assert_eq!(text(&transcript.take_finished(&before, 40)), ["Yes."]);
    // Nor does it become a finished line when more frames are drawn before it vanishes.
    assert_eq!(text(&transcript.take_finished(&before, 40)), [""; 0]);
    assert_eq!(
        text(&transcript.live(&before, 40, 10)),
        ["", "✗ overloaded"]
    );
    let after = view(&answer);
    transcript.apply(
        &[Patch::Remove {
            id: "1".to_owned(),
            version: 2,
        }],
        &after,
    );
    assert_eq!(text(&transcript.live(&after, 40, 10)), [""; 0]);
    assert_eq!(text(&transcript.take_finished(&after, 40)), [""; 0]);
}

#[test]
fn what_was_returned_and_is_gone_is_said_to_be() {
    let mut transcript = Transcript::new(Theme::plain());
    let answer = entity(
        2,
        r#""kind":"answer","state":"streaming","text":"One.\n\nTwo\n\nThree""#,
    );
    transcript.take_finished(&view(&answer), 40);
    let gone = view("");
    transcript.apply(
        &[Patch::Remove {
            id: "2".to_owned(),
            version: 2,
        }],
        &gone,
    );
    assert_eq!(
        text(&transcript.take_finished(&gone, 40)),
        ["", "↺ what the model wrote last is discarded",]
    );
}

#[test]
fn an_answer_that_turns_out_to_be_cut_off_is_marked() {
    let mut transcript = Transcript::new(Theme::plain());
    let done = view(&entity(1, r#""kind":"answer","state":"done","text":"One""#));
    assert_eq!(text(&transcript.take_finished(&done, 80)), ["One"]);
    let cut = view(&entity(
        1,
        r#""kind":"answer","state":"truncated","text":"One""#,
    ));
    let mut changes = geppetto_timeline::Changes::default();
    changes.state = Some(State::Truncated);
    transcript.apply(
        &[Patch::Update {
            id: "1".to_owned(),
            version: 2,
            changes,
        }],
        &cut,
    );
    assert_eq!(
        text(&transcript.take_finished(&cut, 80)),
        ["⋯ cut off here, by the output limit or a lost connection",]
    );
}

#[test]
fn reasoning_is_a_row_unless_it_is_unfolded() {
    let entity = entity(
        1,
        r#""kind":"reasoning","state":"done","text":"**Plan**\n\nFirst this.""#,
    );
    let view = view(&entity);
    let mut transcript = Transcript::new(Theme::plain());
    assert_eq!(
        text(&transcript.take_finished(&view, 40)),
        ["∴ thought: Plan (3 words)"]
    );
    transcript.set_folded(false);
    assert_eq!(
        text(&transcript.tail(&view, 40, 10)),
        ["∴ thought", "│ Plan", "│ ", "│ First this."]
    );
}

#[test]
fn the_tail_begins_with_an_entity_and_counts_the_rest_as_returned() {
    let one = entity(1, r#""kind":"user","text":"one""#);
    let two = entity(2, r#""kind":"answer","state":"done","text":"two""#);
    let three = entity(3, r#""kind":"user","text":"three""#);
    let four = entity(
        4,
        r#""kind":"answer","state":"streaming","text":"four\n\nfive\n\nsix""#,
    );
    let view = view(&[one, two, three, four].join(","));
    let mut transcript = Transcript::new(Theme::plain());
    assert_eq!(
        text(&transcript.tail(&view, 40, 2)),
        ["three", "", "four", ""].map(|line| line.replace("three", "› three"))
    );
    assert_eq!(text(&transcript.live(&view, 40, 5)), ["five", "", "six"]);
    assert_eq!(text(&transcript.take_finished(&view, 40)), [""; 0]);
}

#[test]
fn a_repainted_screen_has_its_rows_and_what_was_not_on_it() {
    let one = entity(1, r#""kind":"user","text":"one""#);
    let paragraphs = |count: u32| {
        let paragraphs = (0..count).map(|number| format!("line {number}"));
        paragraphs.collect::<Vec<_>>().join(r"\n\n")
    };
    let answer = |count: u32, state: &str| {
        let text = paragraphs(count);
        let rest = format!(r#""kind":"answer","state":"{state}","text":"{text}""#);
        view(&[one.clone(), entity(2, &rest)].join(","))
    };
    let mut transcript = Transcript::new(Theme::plain());
    assert!(transcript.is_new());
    let returned = transcript
        .take_finished(&answer(100, "streaming"), 40)
        .len();
    assert!(!transcript.is_new());
    let before = text(&transcript.take_finished(&answer(100, "streaming"), 40)).len();
    assert_eq!(before, 0, "returned once");
    // Three paragraphs more, and the end of the one that was open.
    let view = answer(103, "done");
    let all = text(&Transcript::new(Theme::plain()).take_finished(&view, 20));
    let unseen = all.len() - returned;
    assert!((4..12).contains(&unseen), "{unseen}");
    let lines = text(&transcript.again(&view, 20, 6));
    assert_eq!(lines, all[returned - 6..]);
    assert_eq!(text(&transcript.take_finished(&view, 20)), [""; 0]);
    // Nothing is new.
    assert_eq!(text(&transcript.again(&view, 30, 4)), all[all.len() - 4..]);
}

#[test]
fn control_characters_are_visible_everywhere() {
    let bad = r"a\u001b[2J\u0007b";
    let entities = [
        format!(
            r#""kind":"user","text":"{bad}","attachments":[{{"kind":"image","name":"{bad}"}}]"#
        ),
        format!(r#""kind":"system","text":"{bad}""#),
        format!(
            r#""kind":"answer","state":"done","text":"{bad}","sources":[{{"title":"{bad}","url":"{bad}"}}]"#
        ),
        format!(r#""kind":"reasoning","state":"done","text":"{bad}","summary":"{bad}""#),
        format!(
            r#""kind":"tool_call","call_id":"c","name":"{bad}","arguments":"{bad}","state":"waiting","progress":"{bad}","question":"{bad}","result":"{bad}","ran_with":"{bad}""#
        ),
        format!(r#""kind":"server_tool","name":"{bad}","arguments":"{bad}","state":"done""#),
        format!(r#""kind":"notice","notice":"warning","text":"{bad}""#),
        format!(r#""kind":"error","text":"{bad}","error_kind":"{bad}""#),
    ];
    for (at, rest) in (1..).zip(&entities) {
        for folded in [true, false] {
            let view = view(&entity(at, rest));
            let mut transcript = Transcript::new(Theme::coloured());
            transcript.set_folded(folded);
            let mut lines = transcript.take_finished(&view, 60);
            lines.extend(transcript.live(&view, 60, 60));
            let shown = text(&lines).concat();
            assert!(
                shown.contains('␛') && !shown.contains(char::is_control),
                "{shown:?}"
            );
        }
    }
}

#[test]
fn every_line_fits_into_every_width() {
    let all = view(include_str!("../../../tests/samples/conversation.json"));
    for width in 1..120 {
        for folded in [true, false] {
            let mut transcript = Transcript::new(Theme::coloured());
            transcript.set_folded(folded);
            let mut lines = transcript.take_finished(&all, width);
            lines.extend(transcript.live(&all, width, 50));
            for line in lines {
                let columns = crate::markdown::wrap::spans_width(&line.spans);
                assert!(
                    columns <= usize::from(width),
                    "{columns} > {width}: {line:?}"
                );
            }
        }
    }
}

#[test]
fn a_conversation_at_80_and_at_40_columns() {
    let all = view(include_str!("../../../tests/samples/conversation.json"));
    for width in [80, 40] {
        let mut transcript = Transcript::new(Theme::plain());
        let mut lines = transcript.take_finished(&all, width);
        lines.push("--- live ---".into());
        lines.extend(transcript.live(&all, width, 20));
        insta::assert_snapshot!(format!("conversation_{width}"), screen(&lines, width));
    }
}

#[test]
fn a_markdown_tour_at_80_and_at_40_columns() {
    for width in [80, 40] {
        let mut stream = Stream::new(Theme::plain());
        stream.advance(
            include_str!("../../../tests/samples/tour.txt"),
            usize::from(width),
            true,
        );
        insta::assert_snapshot!(
            format!("tour_{width}"),
            screen(&stream.take_finished(), width)
        );
    }
}

#[tokio::test]
async fn lines_of_a_run_are_those_of_its_turns() {
    use geppetto_engine::{Engine, RunContext, RunGuard, RunReport};
    let engine = ScriptedEngine::always(Script::new().text("It *is*\n\n").text("clear."));
    let ctx = RunContext::new().with_run("session", "run", "turn");
    let mut events = ctx.stream().subscribe();
    let run = RunGuard::start(&ctx, "Weather?");
    let mut turn = Turn::builder().user("Weather?").build();
    engine.run_inference(&ctx, &mut turn).await.unwrap();
    run.end(Ok(&RunReport::default()), None);
    ctx.stream().close();
    let mut timeline = Timeline::new();
    let mut transcript = Transcript::new(Theme::plain());
    let mut lines = Vec::new();
    while let Some(event) = events.next_event().await {
        let patches = timeline.apply(&event);
        transcript.apply(&patches, timeline.view());
        transcript.live(timeline.view(), 40, 10);
        lines.extend(transcript.take_finished(timeline.view(), 40));
    }
    assert_eq!(text(&lines), ["› Weather?", "", "It is", "", "clear."]);
    assert_eq!(transcript.live(timeline.view(), 40, 10), []);
}
