//! The program prints what its README says, filters, and supports the older names.

use example_check::{Output, Program};

const SAMPLE: &str = include_str!("../sample.jsonl");

fn read(log: &str, args: &[&str]) -> Output {
    let program = Program::new(env!("CARGO_BIN_EXE_events-jsonl")).stdin(log);
    args.iter().copied().fold(program, Program::arg).run()
}

#[test]
fn the_program_prints_what_its_readme_says() {
    read(SAMPLE, &[]).assert_prints_what_it_says(include_str!("../README.md"));
}

#[test]
fn a_file_is_read_like_stdin() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/sample.jsonl");
    assert_eq!(read("", &[path]), read(SAMPLE, &[]));
}

#[test]
fn older_names_come_out_as_the_present_ones() {
    let only = "text-delta,text-segment-finished";
    read(SAMPLE, &["--output", "jsonl", "--only", only]).assert_prints(concat!(
        r#"{"completion":"It is ","delta":"It is ","meta":{"message_id":"m1"},"type":"text-delta"}"#,
        "\n",
        r#"{"completion":"It is 21 °C.","delta":"21 °C.","meta":{"message_id":"m1"},"type":"text-delta"}"#,
        "\n",
        r#"{"type":"text-segment-finished","meta":{"message_id":"m1"},"text":"It is 21 °C."}"#,
        "\n",
    ));
}

#[test]
fn present_names_come_out_as_older_ones_where_asked_for() {
    let only = "tool-call-requested,tool-result-ready,run-finished,my-app.rating";
    read(SAMPLE, &["--output", "january", "--only", only]).assert_prints(concat!(
        r#"{"meta":{},"tool_call":{"id":"call_1","input":"{\"city\":\"Zurich\"}","name":"lookup_weather"},"type":"tool-call"}"#,
        "\n",
        r#"{"meta":{},"tool_result":{"id":"call_1","result":"21 C"},"type":"tool-call-execution-result"}"#,
        "\n",
        r#"{"stars":5,"type":"my-app.rating"}"#,
        "\n",
    ));
}

#[test]
fn lines_that_are_no_events_are_named_and_the_others_printed() {
    let log = "{\"type\":\"run-started\"}\n\n{\"type\":7}\n{\"type\":\"log\",\"mess\n\
               {\"type\":\"info\",\"message\":\"done\"}\n";
    let output = read(log, &[]);
    assert_eq!((output.code, &*output.stdout), (Some(1), "(done)\n"));
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(
        lines.len() == 3
            && lines[0].starts_with("line 3 is no event: ")
            && lines[1].starts_with("line 4 is no event: ")
            && lines[2] == "error: 2 lines are no events",
        "{output:?}"
    );
}
