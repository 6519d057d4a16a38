//! [`in_order`]: futures that send when they are polled first.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Polls futures once each, in order, and then waits for their results in order. Linear, unlike a
/// join that polls all of them whenever one is ready.
pub(super) async fn in_order<T: Unpin>(futures: Vec<Boxed<'_, T>>) -> Vec<T> {
    let mut states: Vec<Result<T, Boxed<'_, T>>> = futures.into_iter().map(Err).collect();
    let mut done = 0;
    let mut is_sent = false;
    poll_fn(|cx| {
        if !is_sent {
            is_sent = true;
            for state in &mut states {
                if let Err(future) = state
                    && let Poll::Ready(value) = future.as_mut().poll(cx)
                {
                    *state = Ok(value);
                }
            }
        }
        while let Some(state) = states.get_mut(done) {
            if let Err(future) = state {
                match future.as_mut().poll(cx) {
                    Poll::Ready(value) => *state = Ok(value),
                    Poll::Pending => return Poll::Pending,
                }
            }
            done += 1;
        }
        Poll::Ready(())
    })
    .await;
    states.into_iter().filter_map(Result::ok).collect()
}
