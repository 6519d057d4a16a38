//! `geppetto serve`: the chat in a browser.

use std::{
    io::{self, IsTerminal as _},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use geppetto_enginebuilder::Builder;
use geppetto_host::{CutRuns, Host};
use geppetto_session::BusyPolicy;
use geppetto_web::{Forward, Options, ServeOptions, openai::OpenAi};
use tokio::net::TcpListener;

use crate::{
    failure::Failure,
    owner::Role,
    say,
    server::{Server, ServerFlags},
    signals::{Signal, Signals},
    storage::{OptionalStoreFlags, Storage},
    tools::{
        ToolFlags,
        approval::{Approval, Asks},
    },
};

mod picker;
mod resume;
mod token;

use picker::Picker;
use token::Token;

/// Time after which an unused session is free for other programs.
const IDLE: Duration = Duration::from_secs(15);

/// Time between two looks for the runs of servers that are gone, among those that share a store.
const SWEEP: Duration = Duration::from_secs(5);

/// Chat in the browser: serves a page, and the API that the page uses, on this machine.
///
/// The address of the page is printed on standard output. Conversations are those of `ask` and
/// `chat`. An answer goes on when its window is closed; if the server is killed, it goes on with
/// the server's next start.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Address to listen on. All but those of this machine alone demand a token.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Port to listen on; 0 is any free one.
    #[arg(short, long, default_value_t = 8420)]
    port: u16,
    /// Name under which browsers reach the server, such as that of a reverse proxy. Repeatable.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// File with a token that every browser must present once, and every other client with each
    /// request. Also read from GEPPETTO_SERVE_TOKEN. Without one, on addresses that others can
    /// reach, a new token is printed at each start.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// System prompt of new conversations: how the model is to behave.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Further model of the same provider that can be chosen in the page. Repeatable.
    #[arg(long = "also-model", value_name = "MODEL")]
    models: Vec<String>,
    /// Number of messages that can wait in a conversation while an answer is written. With 0, they
    /// are refused.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    queue: usize,
    /// Address at which the other servers that share a Postgres store reach this one, such as
    /// http://10.0.0.7:8420 [default: where it listens]. A request for a conversation of another
    /// server is passed on to it; all servers need the same token.
    #[arg(long, value_name = "URL")]
    peer_address: Option<String>,
    #[command(flatten)]
    tools: ToolFlags,
    #[command(flatten)]
    store: OptionalStoreFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl Serve {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let server = Server::choose(&self.server).await?;
        if let Some(print) = self.server.settings.print() {
            return say::out(&print.render(server.resolved()));
        }
        let token = Token::find(self.token_file.as_deref(), self.address)?;
        let system = self.system.as_deref();
        let picker = Picker::new(&server, &self.server, &self.models, system).await?;
        let mut builder = Builder::new(picker.engine());
        if self.tools.is_on() {
            let approval = Approval::new(Asks::Interface, self.tools.unasked());
            builder = builder
                .tools(self.tools.registry()?)
                .tool_executor(approval);
        }
        // First, so that nothing is left behind if another program has the port.
        let listener = listen(SocketAddr::new(self.address, self.port)).await?;
        let storage = self.store.open_as(Role::Server, false).await?;
        server.announce();
        let mut host = storage
            .host_builder(builder)
            .cut_runs(CutRuns::default())
            .idle_after(IDLE);
        if self.queue > 0 {
            host = host.busy_policy(BusyPolicy::Queue { max: self.queue });
        }
        let mut options = self.options(&server, &picker, token.is_some());
        if storage.is_shared() {
            options = options.forward(Forward::Proxy);
            host = host.sweep_every(SWEEP);
            if let Some(address) = self.peer_address(&listener) {
                host = host.address(address);
            }
        }
        let host = host.build();
        serve(listener, host, storage, options, token).await
    }

    /// Returns the address for other servers. `None` if only the name of the machine would say it.
    fn peer_address(&self, listener: &TcpListener) -> Option<String> {
        if self.peer_address.is_some() {
            return self.peer_address.clone();
        }
        let address = listener.local_addr().ok()?;
        if address.ip().is_unspecified() {
            say::warning(
                "other servers cannot pass requests on to this one without --peer-address",
            );
            return None;
        }
        Some(format!("http://{address}"))
    }

    fn options(&self, server: &Server, picker: &Picker, has_token: bool) -> Options {
        let mut options = Options::new().title("geppetto").openai(OpenAi::new());
        if !self.address.is_unspecified() {
            options = options.host(host_of(self.address));
        }
        for host in &self.hosts {
            options = options.host(host);
        }
        // The cookie with the token belongs to one host name: a page of another site, whose name
        // leads to this server, does not have it.
        if has_token && self.hosts.is_empty() {
            options = options.any_host();
        }
        for notice in server.notices() {
            options = options.notice(notice);
        }
        for profile in picker.profiles() {
            options = options.profile(profile);
        }
        options
    }
}

/// Returns the address as it is in a URL.
fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "another program listens on {address}; choose another port with --port, or 0 for \
                 any free one"
            ),
            io::ErrorKind::AddrNotAvailable => format!(
                "{} is no address of this machine; choose another one with --address",
                address.ip()
            ),
            io::ErrorKind::PermissionDenied => format!(
                "the system does not let this program listen on port {}; choose one above 1023 \
                 with --port",
                address.port()
            ),
            _ => format!("cannot listen on {address}: {error}"),
        };
        Failure::Run(why)
    })
}

async fn serve(
    listener: TcpListener,
    host: Host,
    storage: Storage,
    options: Options,
    token: Option<Token>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Run(format!("cannot serve: {error}"));
    let address = listener.local_addr().map_err(failed)?;
    let mut signals = Signals::listen();
    let (ended, mut signal) = tokio::sync::oneshot::channel();
    let stopped = async move {
        // The receiver lives until the server has ended.
        let _ = ended.send(signals.next().await);
    };
    let mut serving = ServeOptions::new().shutdown_on(stopped);
    if let Some(token) = &token {
        serving = serving.token(token.secret());
    }
    say::out(&url(address, token.as_ref()))?;
    if io::stderr().is_terminal() {
        say::line("Open this address in a browser. Ctrl-C ends the server.");
    }
    let resuming = tokio::spawn(resume::own_runs(host.clone()));
    let served = geppetto_web::serve(
        listener,
        geppetto_web::router(host.clone(), options),
        serving,
    )
    .await
    .map_err(failed);
    resuming.abort();
    match signal.try_recv() {
        // A service manager starts the server again, and cut answers go on there.
        Ok(Signal::Terminate) if storage.is_shared() => storage.hand_over(&host).await,
        // The end of the runtime cuts them off, and leaves them to the next server in this place.
        Ok(Signal::Terminate) if storage.file().is_some() => drop(host),
        _ => storage.close(&host).await,
    }
    served
}

/// Returns the address for a browser.
fn url(address: SocketAddr, token: Option<&Token>) -> String {
    let mut shown = address;
    if address.ip().is_unspecified() {
        shown.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    match token.and_then(Token::printed) {
        Some(token) => format!("http://{shown}/?token={token}"),
        None => format!("http://{shown}/"),
    }
}
