//! Opening a store.

use std::sync::Arc;

use geppetto_store::Error;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};
use tokio_postgres::Client;

use crate::{
    call::Call,
    connector::{Connector, Server},
    fault,
    hints::{self, Hints},
    options::PostgresOptions,
    pool::Pool,
    read::get,
    schema,
    store::STEP,
    tls::MakeTls,
    url::Url,
    worker::Worker,
    writer::Writer,
};

/// Parts of an open store.
pub(crate) struct Parts {
    pub(crate) place: Arc<str>,
    pub(crate) worker: Worker,
    pub(crate) pool: Arc<Pool>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) writers: Vec<Writer>,
}

/// Starts the thread of a store, which ends with its writers.
pub(crate) async fn start(url: &Url, options: PostgresOptions) -> Result<Parts, Error> {
    let place: Arc<str> = url.place().into();
    let connector = Connector {
        config: url.config.clone(),
        tls: MakeTls::new(url.verify, &url.files)?,
        patience: options.patience,
        place,
        schema: schema::quoted(&options.schema).into(),
    };
    let (opened, result) = oneshot::channel();
    Worker::start(move |worker| async move {
        let (client, server) = match prepare(&connector).await {
            Ok(prepared) => prepared,
            Err(error) => return drop(opened.send(Err(error))),
        };
        let place = Arc::clone(&connector.place);
        let pool = Arc::new(Pool::new(connector.clone(), options.readers));
        pool.put(client);
        let mut writers = Vec::new();
        let mut tasks = Vec::new();
        for _ in 0..options.writers {
            let (writer, task) =
                Writer::start(connector.clone(), server.is_asynchronous, Arc::clone(&pool));
            writers.push(writer);
            tasks.push(tokio::spawn(task));
        }
        let hints = Arc::new(Hints::default());
        tokio::spawn(hints::send(Arc::clone(&hints), Arc::downgrade(&pool)));
        if let Some(writer) = writers.first().cloned() {
            tokio::spawn(collect(writer));
        }
        let parts = Parts {
            place,
            worker,
            pool,
            hints,
            writers,
        };
        drop(opened.send(Ok(parts)));
        for task in tasks {
            let _ = task.await;
        }
    })?;
    result.await.map_err(|_| fault::ended())?
}

/// Removes what deletions of earlier processes left.
async fn collect(writer: Writer) {
    let mut is_clean = false;
    while !is_clean {
        let step = writer.call(Call::new("collect_1").number(STEP)).await;
        is_clean = step.and_then(|row| get(&row, 0)).unwrap_or(true);
    }
}

/// Connects, checks the server, and prepares the schema.
async fn prepare(connector: &Connector) -> Result<(Client, Server), Error> {
    let deadline = Instant::now() + connector.patience;
    let client = loop {
        match connector.connect(None).await {
            Ok(client) => break client,
            // A wrong port must not take long to be found.
            Err(failure) if failure.is_starting && Instant::now() < deadline => {
                sleep(connector.patience / 50).await;
            }
            Err(failure) => return Err(failure.error),
        }
    };
    let server = connector.check(&client).await?;
    schema::prepare(&client, connector).await?;
    Ok((client, server))
}
