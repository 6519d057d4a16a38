use super::*;

#[test]
fn what_is_no_utf8_is_counted_wherever_it_is_cut() {
    for (bytes, invalid) in [
        ("h\u{e9}llo \u{1f600}".as_bytes(), 0),
        (b"a\xffb", 1),
        (b"a\xe2\x28\xa1", 2),
        (b"\xf0\x9f\x98\xff\xf0\x9f\x98\x80", 2),
        (b"\xc3\xc3\xa9", 1),
    ] {
        for at in 0..=bytes.len() {
            let mut utf8 = Utf8::default();
            utf8.read(&bytes[..at]);
            utf8.read(&bytes[at..]);
            assert_eq!(utf8.invalid(), invalid, "{bytes:?} cut at {at}");
        }
    }
}
