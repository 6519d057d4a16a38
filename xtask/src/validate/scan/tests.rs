use std::{env, fs, path::PathBuf, process};

use serde_json::{Value, json};

use super::{
    files::Language,
    matches,
    places::{self, Place},
    run,
};
use crate::{Verdict, retired::RETIRED};

/// A chat backend on the retired lifecycle, in the style of existing applications.
const LEGACY_GO: &str = include_str!("testdata/backend.go.txt");

fn found(path: &str, text: &str) -> Vec<(usize, usize, Place, String)> {
    let language = Language::of(path).unwrap();
    let matches = matches::find(path, text, language).into_iter();
    matches
        .map(|found| (found.line, found.column, found.place, found.name))
        .collect()
}

/// A temporary folder, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
        let root = env::temp_dir().join(format!("xtask-scan-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&root);
        for (path, bytes) in files {
            let full = root.join(path);
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, bytes).unwrap();
        }
        Self(root)
    }

    fn scan(&self) -> (Verdict, Value) {
        let mut out = Vec::new();
        let verdict = run(&self.0, true, &mut out).unwrap();
        (verdict, serde_json::from_slice(&out).unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_call_of_a_legacy_program_is_found_with_line_and_column() {
    let code = |(line, column, place, name): (usize, usize, Place, String)| {
        (place == Place::Code).then_some((line, column, name))
    };
    let found: Vec<_> = found("backend.go", LEGACY_GO)
        .into_iter()
        .filter_map(code)
        .collect();
    let expected = [
        (7, 44, "pkg/inference/core"),
        (9, 36, "pkg/inference/state"),
        (15, 16, "InferenceState"),
        (16, 11, "infcore.Session"),
        (20, 37, "engine.Option"),
        (20, 58, "WithSink"),
        (24, 14, "NewInferenceState"),
        (25, 23, "infcore.Session"),
        (29, 20, "StartRun"),
        (33, 10, "SetCancel"),
        (35, 17, "FinishRun"),
        (36, 23, "RunInferenceStarted"),
        (43, 13, "HasCancel"),
        (44, 11, "CancelRun"),
    ];
    let expected = expected.map(|(line, column, name)| (line, column, name.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn the_legacy_program_names_everything_that_is_retired() {
    let found = matches::find("backend.go", LEGACY_GO, Language::Go);
    for retired in RETIRED {
        assert!(
            found.iter().any(|found| found.retired == retired.name),
            "{} is missing",
            retired.name
        );
    }
}

#[test]
fn rust_spellings_are_found() {
    let text = "let s: core::Session = x;\ns.start_run()?; s.set_cancel(c);\nengine::Option::A;\n";
    let names: Vec<_> = found("a.rs", text).into_iter().map(|f| f.3).collect();
    assert_eq!(
        names,
        ["core::Session", "start_run", "set_cancel", "engine::Option"]
    );
}

#[test]
fn names_in_comments_strings_and_prose_are_marked() {
    let go =
        "// StartRun\nx := `\nStartRun` + \"\\\"StartRun\" /* StartRun */ + s.StartRun('\"')\n";
    let places: Vec<_> = found("a.go", go).into_iter().map(|f| f.2).collect();
    use Place::{Code, Comment, String};
    assert_eq!(places, [Comment, String, String, Comment, Code]);
    let rust =
        "fn f<'a>(x: &'a str) { r#\"start_run\"\"#; start_run('\"'); /* /* */ start_run */ }\n";
    let places: Vec<_> = found("a.rs", rust).into_iter().map(|f| f.2).collect();
    assert_eq!(places, [String, Code, Comment]);
    assert_eq!(
        found("a.md", "`StartRun`\n"),
        [(1, 2, Place::Prose, "StartRun".to_owned())]
    );
}

#[test]
fn places_cover_the_text_even_where_a_literal_or_comment_does_not_end() {
    for text in ["\"abc", "'\\", "r#\"a", "/* /* */", "`ü", "'ü'", "a'"] {
        for language in [Language::Go, Language::Rust, Language::Markdown] {
            assert_eq!(places::of(text, language).len(), text.len(), "{text}");
        }
    }
}

#[test]
fn longer_names_are_other_names() {
    assert_eq!(
        found(
            "a.go",
            "RestartRun(); StartRuns(); zapcore.Session{}; engine.Options\n"
        ),
        []
    );
}

#[test]
fn built_and_borrowed_folders_and_binary_files_are_skipped() {
    let call: &[u8] = b"s.StartRun()\n";
    let scratch = Scratch::new(
        "skips",
        &[
            ("app/main.go", call),
            ("vendor/x/x.go", call),
            ("web/node_modules/x/x.go", call),
            ("target/x.rs", call),
            (".git/x.go", call),
            ("notes.txt", call),
            ("blob.go", b"\0StartRun"),
        ],
    );
    let (verdict, report) = scratch.scan();
    assert_eq!(verdict, Verdict::Findings);
    let expected = json!({
        "matches": [{
            "file": "app/main.go", "line": 1, "column": 3, "place": "code",
            "name": "StartRun", "text": "s.StartRun()", "retired": "StartRun",
            "concept": "marking a run as started",
            "instead": RETIRED[5].instead,
            "guide": "docs/migration.md#startrun",
        }],
        "call_sites": 1, "mentions": 0, "files_read": 1, "files_skipped": 1,
    });
    assert_eq!(report, expected);
}

#[test]
fn mentions_alone_are_no_findings() {
    let scratch = Scratch::new("mentions", &[("a.go", b"// was: StartRun\npackage a\n")]);
    let (verdict, report) = scratch.scan();
    assert_eq!((verdict, &report["mentions"]), (Verdict::Clean, &json!(1)));
}

#[test]
fn lines_for_people_say_where_what_and_what_to_do() {
    let scratch = Scratch::new("lines", &[("a/a.go", b"/* StartRun */\n\ts.FinishRun()\n")]);
    let mut out = Vec::new();
    run(&scratch.0, false, &mut out).unwrap();
    let expected = format!(
        "\
a/a.go:1:4: StartRun (in a comment): marking a run as started
    /* StartRun */
    -> {}; see docs/migration.md#startrun
a/a.go:2:4: FinishRun: marking a run as finished
    s.FinishRun()
    -> {}; see docs/migration.md#finishrun
1 call site and 1 mention in 1 file; 1 file read
",
        RETIRED[5].instead, RETIRED[6].instead
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}
