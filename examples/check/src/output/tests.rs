use super::*;

fn printed(stdout: &str) -> Output {
    Output {
        stdout: stdout.to_owned(),
        stderr: String::new(),
        code: Some(0),
    }
}

const README: &str =
    "# One\n\n```sh\nrun\n```\n\n## Expected output\n\n```text\na\nb\n```\n\n```text\nc\n```\n";

#[test]
fn the_block_under_the_heading_is_what_counts() {
    assert_eq!(expected_output(README), Some("a\nb\n"));
    assert_eq!(expected_output("# One\n\n```text\na\n```\n"), None);
    printed("a\nb\n").assert_prints_what_it_says(README);
}

#[test]
#[should_panic(expected = "printed:\na\n")]
fn other_output_fails() {
    printed("a\n").assert_prints_what_it_says(README);
}

#[test]
#[should_panic(expected = "Expected output")]
fn a_readme_that_says_nothing_fails() {
    printed("").assert_prints_what_it_says("# One\n");
}

#[test]
#[should_panic(expected = "boom")]
fn a_failure_is_no_output() {
    let mut output = printed("a\nb\n");
    (output.code, output.stderr) = (Some(1), "boom".to_owned());
    output.assert_prints_what_it_says(README);
}
