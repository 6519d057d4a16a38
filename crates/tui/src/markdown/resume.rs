//! How the rest of a text is parsed after its beginning has been rendered and dropped.

/// A container that is open: a quote or an item of a list.
#[derive(Debug, Clone)]
pub(super) struct Container {
    /// Start of the line on which it begins.
    pub(super) line: usize,
    /// Start of its content on that line.
    pub(super) content: usize,
    /// Number of the item, in a numbered list.
    pub(super) number: Option<u64>,
}

/// Returns Markdown that opens the containers, with a character as content of each, so that what
/// follows belongs to the innermost. `last` is the content of the innermost, on its own line if it
/// began on another one.
///
/// Whoever renders the result with the rest of the text omits what comes from this prefix.
pub(super) fn prefix(source: &str, containers: &[Container]) -> String {
    let mut prefix = String::new();
    let mut lines = containers.iter().enumerate().peekable();
    while let Some((index, container)) = lines.next() {
        // The innermost of those that begin on one line includes the others.
        if lines
            .peek()
            .is_some_and(|(_, next)| next.line == container.line)
        {
            continue;
        }
        // A list that begins with another number than 1 does not interrupt a paragraph.
        let outside = containers.get(..index).unwrap_or_default();
        let mut outside = outside.iter().filter(|own| own.line != container.line);
        prefix.push_str(&blank_line(source, outside.next_back()));
        let head = source.get(container.line..container.content);
        prefix.push_str(&numbered(head.unwrap_or_default(), container.number));
        if !prefix.ends_with([' ', '\t']) {
            prefix.push(' ');
        }
        prefix.push_str("x\n");
    }
    prefix
}

/// Returns a blank line within a container.
pub(super) fn blank_line(source: &str, innermost: Option<&Container>) -> String {
    let Some(last) = innermost else {
        return String::new();
    };
    let head = source.get(last.line..last.content).unwrap_or_default();
    let mut blank: String = head
        .chars()
        .map(|c| if c == '>' || c == '\t' { c } else { ' ' })
        .collect();
    blank.push('\n');
    blank
}

/// Replaces the last number of a head such as `> 1. `.
fn numbered(head: &str, number: Option<u64>) -> String {
    let Some(number) = number.filter(|own| *own < 1_000_000_000) else {
        return head.to_owned();
    };
    let mark = head.trim_end().trim_end_matches(['.', ')']);
    let start = mark.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, digits) = mark.split_at_checked(start).unwrap_or((mark, ""));
    let after = head.get(mark.len()..).unwrap_or_default();
    if digits.is_empty() {
        return head.to_owned();
    }
    format!("{before}{number}{after}")
}
