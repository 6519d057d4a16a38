//! Names, quotations, numbers and words in a prompt.

/// Words that begin sentences, and words too common to say what a sentence is about.
const COMMON: [&str; 43] = [
    "about", "also", "and", "answer", "are", "can", "compare", "could", "current", "does", "find",
    "for", "from", "get", "give", "given", "have", "hello", "how", "is", "look", "name", "now",
    "please", "return", "returns", "right", "should", "show", "tell", "that", "the", "then",
    "this", "use", "using", "value", "what", "when", "where", "which", "with", "would",
];

/// A prompt, and what stands out in it.
#[derive(Debug)]
pub(super) struct Prompt {
    text: String,
    names: Vec<String>,
    numbers: Vec<f64>,
}

impl Prompt {
    pub(super) fn new(text: String) -> Self {
        let names = names(&text);
        let numbers = text
            .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
            .filter_map(|token| token.trim_end_matches('.').parse().ok())
            .collect();
        Self {
            text,
            names,
            numbers,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Quotations if there are any, otherwise capitalised words (neighbours joined), each once.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The numbers, in their order.
    pub(super) fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// Whether the prompt contains this text, whatever its case.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.text.to_lowercase().contains(&text.to_lowercase())
    }

    /// Whether the prompt and this text have a telling word in common. Words count as the same if
    /// one begins with the other.
    pub(super) fn shares_word_with(&self, text: &str) -> bool {
        let ours = telling_words(&self.text);
        telling_words(text).iter().any(|theirs| {
            let same =
                |ours: &String| ours.starts_with(theirs) || theirs.starts_with(ours.as_str());
            ours.iter().any(same)
        })
    }
}

fn telling_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 3 && !is_common(word))
        .collect()
}

fn is_common(word: &str) -> bool {
    COMMON.contains(&word.to_lowercase().as_str())
}

fn names(text: &str) -> Vec<String> {
    let quoted: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
    if !quoted.is_empty() && text.matches('"').count().is_multiple_of(2) {
        return unique(quoted.into_iter().map(str::to_owned));
    }
    let runs = capitalised_runs(text);
    let inside = |run: &&Run| !run.begins_sentence;
    let chosen: Vec<&Run> = if runs.iter().any(|run| inside(&run)) {
        runs.iter().filter(inside).collect()
    } else {
        runs.iter().collect()
    };
    unique(chosen.into_iter().map(|run| run.words.join(" ")))
}

/// Capitalised words that follow each other without punctuation between them.
#[derive(Debug, Default)]
struct Run {
    words: Vec<String>,
    begins_sentence: bool,
}

fn capitalised_runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run = Run::default();
    let mut sentence_begins = true;
    for token in text.split_whitespace() {
        let word = token.trim_matches(|c: char| !c.is_alphanumeric());
        let capitalised = word.chars().next().is_some_and(char::is_uppercase) && word != "I";
        if capitalised && !is_common(word) {
            if run.words.is_empty() {
                run.begins_sentence = sentence_begins;
            }
            run.words.push(word.to_owned());
        }
        // The first word of a sentence is capitalised anyway, so it joins no name.
        let ends_run = sentence_begins
            || !capitalised
            || is_common(word)
            || !token.ends_with(char::is_alphanumeric);
        if ends_run && !run.words.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
        sentence_begins = token.ends_with(['.', '?', '!', ':']);
    }
    if !run.words.is_empty() {
        runs.push(run);
    }
    runs
}

fn unique(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for item in items {
        if !item.trim().is_empty() && !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}
