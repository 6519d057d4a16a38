use super::*;

/// A list that the code has grown away from would measure nothing.
#[test]
fn every_fault_can_be_put_into_the_code_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mutants = all().unwrap();
    assert!(mutants.len() >= 25);
    for mutant in &mutants {
        let text = fs::read_to_string(root.join(&mutant.file)).unwrap();
        let places = text.matches(&mutant.replace).count();
        assert_eq!(places, 1, "{} in {}", mutant.breaks, mutant.file.display());
        assert_ne!(mutant.replace, mutant.by);
    }
}

#[test]
fn no_fault_is_there_twice() {
    let mut names: Vec<_> = all().unwrap().into_iter().map(|own| own.breaks).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}
