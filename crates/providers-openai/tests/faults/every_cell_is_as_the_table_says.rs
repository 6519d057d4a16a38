use crate::{
    cell::Cell,
    lab::{client, own_budget, run},
    places::Place,
    table::{Fault, connection, content, cuts, stalls, statuses},
};

/// Runs each cell of these faults; names all that differ from the table.
async fn check(faults: &[Fault]) {
    let http = client();
    let mut wrong = Vec::new();
    for fault in faults {
        for cell in Cell::all() {
            let Some(expect) = fault.expect(cell) else {
                continue;
            };
            let place = Place::of(fault.script, cell).await;
            let seen = run(&place, cell, own_budget(&http)).await;
            for difference in seen.differences(&expect, cell.wire, &place.address) {
                wrong.push(format!("{} / {cell:?}: {difference}", fault.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_connection() {
    check(connection::FAULTS).await;
}

#[tokio::test(start_paused = true)]
async fn replies_that_break_off() {
    check(cuts::FAULTS).await;
}

#[tokio::test(start_paused = true)]
async fn replies_that_stop_coming() {
    check(stalls::FAULTS).await;
}

#[tokio::test(start_paused = true)]
async fn replies_with_the_wrong_content() {
    check(content::FAULTS).await;
}

#[tokio::test(start_paused = true)]
async fn refusals_by_status() {
    check(statuses::FAULTS).await;
}
