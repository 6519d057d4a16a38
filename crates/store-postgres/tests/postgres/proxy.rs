//! A TCP proxy with faults, between a store and its server.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Fault {
    /// It passes everything on.
    None,
    /// It passes the next `commit` on, cuts the connection before the reply, and then passes
    /// everything on.
    AfterCommit,
    /// It cuts the connection instead of passing the next transaction on, and then passes everything
    /// on.
    BeforeCommit,
    /// It passes half of the next transaction on, and keeps the connection open for ever.
    InTheMiddle,
    /// It accepts connections and passes nothing on.
    Silent,
}

const ALL: [Fault; 5] = [
    Fault::None,
    Fault::AfterCommit,
    Fault::BeforeCommit,
    Fault::InTheMiddle,
    Fault::Silent,
];

#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    fault: Arc<AtomicU8>,
    /// Number of faults.
    happened: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            fault: Arc::default(),
            happened: Arc::default(),
        };
        let own = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.connection(client, to).await });
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://owner@127.0.0.1:{}/postgres?sslmode=disable",
            self.port
        )
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    pub(crate) fn happened(&self) -> u64 {
        self.happened.load(Ordering::SeqCst)
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault.load(Ordering::SeqCst) == fault as u8
    }

    async fn connection(self, mut client: TcpStream, to: u16) {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", to)).await else {
            return;
        };
        let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        loop {
            if self.is(Fault::Silent) {
                return std::future::pending().await;
            }
            tokio::select! {
                read = client.read(&mut up) => {
                    let Ok(len @ 1..) = read else { return };
                    let sent = &up[..len];
                    let commits = sent.windows(6).any(|text| text == b"commit");
                    let fault = ALL.into_iter().find(|fault| self.is(*fault)).unwrap();
                    if !commits || matches!(fault, Fault::None | Fault::Silent) {
                        server.write_all(sent).await.unwrap_or_default();
                        continue;
                    }
                    self.set(Fault::None);
                    self.happened.fetch_add(1, Ordering::SeqCst);
                    match fault {
                        Fault::InTheMiddle => {
                            server.write_all(&sent[..len - 12]).await.unwrap();
                            let _ = server.read(&mut down).await;
                            return std::future::pending().await;
                        }
                        Fault::AfterCommit => {
                            server.write_all(sent).await.unwrap();
                            // The reply to the commit is the last thing before the server is idle.
                            while let Ok(len @ 1..) = server.read(&mut down).await {
                                if down[..len].windows(6).any(|text| text == b"COMMIT") {
                                    return;
                                }
                            }
                        }
                        _ => return,
                    }
                }
                read = server.read(&mut down) => {
                    let Ok(len @ 1..) = read else { return };
                    if client.write_all(&down[..len]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
