use tokio::time::sleep;

use super::*;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(start_paused = true)]
async fn time_off_the_clock_moves_a_time_limit_and_no_deadline() {
    let start = Instant::now();
    let ctx = RunContext::new().with_time_limit(secs(10));
    let both = ctx.clone().with_deadline(start + secs(30));
    sleep(secs(4)).await;
    ctx.off_the_clock(sleep(secs(20))).await;
    assert_eq!(ctx.time_left(), Some(secs(6)));
    assert_eq!(both.deadline(), Some(start + secs(30)));
    assert_eq!(ctx.time_limit(start), Some(secs(10)));
    both.off_the_clock(both.deadline_passed()).await;
    assert_eq!(start.elapsed(), secs(30));
    ctx.deadline_passed().await;
    assert_eq!(start.elapsed(), secs(36));
}

#[tokio::test(start_paused = true)]
async fn nested_and_parallel_waits_count_once() {
    let ctx = RunContext::new().with_time_limit(secs(10));
    let nested = ctx.off_the_clock(ctx.off_the_clock(sleep(secs(5))));
    let beside = async {
        sleep(secs(2)).await;
        ctx.off_the_clock(sleep(secs(5))).await;
    };
    tokio::join!(nested, beside);
    // 5 s, and 2 s more, all of it off the clock.
    assert_eq!(ctx.time_left(), Some(secs(10)));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_deadline_that_has_begun_is_moved_too() {
    let start = Instant::now();
    let ctx = RunContext::new().with_time_limit(secs(10));
    let asked = async {
        sleep(secs(9)).await;
        ctx.off_the_clock(sleep(secs(100))).await;
    };
    tokio::join!(ctx.deadline_passed(), asked);
    assert_eq!(start.elapsed(), secs(110));
}

#[tokio::test(start_paused = true)]
async fn an_inner_run_stops_the_clocks_of_those_that_it_works_for() {
    let outer = RunContext::new().with_time_limit(secs(10));
    let tool = outer.inner();
    let agent = RunContext::new()
        .with_parent(&tool)
        .with_time_limit(secs(5));
    let waited = tool.within(secs(3), agent.off_the_clock(sleep(secs(60))));
    assert_eq!(waited.await, Some(()));
    assert_eq!(outer.time_left(), Some(secs(10)));
    assert_eq!(agent.time_left(), Some(secs(5)));
    // The outer run's waits do not stop the inner run's clock.
    outer.off_the_clock(sleep(secs(2))).await;
    assert_eq!(agent.time_left(), Some(secs(3)));
    assert_eq!(tool.within(secs(3), sleep(secs(4))).await, None);
}
