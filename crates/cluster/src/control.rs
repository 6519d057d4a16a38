//! The harness's side of the barriers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Time in which a host reaches a barrier, or never.
const REACHED: Duration = Duration::from_secs(4);

/// Connections to the hosts.
#[derive(Clone, Default)]
pub(crate) struct Control {
    hosts: Arc<Mutex<HashMap<String, BufReader<TcpStream>>>>,
}

/// A host that waits at a barrier.
pub(crate) struct Held {
    stream: BufReader<TcpStream>,
    number: u64,
}

impl Control {
    /// Listens for hosts, and returns the address.
    pub(crate) async fn listen(&self, ip: &str) -> Result<String> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let own = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let mut name = String::new();
                    if stream.read_line(&mut name).await.is_ok() {
                        own.put(name.trim(), stream);
                    }
                });
            }
        });
        Ok(address)
    }

    fn put(&self, name: &str, stream: BufReader<TcpStream>) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.insert(name.to_owned(), stream);
    }

    fn take(&self, name: &str) -> Option<BufReader<TcpStream>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.remove(name)
    }

    /// Waits until a host has reached a barrier: `PLACE WHEN TIMES`. `None` if it does not.
    pub(crate) async fn hold(&self, name: &str, number: u64, barrier: &str) -> Option<Held> {
        let mut stream = self.take(name)?;
        let order = format!("arm {number} {barrier}\n");
        stream.get_mut().write_all(order.as_bytes()).await.ok()?;
        let wanted = number.to_string();
        let reached = async {
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|len| len > 0) {
                if line.trim() == wanted {
                    return true;
                }
                line.clear();
            }
            false
        };
        let is_reached = timeout(REACHED, reached).await;
        let held = Held { stream, number };
        if is_reached == Ok(true) {
            return Some(held);
        }
        self.let_go(name, held).await;
        None
    }

    /// Lets a host go on.
    pub(crate) async fn let_go(&self, name: &str, mut held: Held) {
        let order = format!("go {}\n", held.number);
        let sent = held.stream.get_mut().write_all(order.as_bytes()).await;
        if sent.is_ok() {
            self.put(name, held.stream);
        }
    }
}
