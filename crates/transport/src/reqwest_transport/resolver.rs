//! [`DetachedResolver`]: host names by the system, in threads that nobody waits for.

use std::{net::ToSocketAddrs as _, sync::Arc, thread};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

/// How many names are looked up at once.
const MOST_AT_ONCE: usize = 64;

/// Looks names up by `getaddrinfo`, as everything else on the system does.
///
/// The call cannot be interrupted. In the blocking threads of the runtime, where it is made by
/// default, it holds the end of the program for as long as a name server is silent.
#[derive(Debug)]
pub(super) struct DetachedResolver {
    free: Arc<Semaphore>,
}

impl DetachedResolver {
    pub(super) fn new() -> Self {
        Self {
            free: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        }
    }
}

impl Resolve for DetachedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let free = Arc::clone(&self.free);
        Box::pin(async move {
            let place = free.acquire_owned().await?;
            let (found, answer) = oneshot::channel();
            thread::Builder::new()
                .name("geppetto-dns".to_owned())
                .spawn(move || {
                    let addresses = (name.as_str(), 0).to_socket_addrs();
                    // Whoever asked may have given up.
                    let _ = found.send(addresses);
                    drop(place);
                })?;
            let addresses = answer.await??;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
