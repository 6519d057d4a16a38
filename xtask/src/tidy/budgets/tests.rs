use super::over;

#[test]
fn a_tree_over_its_budget_is_found() {
    let found = over(&["a", "b"], 15, 17).unwrap().to_string();
    let expected = "a + b: 17 packages, 2 over the budget of 15; see `cargo tree -e normal -p a \
                    -p b`, and drop a dependency or one of its features";
    assert_eq!(found, expected);
}

#[test]
fn a_tree_that_uses_its_whole_budget_is_fine() {
    assert_eq!(over(&["a"], 15, 15), None);
}
