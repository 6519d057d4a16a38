use std::{cell::Cell, rc::Rc, sync::atomic::AtomicUsize};

use super::*;

/// Counts its polls, and keeps the last waker.
#[derive(Default, Clone)]
struct Probe {
    polls: Rc<Cell<u32>>,
    waker: Rc<Cell<Option<Waker>>>,
    ready: Rc<Cell<bool>>,
}

impl Future for Probe {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.polls.set(self.polls.get() + 1);
        self.waker.set(Some(cx.waker().clone()));
        if self.ready.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll(future: &mut OnWake<Probe>, task: &Arc<Task>) -> Poll<()> {
    let waker = Waker::from(Arc::clone(task));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn wakes(task: &Task) -> usize {
    task.0.load(Ordering::Relaxed)
}

#[test]
fn it_is_polled_once_until_it_is_woken() {
    let probe = Probe::default();
    let mut future = OnWake::new(probe.clone());
    let task = Arc::new(Task::default());
    // One waker for all polls, as in a task.
    let waker = Waker::from(Arc::clone(&task));
    let mut cx = Context::from_waker(&waker);
    for _ in 0..3 {
        assert!(Pin::new(&mut future).poll(&mut cx).is_pending());
    }
    assert_eq!((probe.polls.get(), wakes(&task)), (1, 0));
    probe.waker.take().unwrap().wake();
    assert_eq!(wakes(&task), 1);
    assert!(Pin::new(&mut future).poll(&mut cx).is_pending());
    assert_eq!(probe.polls.get(), 2);
    probe.ready.set(true);
    assert!(Pin::new(&mut future).poll(&mut cx).is_pending());
    probe.waker.take().unwrap().wake_by_ref();
    assert!(Pin::new(&mut future).poll(&mut cx).is_ready());
    assert_eq!((probe.polls.get(), wakes(&task)), (3, 2));
}

#[test]
fn the_task_that_polled_last_is_woken() {
    let probe = Probe::default();
    let mut future = OnWake::new(probe.clone());
    let (first, second) = (Arc::new(Task::default()), Arc::new(Task::default()));
    assert!(poll(&mut future, &first).is_pending());
    assert!(poll(&mut future, &second).is_pending());
    probe.waker.take().unwrap().wake();
    assert_eq!((wakes(&first), wakes(&second)), (0, 1));
}

#[test]
fn what_was_changed_is_polled() {
    let probe = Probe::default();
    let mut future = OnWake::new(probe.clone());
    let task = Arc::new(Task::default());
    let waker = Waker::from(Arc::clone(&task));
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut future).poll(&mut cx).is_pending());
    future.get_mut().ready.set(true);
    assert!(Pin::new(&mut future).poll(&mut cx).is_ready());
}
