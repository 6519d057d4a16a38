//! Accepts connections and owns their tasks.

use std::sync::Arc;

use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

use super::{connection, shared::Shared};

/// Accepts until told to stop; then, or when this future is dropped, all connections are closed.
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
                // Out of file descriptors, mostly: leave the others time to end.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Counts a connection as open while it lives, however its task ends.
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
