//! Names, quotations, numbers and words in a prompt.

/// Words that start sentences, and words too common to indicate a topic.
const COMMON: [&str; 57] = [
    "about", "also", "and", "answer", "are", "but", "can", "compare", "could", "current",
    "describe", "did", "does", "extract", "find", "for", "from", "get", "give", "given", "have",
    "hello", "how", "is", "like", "look", "many", "much", "name", "now", "please", "remember",
    "return", "returns", "right", "say", "should", "show", "tell", "that", "the", "then", "there",
    "this", "use", "using", "value", "was", "what", "when", "where", "which", "who", "with",
    "would", "you", "your",
];

/// Verbs that make the preceding word a name.
const SAYS: [&str; 9] = [
    "has", "is", "likes", "lives", "plays", "wants", "was", "weighs", "works",
];

/// A prompt, with its names and numbers.
#[derive(Debug)]
pub(super) struct Prompt {
    text: String,
    names: Vec<String>,
    numbers: Vec<f64>,
}

impl Prompt {
    pub(super) fn new(text: String) -> Self {
        let names = names(&text);
        let numbers = text.split_whitespace().flat_map(numbers_of_word).collect();
        Self {
            text,
            names,
            numbers,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the quotations, or, if there are none, the capitalized words (adjacent ones joined),
    /// without duplicates.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the numbers, in order.
    pub(super) fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// Returns `true` if the prompt contains this text, ignoring case.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.text.to_lowercase().contains(&text.to_lowercase())
    }
}

/// Returns the significant words of a text, in lower case.
pub(super) fn telling_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 3 && !is_common(word))
        .collect()
}

/// Returns `true` if two words differ at most in their endings: "convert" and "converts".
pub(super) fn same_word(one: &str, other: &str) -> bool {
    stem(one) == stem(other)
}

fn stem(word: &str) -> &str {
    let endings = ["ing", "ed", "es", "s", "e"];
    endings
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|stem| stem.chars().count() >= 3)
        .unwrap_or(word)
}

/// Returns the numbers in a word. A minus counts only at its beginning, so "gpt-4" contains a 4.
fn numbers_of_word(word: &str) -> Vec<f64> {
    let signed = word.trim_start_matches(['(', '"', '\'', '$', '€', '#', '=']);
    let (sign, rest) = match signed.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, signed),
    };
    let begins = rest.starts_with(|c: char| c.is_ascii_digit());
    let tokens = rest.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let numbers = tokens.filter_map(|token| token.trim_matches('.').parse::<f64>().ok());
    let signed = |(at, number): (usize, f64)| {
        if at == 0 && begins {
            sign * number
        } else {
            number
        }
    };
    numbers.enumerate().map(signed).collect()
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

/// Consecutive capitalized words without punctuation in between.
#[derive(Debug, Default)]
struct Run {
    words: Vec<String>,
    begins_sentence: bool,
}

fn capitalised_runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run = Run::default();
    let mut sentence_begins = true;
    let mut tokens = text.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        // "Ada is 36": the subject of a statement is a name, even at the beginning of a sentence.
        let subject = tokens.peek().is_some_and(|next| SAYS.contains(next));
        let begins_sentence = sentence_begins && !subject;
        let word = token.trim_matches(|c: char| !c.is_alphanumeric());
        let capitalised = word.chars().next().is_some_and(char::is_uppercase) && word != "I";
        if capitalised && !is_common(word) {
            if run.words.is_empty() {
                run.begins_sentence = begins_sentence;
            }
            run.words.push(word.to_owned());
        }
        // The first word of a sentence is always capitalized, so it is not part of a name.
        let ends_run = begins_sentence
            || !capitalised
            || is_common(word)
            || !token.ends_with(char::is_alphanumeric);
        if ends_run && !run.words.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
        sentence_begins = token.ends_with(['.', '?', '!']);
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
