use geppetto_turns::{Turn, Usage};

use crate::{Limit, Limits, RunContext, SessionTotals};

#[test]
fn inner_work_counts_and_is_limited() {
    let limits = Limits::new()
        .with_max_provider_calls(3)
        .with_max_total_tokens(100);
    let earlier = SessionTotals {
        provider_calls: 1,
        ..SessionTotals::default()
    };
    let run = RunContext::new().with_limits(limits, earlier.clone());
    let turn = Turn::default();
    let (inner, other) = (run.inner(), RunContext::new().with_parent(&run));
    inner.begin_provider_call();
    assert_eq!(run.limit_reached(&turn), None);
    other.begin_provider_call();
    for ctx in [&run, &inner, &other] {
        let reached = ctx.limit_reached(&turn);
        assert_eq!(reached, Some(Limit::SessionProviderCalls(3)));
    }
    other.add_usage(&Usage::new(30, 4));
    let totals = run.session_totals(&earlier);
    assert_eq!((totals.provider_calls, totals.total_tokens()), (3, 34));
}

#[test]
fn usage_that_was_not_reported_is_estimated_once() {
    let limits = Limits::new().with_max_total_tokens(10);
    let run = RunContext::new().with_limits(limits, SessionTotals::default());
    let turn = Turn::builder().user("twelve bytes").build();
    assert_eq!(run.tokens(&turn), 0);
    run.add_usage(&Usage::unreported());
    assert_eq!((run.tokens(&turn), run.tokens(&turn)), (3, 3));
    // The conversation of the outer run is not available in inner work.
    run.add_usage(&Usage::unreported());
    assert_eq!(run.inner().limit_reached(&Turn::default()), None);
    assert_eq!(run.tokens(&turn), 6);
    let totals = run.session_totals(&SessionTotals::default());
    assert_eq!(
        (totals.estimated_tokens, totals.usage.unreported_calls),
        (6, 2)
    );
}
