//! Content that the API refuses in its place: thinking without an answer, calls and results of the
//! provider's tools without each other.

use std::collections::{HashMap, HashSet};

use super::{message::Role, part::Part};

/// Field of a result with the id of its call.
const RESULT_OF: &str = "tool_use_id";

/// Removes content that the API refuses in its place. `is_continued` is `true` if the reply continues a
/// message of the model at the end.
pub(super) fn clean(parts: &mut Vec<(Role, Part<'_>)>, is_continued: bool) {
    pair(parts, is_continued);
    end_thoughts(parts);
}

/// Removes calls of the provider's tools that have no result, except for those that are still running:
/// at the end of the conversation, or before results of the application's tools at its end; and results
/// without a call.
///
/// The API refuses them: "`web_search` tool use with id `x` was found without a corresponding
/// `web_search_tool_result` block".
fn pair(parts: &mut Vec<(Role, Part<'_>)>, is_continued: bool) {
    if !parts.iter().any(|(_, part)| matches!(part, Part::Raw(_))) {
        return;
    }
    // The last message of the model, and the results after it.
    let is_answer = |(_, part): &(Role, Part<'_>)| matches!(part, Part::Answer { .. });
    let answers = parts.iter().rev().take_while(|own| is_answer(own)).count();
    let tail = parts.iter().rev().skip(answers);
    let model = tail
        .take_while(|(role, _)| *role == Role::Assistant)
        .count();
    let running = match answers > 0 || is_continued {
        true => parts.len() - answers - model,
        false => parts.len(),
    };
    // The position of the last result of each call.
    let results: HashMap<String, usize> = (parts.iter().enumerate())
        .filter_map(|(at, (_, part))| Some((part.raw_text(RESULT_OF)?.to_owned(), at)))
        .collect();
    let mut called: HashSet<String> = HashSet::new();
    let mut at = 0;
    parts.retain(|(_, part)| {
        let (place, is_running) = (at, at >= running);
        at += 1;
        if let Some(result_of) = part.raw_text(RESULT_OF) {
            return called.contains(result_of);
        }
        let is_call = part
            .raw_text("type")
            .is_some_and(|kind| kind.ends_with("tool_use"));
        match part.raw_text("id").filter(|_| is_call) {
            Some(id) if is_running || results.get(id).is_some_and(|result| *result > place) => {
                called.insert(id.to_owned());
                true
            }
            Some(_) => false,
            None => true,
        }
    });
}

/// Removes thinking at the end of a message: "The final block in an assistant message cannot be
/// `thinking`."
fn end_thoughts(parts: &mut Vec<(Role, Part<'_>)>) {
    // From the end: thinking stays if content of the model follows it.
    let mut kept = vec![true; parts.len()];
    let mut is_followed = false;
    for ((role, part), keep) in parts.iter().zip(&mut kept).rev() {
        match role {
            Role::User => is_followed = false,
            Role::Assistant if part.is_thinking() => *keep = is_followed,
            Role::Assistant => is_followed = true,
        }
    }
    let mut kept = kept.into_iter();
    parts.retain(|_| kept.next().unwrap_or(true));
}
