use std::sync::{Mutex, mpsc};

use tokio::{sync::mpsc::unbounded_channel, task::yield_now};

use super::*;

#[tokio::test]
async fn no_more_names_are_looked_up_at_once_than_may() {
    let (began, mut begun) = unbounded_channel();
    let (go_on, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let resolver = DetachedResolver::with(move |_: &str| {
        let _ = began.send(());
        let _ = held.lock().map(|held| held.recv());
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))].into_iter())
    });
    let name = || "model.test".parse().unwrap();
    let asked: Vec<_> = (0..=MOST_AT_ONCE)
        .map(|_| tokio::spawn(resolver.resolve(name())))
        .collect();
    for _ in 0..MOST_AT_ONCE {
        begun.recv().await.unwrap();
    }
    yield_now().await;
    assert!(begun.try_recv().is_err(), "one more than may");
    go_on.send(()).unwrap();
    begun.recv().await.unwrap();
    for _ in 0..MOST_AT_ONCE {
        go_on.send(()).unwrap();
    }
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap().count(), 1);
    }
}
