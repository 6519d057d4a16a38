//! Servers that are faults by themselves.

use std::sync::Arc;

use geppetto_testing::{ProviderServer, Reply};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

use crate::{cell::Cell, table::Script};

/// Address for the engine, and the listener at it.
pub(crate) struct Place {
    /// Scheme, host and port.
    scheme: &'static str,
    pub(crate) address: String,
    /// Server that counts requests.
    pub(crate) server: ProviderServer,
    /// Server that must not be called.
    pub(crate) other: ProviderServer,
    listener: Option<JoinHandle<()>>,
}

impl Place {
    pub(crate) async fn of(script: Script, cell: Cell) -> Self {
        let server = ProviderServer::start().await.unwrap();
        let other = ProviderServer::start().await.unwrap();
        let mut place = Self {
            scheme: "http",
            address: server.address().to_string(),
            server,
            other,
            listener: None,
        };
        match script {
            Script::Replies(reply) => place.server.respond_with(move |_| reply(cell)),
            Script::Refused => place.address = free_port().await,
            Script::NoTls => place.scheme = "https",
            Script::UntrustedCertificate => place.listen(handshake).await,
            Script::SilentHandshake => place.listen(keep).await,
            Script::Redirect => {
                let target = format!("{}/elsewhere", place.other.base_url());
                let redirect = Reply::plain(307, "").header("location", target);
                place.server.respond_always(redirect);
            }
        }
        place
    }

    pub(crate) fn base_url(&self) -> String {
        format!("{}://{}/v1", self.scheme, self.address)
    }

    async fn listen<F: Future<Output = ()> + Send + 'static>(&mut self, serve: fn(TcpStream) -> F) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.scheme = "https";
        self.address = listener.local_addr().unwrap().to_string();
        self.listener = Some(tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket));
            }
        }));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

/// An address without a listener.
async fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Presents a self-signed certificate; the client reports the outcome.
async fn handshake(socket: TcpStream) {
    let names = vec!["127.0.0.1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let _refused = TlsAcceptor::from(Arc::new(config)).accept(socket).await;
}

/// Holds the connection and sends nothing until the client closes it.
async fn keep(socket: TcpStream) {
    let mut ignored = [0; 1024];
    loop {
        let readable = socket.readable().await;
        match readable.and_then(|()| socket.try_read(&mut ignored)) {
            Ok(0) => return,
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return,
            _ => {}
        }
    }
}
