//! Accepts connections and owns their tasks.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, task::JoinSet, time::sleep};

use super::{connection, shared::Shared};

/// Delay after a failed accept.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// Accepts connections until stopped; then, or when this future is dropped, all connections are
/// closed.
pub(super) async fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let open = Open::new(&shared);
                    connections.spawn(connection::serve(stream, Arc::clone(&shared), open));
                }
                // Usually out of file descriptors: give other connections time to end.
                Err(_) => sleep(ACCEPT_AGAIN).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Counts a connection as open during its lifetime, however its task ends.
pub(super) struct Open(Arc<Shared>);

impl Open {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.note(|log| {
            log.open += 1;
            log.accepted += 1;
        });
        Self(Arc::clone(shared))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.note(|log| log.open -= 1);
    }
}
