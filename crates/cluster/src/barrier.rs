//! Barriers of a host, at which the harness stops it: the writes of the store, and the tools.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use async_trait::async_trait;
use geppetto_cluster::place;
use geppetto_store::{
    Appended, Batch, Claim, Error, Lease, Opened, SessionStore, conformance::Wraps,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::{mpsc, watch},
};

/// Names of all barriers. Each can be passed `before` and `after`.
pub(crate) const PLACES: [&str; 12] = [
    "open", "renew", "release", "prompt", "call", "reply", "begin", "finish", "end", "events",
    "pay", "keep",
];

/// Where the host has to wait.
#[derive(Debug)]
struct Armed {
    number: u64,
    place: String,
    when: String,
    /// How many times it is passed first.
    left: u64,
}

/// The barriers of a host.
#[derive(Debug)]
pub(crate) struct Barriers {
    armed: Mutex<Option<Armed>>,
    /// Number of the last order that is over.
    gone: watch::Sender<u64>,
    reached: mpsc::UnboundedSender<u64>,
}

impl Barriers {
    /// Connects to the harness, which gives orders.
    pub(crate) async fn connect(control: &str, name: &str) -> Result<Arc<Self>> {
        let mut stream = TcpStream::connect(control).await?;
        stream.write_all(format!("{name}\n").as_bytes()).await?;
        let (read, mut write) = stream.into_split();
        let (reached, mut told) = mpsc::unbounded_channel();
        let barriers = Arc::new(Self {
            armed: Mutex::default(),
            gone: watch::Sender::new(0),
            reached,
        });
        tokio::spawn(async move {
            while let Some(number) = told.recv().await {
                let line = format!("{number}\n");
                if write.write_all(line.as_bytes()).await.is_err() {
                    return;
                }
            }
        });
        let own = Arc::clone(&barriers);
        tokio::spawn(async move {
            let mut lines = BufReader::new(read).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                own.obey(&line);
            }
            own.gone.send_replace(u64::MAX);
        });
        Ok(barriers)
    }

    fn armed(&self) -> MutexGuard<'_, Option<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows an order: `arm NUMBER PLACE WHEN TIMES`, or `go NUMBER`.
    fn obey(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["arm", number, place, when, times] => {
                *self.armed() = Some(Armed {
                    number: number.parse().unwrap_or(0),
                    place: (*place).to_owned(),
                    when: (*when).to_owned(),
                    left: times.parse().unwrap_or(0),
                });
            }
            ["go", number] => {
                *self.armed() = None;
                self.gone.send_replace(number.parse().unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }

    /// Passes a barrier. At the one that was asked for, waits until the harness has stopped this
    /// process and let it go on.
    pub(crate) async fn pass(&self, place: &str, when: &str) {
        let number = {
            let mut armed = self.armed();
            let Some(own) = armed
                .as_mut()
                .filter(|own| own.place == place && own.when == when)
            else {
                return;
            };
            if own.left > 0 {
                own.left -= 1;
                return;
            }
            let number = own.number;
            *armed = None;
            number
        };
        let _ = self.reached.send(number);
        let mut gone = self.gone.subscribe();
        let _ = gone.wait_for(|gone| *gone >= number).await;
    }
}

/// A store whose writes are barriers.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    pub(crate) store: S,
    pub(crate) barriers: Arc<Barriers>,
}

#[async_trait]
impl<S: SessionStore> Wraps for Watched<S> {
    type Store = S;

    fn inner(&self) -> &S {
        &self.store
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        self.barriers.pass("open", "before").await;
        let opened = self.store.open(session, claim).await;
        self.barriers.pass("open", "after").await;
        opened
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        self.barriers.pass("renew", "before").await;
        let renewed = self.store.renew(lease).await;
        self.barriers.pass("renew", "after").await;
        renewed
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.barriers.pass("release", "before").await;
        let released = self.store.release(lease).await;
        self.barriers.pass("release", "after").await;
        released
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        let place = place(&batch);
        self.barriers.pass(place, "before").await;
        let appended = self.store.append(lease, batch).await;
        self.barriers.pass(place, "after").await;
        appended
    }
}
