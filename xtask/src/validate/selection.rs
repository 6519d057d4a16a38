//! `--only` and `--skip`.

use super::items::{ITEMS, Item};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// Returns the items to run, in order.
///
/// # Errors
///
/// If a name is unknown, or no item is left to run.
pub(super) fn select(only: &[String], skip: &[String]) -> Result<Vec<Item>, Error> {
    for name in only.iter().chain(skip) {
        if !ITEMS.iter().any(|item| item.is_named(name)) {
            let names: Vec<_> = ITEMS.iter().map(|item| item.name).collect();
            return Err(Error::UnknownItem {
                name: name.clone(),
                known: names.join(", "),
            });
        }
    }
    let named = |item: &Item, names: &[String]| names.iter().any(|name| item.is_named(name));
    let chosen = ITEMS
        .iter()
        .filter(|item| only.is_empty() || named(item, only))
        .filter(|item| !named(item, skip));
    let chosen: Vec<_> = chosen.copied().collect();
    if chosen.is_empty() {
        return Err(Error::NoItems);
    }
    Ok(chosen)
}
