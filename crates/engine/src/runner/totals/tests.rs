use geppetto_turns::Price;

use super::*;

#[test]
fn the_cost_of_a_run_is_known_if_that_of_every_call_is() {
    let call = Usage::new(1_000_000, 0).with_price(&Price::new(2.0, 4.0));
    let mut totals = RunTotals {
        usage: call.clone(),
        provider_calls: 1,
        tool_calls: 0,
    };
    assert_eq!(totals.cost_usd(), Some(2.0));
    totals.provider_calls = 2;
    assert_eq!(totals.cost_usd(), None);
    totals.usage += call;
    assert_eq!(totals.cost_usd(), Some(4.0));
    let mut session = SessionTotals::from(&totals);
    assert_eq!(session.cost_usd(), Some(4.0));
    session.provider_calls += 1;
    assert_eq!(session.cost_usd(), None);
    assert_eq!(RunTotals::default().cost_usd(), None);
}
