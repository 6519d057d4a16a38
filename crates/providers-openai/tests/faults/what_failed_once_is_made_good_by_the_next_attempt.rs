use crate::{
    cell::{Cell, DELTAS},
    lab::{client, own_budget, run},
    places::Place,
    table::{FAMILIES, Script},
};

/// Every fault of all three attempts, occurring in the first one only.
#[tokio::test(start_paused = true)]
async fn what_failed_once_is_made_good_by_the_next_attempt() {
    let http = client();
    let mut checked = 0;
    for fault in FAMILIES.iter().flat_map(|family| family.faults) {
        for cell in Cell::all() {
            let recurs = fault.expect(cell).is_some_and(|expect| expect.attempts > 1);
            let Script::Replies(reply) = fault.script else {
                continue;
            };
            if !recurs {
                continue;
            }
            let place = Place::of(fault.script, cell).await;
            place.server.enqueue(reply(cell));
            place.server.respond_always(cell.good());
            let seen = run(&place, cell, own_budget(&http)).await;
            let name = fault.name;
            assert!(seen.error.is_none(), "{name} {cell:?}: {:?}", seen.error);
            assert_eq!((seen.attempts, seen.requests), (2, 2), "{name} {cell:?}");
            assert_eq!(seen.text, DELTAS.concat(), "{name} {cell:?}");
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}
