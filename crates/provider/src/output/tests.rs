use std::sync::Arc;

use geppetto_engine::{RunContext, SeededIds};
use geppetto_events::EventStream;
use geppetto_turns::{FinishClass, Turn};

use super::*;
use crate::read::{Word, halves};

fn context() -> RunContext {
    RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
}

fn output<'a>(ctx: &'a RunContext, turn: &'a mut Turn) -> Output<'a> {
    let mut out = Output::new(ResponseWriter::start(ctx, turn, "p", "m"));
    out.begin(Redactor::new().with_secret("hunter2hunter2"));
    out
}

#[test]
fn words_are_bounded_and_hold_no_secrets() {
    let (ctx, mut turn) = (context(), Turn::new());
    let out = output(&ctx, &mut turn);
    assert_eq!(out.word("gpt-5"), "gpt-5");
    assert_eq!(out.word("m hunter2hunter2"), "m ***");
    assert_eq!(out.word("sk-0123456789abcdef"), "sk-***");
    assert!(out.word(&"é".repeat(1000)).len() < 256);
    // A secret at the limit is not truncated into an unrecognizable part.
    let text = format!("{} hunter2hunter2", "x".repeat(190));
    assert_eq!(out.word(&text), format!("{} ***", "x".repeat(190)));
    let mut word = Word::default();
    assert!(word.last("m hunter2hunter2", &out));
    assert!(!word.last("m hunter2hunter2", &out));
    assert_eq!(format!("{word:?}"), "\"m ***\"");
    word.first("other", &out);
    assert_eq!(word.take().as_deref(), Some("m ***"));
    assert_eq!(word.take(), None);
}

#[test]
fn ids_stay_whole_but_for_secrets() {
    let (ctx, mut turn) = (context(), Turn::new());
    let out = output(&ctx, &mut turn);
    let text = "call_1__thought__".to_owned() + &"x".repeat(4000);
    assert_eq!(out.id(&text), text);
    assert_eq!(out.id("hunter2hunter2"), "***");
    assert_eq!(out.id(&"x".repeat(100_000)).len(), 64 * 1024);
}

/// Returns the texts of a reply written by `write`, and the number of replaced characters.
fn written(write: impl FnOnce(&mut Output<'_>)) -> (Vec<String>, Option<u64>) {
    let (ctx, mut turn) = (context(), Turn::new());
    let mut out = output(&ctx, &mut turn);
    write(&mut out);
    let result = out.end(Finish::new(FinishClass::Completed), None).unwrap();
    let replaced = result.details.get("replaced_characters");
    let replaced = replaced.and_then(Value::as_u64);
    let texts = turn.blocks.iter().filter_map(|b| b.text());
    (texts.map(str::to_owned).collect(), replaced)
}

#[test]
fn halves_are_joined_item_by_item() {
    let (high, low) = (halves::trailing(0xd83d), halves::leading(0xde00));
    let (texts, replaced) = written(|out| {
        let (one, two) = (out.open_text(), out.open_text());
        out.push(one, &format!("a{high}"));
        out.push(two, "x");
        out.push(one, &format!("{low}b"));
    });
    assert_eq!(
        (texts, replaced),
        (vec!["a😀b".to_owned(), "x".to_owned()], None)
    );
}

#[test]
fn a_half_without_its_partner_is_replaced_and_counted_wherever_its_item_ends() {
    let high = halves::trailing(0xd83d);
    let lost = (vec!["a\u{fffd}".to_owned()], Some(1));
    let begin = |out: &mut Output<'_>| {
        let id = out.open_text();
        out.push(id, &format!("a{high}"));
        id
    };
    let end = |finish: fn(&mut Output<'_>, ItemId)| {
        written(|out| {
            let id = begin(out);
            finish(out, id);
        })
    };
    assert_eq!(end(|_, _| ()), lost);
    assert_eq!(end(|out, id| out.close(id, None)), lost);
    assert_eq!(
        end(|out, id| assert_eq!(out.complete(id, ""), Completed::Same)),
        lost
    );
    // The full text has arrived, including the half.
    let whole = end(|out, id| assert_eq!(out.complete(id, "a😀"), Completed::Rest));
    assert_eq!(whole, (vec!["a😀".to_owned()], None));
}

#[test]
fn a_call_that_is_sent_twice_is_one() {
    let (ctx, mut turn) = (context(), Turn::new());
    let mut out = output(&ctx, &mut turn);
    let calls = [
        ("a", "f", "{}"),
        ("a", "f", "{}"),
        ("a", "f", "{\"x\":1}"),
        ("a", "g", "{}"),
        ("", "f", "{}"),
        ("", "f", "{}"),
        ("b", "f", "{}"),
    ];
    for (id, name, args) in calls {
        let item = out.open_tool_call(id, name);
        out.push(item, args);
        out.close(item, None);
    }
    out.end(Finish::new(FinishClass::ToolCallsPending), None)
        .unwrap();
    let revoked: Vec<bool> = turn
        .blocks
        .iter()
        .map(|block| block.incomplete().is_some())
        .collect();
    assert_eq!(revoked, [false, true, false, false, false, false, false]);
}
