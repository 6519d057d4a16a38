use super::check_version;

#[test]
fn versions_that_may_corrupt_a_file_are_refused() {
    for version in [3_051_003, 3_053_000, 4_000_000] {
        check_version(version).unwrap();
    }
    let error = check_version(3_040_001).unwrap_err().to_string();
    assert_eq!(
        error,
        "this program is linked to SQLite 3.40.1, which can damage files; at least 3.51.3 is \
         required: build it with rusqlite's feature `bundled`"
    );
    check_version(3_051_002).unwrap_err();
    check_version(rusqlite::version_number()).unwrap();
}
