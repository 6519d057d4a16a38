//! The network between a host and the database.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};

/// State of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    /// Nothing arrives; what was sent arrives later.
    Cut,
}

/// Passes bytes on, in both directions.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<watch::Sender<State>>,
    /// Delay of what is sent.
    lag: Arc<watch::Sender<Duration>>,
    /// Ends all connections when its value changes.
    resets: Arc<watch::Sender<u64>>,
}

impl Proxy {
    /// Listens at an address, and passes on to a port of the loopback interface.
    pub(crate) async fn start(ip: &str, to: u16) -> Result<Self> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let proxy = Self {
            port: listener.local_addr()?.port(),
            state: Arc::new(watch::Sender::new(State::Up)),
            lag: Arc::new(watch::Sender::new(Duration::ZERO)),
            resets: Arc::new(watch::Sender::new(0)),
        };
        let own = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(own.clone().connection(client, to));
            }
        });
        Ok(proxy)
    }

    pub(crate) fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    pub(crate) fn heal(&self) {
        self.state.send_replace(State::Up);
    }

    pub(crate) fn lag(&self, lag: Duration) {
        self.lag.send_replace(lag);
    }

    pub(crate) fn reset(&self) {
        self.resets.send_modify(|resets| *resets += 1);
    }

    async fn connection(self, client: TcpStream, to: u16) {
        let mut resets = self.resets.subscribe();
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| *state == State::Up)
            .await;
        let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else {
            return;
        };
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        tokio::select! {
            () = self.pass(client_read, server_write) => {}
            () = self.pass(server_read, client_write) => {}
            _ = resets.changed() => {}
        }
    }

    async fn pass(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut state = self.state.subscribe();
        let mut buffer = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut buffer).await {
            let lag = *self.lag.borrow();
            if !lag.is_zero() {
                sleep(lag).await;
            }
            let _ = state.wait_for(|state| *state == State::Up).await;
            let Some(bytes) = buffer.get(..len) else {
                return;
            };
            if to.write_all(bytes).await.is_err() {
                return;
            }
        }
    }
}
