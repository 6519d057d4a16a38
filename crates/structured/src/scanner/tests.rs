#![allow(
    clippy::string_slice,
    reason = "a cut inside a character is to fail the test"
)]

use super::*;

/// Records its input: text as it is, blocks as `{body}`, unclosed ones as `{body`.
#[derive(Default)]
struct Notes(String);

impl Handler for Notes {
    fn text(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn open(&mut self, tag: Tag) -> bool {
        let known = tag.package == "a";
        if known {
            self.0.push('{');
        }
        known
    }

    fn body(&mut self, body: &str) {
        self.0.push_str(body);
    }

    fn close(&mut self) {
        self.0.push('}');
    }

    fn unclosed(&mut self) {
        self.0.push_str("{!}");
    }
}

fn scan<'t>(pieces: impl IntoIterator<Item = &'t str>) -> String {
    let mut scanner = Scanner::default();
    let mut notes = Notes::default();
    for piece in pieces {
        scanner.push(piece, &mut notes);
    }
    scanner.finish(&mut notes);
    notes.0
}

fn check(text: &str, expect: &str) {
    assert_eq!(scan([text]), expect, "{text:?} at once");
    let chars = text
        .char_indices()
        .map(|(at, c)| &text[at..at + c.len_utf8()]);
    assert_eq!(scan(chars), expect, "{text:?} char by char");
    for (at, _) in text.char_indices() {
        let (one, two) = text.split_at(at);
        assert_eq!(scan([one, two]), expect, "{text:?} cut at {at}");
    }
}

#[test]
fn blocks_are_found() {
    check("x<a:b:v1>é</a:b:v1>y", "x{é}y");
    check("<a:b:v1></a:b:v1><a:c:v1>z</a:c:v1>", "{}{z}");
    check("<a:b-c.d_e:V1.0>z</a:b-c.d_e:V1.0>", "{z}");
}

#[test]
fn what_looks_like_a_tag_is_text() {
    for text in [
        "",
        "a < b",
        "1 <",
        "<word",
        "<a:b",
        "<a:b:",
        "<a:b:>",
        "<a::v1>",
        "<:b:v1>",
        "<a:b:v1",
        "<a:b:v1:x>y</a:b:v1:x>",
        "<a:b>y</a:b>",
        "<a: b:v1>",
        "<ä:b:v1>",
        "<a:b:v1é>",
        "</a:b:v1>",
        "<A:b:v1>x</A:b:v1>",
        "<other:b:v1>x</other:b:v1>",
    ] {
        check(text, text);
    }
}

#[test]
fn a_bracket_in_a_tag_begins_another_one() {
    check("<<a:b:v1>x</a:b:v1>", "<{x}");
    check("<x<a:b:v1>x</a:b:v1>", "<x{x}");
    check("<a:b:v1<a:b:v1>x</a:b:v1>", "<a:b:v1{x}");
    check("<a:b:<é<<<a:b:v1>x</a:b:v1><", "<a:b:<é<<{x}<");
}

#[test]
fn only_the_very_closing_tag_closes() {
    check(
        "<a:b:v1>x</a:b:v2></A:b:v1></a:b:v1 ></a:b:v1>",
        "{x</a:b:v2></A:b:v1></a:b:v1 >}",
    );
    check("<a:b:v1>1<2</</a:b</a:b:v1>", "{1<2</</a:b}");
    check("<a:b:v1><a:b:v1></a:b:v1></a:b:v1>", "{<a:b:v1>}</a:b:v1>");
}

#[test]
fn a_block_that_never_closes_keeps_what_was_held_back() {
    check("t<a:b:v1>x</a:b:v", "t{x</a:b:v{!}");
    check("t<a:b:v1>", "t{{!}");
}

#[test]
fn longer_tags_than_allowed_are_text() {
    let name = "v".repeat(MAX_TAG_BYTES - "<a:b:>".len());
    check(&format!("<a:b:{name}>x</a:b:{name}>"), "{x}");
    let text = format!("<a:b:{name}v>x</a:b:{name}v>");
    check(&text, &text);
}

#[test]
fn little_is_held_back() {
    let mut scanner = Scanner::default();
    let mut notes = Notes::default();
    scanner.push(&"<".repeat(10), &mut notes);
    assert_eq!(notes.0, "<".repeat(9));
    scanner.push(&"x".repeat(2 * MAX_TAG_BYTES), &mut notes);
    assert_eq!(notes.0.len(), 10 + 2 * MAX_TAG_BYTES);
}
