use super::*;

#[derive(Debug)]
struct Outer(io::Error);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no connection")
    }
}

impl StdError for Outer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

#[test]
#[cfg(unix)]
fn a_process_without_files_left_is_told_from_a_refused_connection() {
    for (code, expected) in [(23, true), (24, true), (111, false), (2, false)] {
        let error = io::Error::from_raw_os_error(code);
        assert_eq!(is_out_of_files(&error), expected, "{code}");
        assert_eq!(is_out_of_files(&Outer(error)), expected, "{code}");
    }
    assert!(!is_out_of_files(&io::Error::other("refused")));
}
