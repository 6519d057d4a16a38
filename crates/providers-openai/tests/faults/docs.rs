//! `docs/faults.md` shows the table. With `UPDATE_DOCS=1` it is regenerated.

use std::{collections::BTreeSet, env, fmt::Write as _, fs};

use geppetto_engine::ErrorKind;

use crate::{
    cell::{Cell, Mode},
    expect::{Expect, Holds, Waits},
    table::{FAMILIES, Fault},
    wire::Wire,
};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/faults.md");

#[test]
fn the_documentation_shows_the_table() {
    let old = fs::read_to_string(PAGE).unwrap();
    let mut new = old.clone();
    for family in FAMILIES {
        new = with_region(&new, family.name, &outcomes(family.faults));
    }
    new = with_region(&new, "events", &events());
    new = with_region(&new, "errors", &errors());
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, &new).unwrap();
        return;
    }
    let again = "UPDATE_DOCS=1 cargo test -p geppetto-providers-openai --test faults docs";
    assert_eq!(old, new, "docs/faults.md is old; run `{again}`");
}

/// Returns the page with the contents of a region replaced.
fn with_region(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (
        format!("<!-- begin: {name} -->\n"),
        format!("<!-- end: {name} -->"),
    );
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}\n{text}\n{end}{after}")
}

fn outcomes(faults: &[Fault]) -> String {
    let mut table = String::from(
        "| fault | replies | error | retryable | attempts | server saw | shown and kept | time |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for fault in faults {
        for (cells, expect) in groups(fault) {
            let (kind, retryable) = match expect.error {
                Some((kind, true)) => (format!("`{kind:?}`"), "yes"),
                Some((kind, false)) => (format!("`{kind:?}`"), "no"),
                None => ("none".to_owned(), "-"),
            };
            let (name, label, requests) = (fault.name, label(&cells), expect.requests);
            let (attempts, holds, time) = (expect.attempts, holds(expect.holds), time(&expect));
            writeln!(
                table,
                "| {name} | {label} | {kind} | {retryable} | {attempts} | {requests} | {holds} | {time} |"
            )
            .unwrap();
        }
    }
    table
}

/// Groups the cells of a fault by outcome.
fn groups(fault: &Fault) -> Vec<(Vec<Cell>, Expect)> {
    let mut groups: Vec<(Vec<Cell>, Expect)> = Vec::new();
    for cell in Cell::all() {
        let Some(expect) = fault.expect(cell) else {
            continue;
        };
        // The messages have a separate table.
        let expect = Expect { says: "", ..expect };
        match groups.iter_mut().find(|(_, known)| *known == expect) {
            Some((cells, _)) => cells.push(cell),
            None => groups.push((vec![cell], expect)),
        }
    }
    groups
}

fn label(cells: &[Cell]) -> String {
    let of_mode = |mode| cells.iter().filter(|cell| cell.mode == mode).count();
    let wires = Wire::ALL.len();
    match (of_mode(Mode::Streamed), of_mode(Mode::Single)) {
        (streamed, single) if (streamed, single) == (wires, wires) => "all".to_owned(),
        (streamed, 0) if streamed == wires => "streamed".to_owned(),
        (0, single) if single == wires => "one body".to_owned(),
        _ => {
            let named = cells.iter().map(|cell| {
                let mode = match cell.mode {
                    Mode::Streamed => "streamed",
                    Mode::Single => "one body",
                };
                format!("{}, {mode}", cell.wire.spec().name)
            });
            named.collect::<Vec<_>>().join("; ")
        }
    }
}

fn holds(holds: Holds) -> &'static str {
    match holds {
        Holds::Nothing => "nothing",
        Holds::FirstDelta => "what arrived",
        Holds::BothDeltas => "all text, incomplete",
        Holds::All => "the reply",
        Holds::Doubled => "the reply, one delta twice",
    }
}

fn time(expect: &Expect) -> String {
    let backoff = match expect.attempts {
        1 => "",
        _ => " + at most 1.5 s",
    };
    let seconds = |seconds: u64| match seconds {
        900.. => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    };
    match (expect.waits, expect.attempts) {
        (Waits::Backoff, 1) => "at once".to_owned(),
        (Waits::Backoff, _) => "at most 1.5 s".to_owned(),
        (Waits::Limit(limit), 1) => seconds(limit),
        (Waits::Limit(limit), attempts) => format!("{attempts} x {}{backoff}", seconds(limit)),
        (Waits::Asked(millis), attempts) => {
            format!(
                "{} x {} s",
                attempts - 1,
                f64::from(u32::try_from(millis).unwrap()) / 1000.0
            )
        }
    }
}

/// Returns the events of each kind of end.
fn events() -> String {
    let error = Expect::fails(ErrorKind::Other, "");
    let ways = [
        ("an error, nothing shown", error),
        (
            "an error after retries, nothing shown",
            Expect::recurs(ErrorKind::Other, ""),
        ),
        ("an error after output", error.holding(Holds::FirstDelta)),
        ("a good reply", Expect::GOOD),
    ];
    let mut table = String::from("| end | events, in order |\n|---|---|\n");
    for (name, expect) in ways {
        let names = expect.events(Wire::Responses);
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        writeln!(table, "| {name} | {} |", names.join(", ")).unwrap();
    }
    table
}

/// Returns each message once, with the first fault that results in it.
fn errors() -> String {
    let mut table = String::from("| fault | message |\n|---|---|\n");
    let mut known = BTreeSet::new();
    for fault in FAMILIES.iter().flat_map(|family| family.faults) {
        for cell in Cell::all() {
            let expect = fault.expect(cell).filter(|expect| expect.error.is_some());
            let says = expect.map(|expect| expect.says(cell.wire, "127.0.0.1:8000"));
            if let Some(says) = says.filter(|says| known.insert(says.clone())) {
                writeln!(table, "| {} | {says} |", fault.name).unwrap();
            }
        }
    }
    table
}
