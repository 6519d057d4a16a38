use super::{CHECKS, select};

#[test]
fn all_checks_run_unless_some_are_named() {
    assert_eq!(select(&[]).unwrap().len(), CHECKS.len());
    let chosen = select(&["secrets".to_owned(), "layering".to_owned()]).unwrap();
    let names: Vec<_> = chosen.iter().map(|check| check.name).collect();
    assert_eq!(names, ["layering", "secrets"]);
}

#[test]
fn an_unknown_check_is_named_with_the_known_ones() {
    let error = select(&["layring".to_owned()]).unwrap_err().to_string();
    assert!(
        error.starts_with("no check is named layring; there are: layering, "),
        "{error}"
    );
}
