//! [`DetachedResolver`]: system name resolution on detached threads.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    thread,
    vec::IntoIter,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

#[cfg(test)]
mod tests;

/// Maximum number of concurrent lookups.
const MOST_AT_ONCE: usize = 64;

/// Resolves names with `getaddrinfo`, like other programs on the system.
///
/// The call cannot be interrupted. On the runtime's blocking pool, the default place, it would
/// delay the shutdown of the program until the name server answers.
#[derive(Debug)]
pub(super) struct DetachedResolver<F = LookUp> {
    free: Arc<Semaphore>,
    look_up: F,
}

/// Resolves a name, which may take long.
type LookUp = fn(&str) -> io::Result<IntoIter<SocketAddr>>;

impl DetachedResolver {
    pub(super) fn new() -> Self {
        Self::with(|name| (name, 0).to_socket_addrs())
    }
}

impl<F> DetachedResolver<F> {
    fn with(look_up: F) -> Self {
        Self {
            free: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            look_up,
        }
    }
}

impl<F> Resolve for DetachedResolver<F>
where
    F: Fn(&str) -> io::Result<IntoIter<SocketAddr>> + Clone + Send + Sync + 'static,
{
    fn resolve(&self, name: Name) -> Resolving {
        let free = Arc::clone(&self.free);
        let look_up = self.look_up.clone();
        Box::pin(async move {
            let place = free.acquire_owned().await?;
            let (found, answer) = oneshot::channel();
            thread::Builder::new()
                .name("geppetto-dns".to_owned())
                .spawn(move || {
                    let addresses = look_up(name.as_str());
                    // The caller may have given up.
                    let _ = found.send(addresses);
                    drop(place);
                })?;
            let addresses = answer.await??;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
