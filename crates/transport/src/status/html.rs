//! Error pages of proxies and load balancers, reduced to their titles.

/// Maximum length of a title, in characters.
const LONGEST_TITLE: usize = 200;

/// Returns `true` if the text is an HTML page.
pub(super) fn is_page(text: &str) -> bool {
    let start: String = text
        .chars()
        .take(512)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    start.starts_with('<')
        && ["<!doctype html", "<html", "<head", "<body", "<title"]
            .iter()
            .any(|tag| start.contains(tag))
}

/// Returns the title of the page, as one line.
pub(super) fn summary(page: &str) -> String {
    match title(page) {
        Some(title) => format!("{title} (an HTML page)"),
        None => "an HTML page without a title".to_owned(),
    }
}

fn title(page: &str) -> Option<String> {
    // ASCII lower-casing keeps every byte position, so positions are valid in both texts.
    let lower = page.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let words: Vec<&str> = page.get(start..end)?.split_whitespace().collect();
    let title: String = words.join(" ").chars().take(LONGEST_TITLE).collect();
    Some(title).filter(|title| !title.is_empty())
}
