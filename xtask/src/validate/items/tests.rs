use std::{collections::BTreeSet, fs, path::Path};

use super::{ITEMS, Step, other_rules};

#[test]
fn names_are_unique_and_no_group_is_an_item() {
    let names: BTreeSet<_> = ITEMS.iter().map(|item| item.name).collect();
    assert_eq!(names.len(), ITEMS.len());
    for item in ITEMS {
        let group = item.name.split_once('/').map(|(group, _)| group);
        assert!(
            !group.is_some_and(|group| names.contains(group)),
            "{}",
            item.name
        );
    }
}

#[test]
fn every_check_of_tidy_belongs_to_exactly_one_item() {
    let mut covered: Vec<&str> = other_rules().collect();
    for item in ITEMS {
        if let Step::Rules(names) = item.step {
            covered.extend(names);
        }
    }
    covered.sort_unstable();
    let mut all: Vec<_> = crate::tidy::names().collect();
    all.sort_unstable();
    assert_eq!(covered, all);
}

#[test]
fn every_interactive_example_has_its_item() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut interactive = BTreeSet::new();
    for entry in fs::read_dir(examples).unwrap() {
        let folder = entry.unwrap().path();
        let main = fs::read_to_string(folder.join("src/main.rs")).unwrap_or_default();
        if main.contains("interactive: bool") {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            interactive.insert(format!("interactive/{name}"));
        }
    }
    let items = ITEMS.iter().map(|item| item.name.to_owned());
    let items: BTreeSet<_> = items
        .filter(|name| name.starts_with("interactive/"))
        .collect();
    assert_eq!(items, interactive);
}

#[test]
fn the_page_about_it_has_a_row_for_every_item_in_order() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/validation.md");
    let page = fs::read_to_string(page).unwrap();
    let rows: Vec<_> = page
        .lines()
        .skip_while(|line| !line.starts_with("## Items"))
        .take_while(|line| !line.starts_with("## JSON"))
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let names: Vec<_> = ITEMS.iter().map(|item| item.name).collect();
    assert_eq!(rows, names);
}
