use super::{ITEMS, select};

fn names(only: &[&str], skip: &[&str]) -> Result<Vec<&'static str>, String> {
    let owned = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let items = select(&owned(only), &owned(skip)).map_err(|error| error.to_string())?;
    Ok(items.iter().map(|item| item.name).collect())
}

#[test]
fn all_items_run_unless_some_are_named() {
    assert_eq!(names(&[], &[]).unwrap().len(), ITEMS.len());
    assert_eq!(
        names(&["tests", "format"], &[]).unwrap(),
        ["format", "tests"]
    );
}

#[test]
fn a_group_stands_for_its_items() {
    let examples = names(&["examples"], &[]).unwrap();
    assert!(examples.len() > 1 && examples.iter().all(|name| name.starts_with("examples/")));
    let rest = names(&[], &["examples"]).unwrap();
    assert_eq!(rest.len(), ITEMS.len() - examples.len());
}

#[test]
fn what_is_skipped_is_not_run_even_where_it_is_named() {
    let skip = ["examples/generic-tool-calling"];
    assert!(!names(&["examples"], &skip).unwrap().contains(&skip[0]));
}

#[test]
fn a_name_that_nobody_has_is_an_error_with_the_known_ones() {
    for (only, skip) in [(&["test"][..], &[][..]), (&[][..], &["test"][..])] {
        let error = names(only, skip).unwrap_err();
        assert!(
            error.starts_with("no item is named test; there are: format, "),
            "{error}"
        );
    }
}

#[test]
fn nothing_left_to_run_is_an_error() {
    assert_eq!(
        names(&["tests"], &["tests"]).unwrap_err(),
        "no item is left to run"
    );
}
