//! A server on a loopback socket, and a client that sends what it is told.

use std::net::SocketAddr;

use geppetto_engine::RunContext;
use geppetto_enginebuilder::Builder;
use geppetto_host::{Host, HostBuilder};
use geppetto_store::{MemoryStore, SessionStore, async_trait};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_timeline::{Patch, View};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_turns::ToolCall;
use geppetto_web::{Options, ServeOptions, router, serve};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// A server; shut down when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) host: Host,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn new(engine: ScriptedEngine) -> Self {
        Self::of(
            Host::new(MemoryStore::new(), Builder::new(engine)),
            Options::new(),
        )
        .await
    }

    pub(crate) async fn of(host: Host, options: Options) -> Self {
        let app = router(host.clone(), options);
        Self::serving(host, app, ServeOptions::new()).await
    }

    pub(crate) async fn serving(host: Host, app: axum::Router, options: ServeOptions) -> Self {
        let any = "127.0.0.1:0".parse().unwrap();
        Self::bound(any, host, app, options).await
    }

    /// Listens at an address that is known before.
    pub(crate) async fn at(address: SocketAddr, host: Host, options: Options) -> Self {
        let app = router(host.clone(), options);
        Self::bound(address, host, app, ServeOptions::new()).await
    }

    async fn bound(
        address: SocketAddr,
        host: Host,
        app: axum::Router,
        options: ServeOptions,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let options = options
            .grace(std::time::Duration::from_millis(50))
            .shutdown_on(async { stopped.await.unwrap_or_default() });
        let task = tokio::spawn(async move { serve(listener, app, options).await.unwrap() });
        Self {
            address,
            host,
            stop: Some(stop),
            task,
        }
    }

    /// Shuts down like a process that is killed: the host releases nothing.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.task.await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        let json = [("Content-Type", "application/json")];
        self.send("POST", path, &json, &body.to_string()).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !headers.iter().any(|(name, _)| *name == "Content-Length") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        self.raw(format!("{head}\r\n{body}").as_bytes()).await
    }

    /// Sends bytes, and reads the reply to the end of the connection.
    pub(crate) async fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let mut bytes = Vec::new();
        // The server may answer, and close, before it has read everything.
        let write = async { writing.write_all(request).await.ok() };
        let read = async { reading.read_to_end(&mut bytes).await.ok() };
        tokio::join!(write, read);
        Reply::parse(&bytes)
    }

    /// Creates a session, and returns its path.
    pub(crate) async fn session(&self) -> String {
        let created = self.post("/sessions", &json!({})).await;
        assert_eq!(created.status, 201, "{created:?}");
        format!("/sessions/{}", created.json()["id"].as_str().unwrap())
    }

    /// Sends a message, and waits until its run is over.
    pub(crate) async fn tell(&self, session: &str, text: &str) {
        let sent = self
            .post(&format!("{session}/messages"), &json!({"text": text}))
            .await;
        assert_eq!(sent.status, 202, "{sent:?}");
        self.host.session(&session[10..]).idle().await;
    }
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|own| own.parse().ok());
        let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        Self {
            status: status.unwrap_or_default(),
            head: head.to_owned(),
            body: if is_chunked {
                dechunked(body)
            } else {
                body.to_owned()
            },
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }

    /// Returns the kind of a problem.
    pub(crate) fn problem(&self) -> String {
        let json = self.json();
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(json["status"], self.status);
        assert_ne!(json["help"], "", "{json}");
        json["type"].as_str().unwrap().replace("urn:geppetto:", "")
    }
}

fn dechunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or_default();
        let end = size.min(rest.len());
        text.push_str(&rest[..end]);
        body = rest.get(end + 2..).unwrap_or_default();
    }
    text
}

/// A server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sse {
    pub(crate) id: Option<u64>,
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An event stream, and what a window makes of it.
pub(crate) struct Window {
    stream: TcpStream,
    bytes: Vec<u8>,
    text: String,
    is_open: bool,
    pub(crate) head: String,
    pub(crate) view: View,
    pub(crate) last_id: Option<u64>,
}

impl Window {
    pub(crate) async fn open(server: &Server, session: &str) -> Self {
        Self::with(server, &format!("{session}/events"), "").await
    }

    pub(crate) async fn with(server: &Server, path: &str, headers: &str) -> Self {
        let host = server.address;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        Self::sending(server, &request).await
    }

    async fn sending(server: &Server, request: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut own = Self {
            stream,
            bytes: Vec::new(),
            text: String::new(),
            is_open: true,
            head: String::new(),
            view: View::default(),
            last_id: None,
        };
        while own.head.is_empty() && own.read().await {
            if let Some(end) = own.bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                own.head = String::from_utf8(own.bytes.drain(..end + 4).collect()).unwrap();
            }
        }
        own.dechunk();
        own
    }

    /// Opens a stream by a request with a body.
    pub(crate) async fn post(server: &Server, path: &str, headers: &str, body: &str) -> Self {
        let host = server.address;
        let request = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n{body}");
        Self::sending(server, &request).await
    }

    /// Reads until the stream has this text.
    pub(crate) async fn until_text(&mut self, text: &str) {
        while !self.text.contains(text) {
            assert!(
                self.is_open && self.read().await,
                "the stream ended: {}",
                self.text
            );
            self.dechunk();
        }
    }

    /// Reads to the end, and returns all text.
    pub(crate) async fn rest(&mut self) -> String {
        while self.is_open && self.read().await {
            self.dechunk();
        }
        self.text.clone()
    }

    /// Continues what another window has seen.
    pub(crate) async fn again(self, server: &Server, session: &str) -> Self {
        let id = self.last_id.unwrap_or_default();
        let header = format!("Last-Event-ID: {id}\r\n");
        let mut own = Self::with(server, &format!("{session}/events"), &header).await;
        (own.view, own.last_id) = (self.view, self.last_id);
        own
    }

    async fn read(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.bytes).await.unwrap_or(0);
        self.is_open = read > 0;
        self.is_open
    }

    fn dechunk(&mut self) {
        loop {
            let Some(line) = self.bytes.windows(2).position(|two| two == b"\r\n") else {
                return;
            };
            let size = String::from_utf8_lossy(&self.bytes[..line]).into_owned();
            let size = usize::from_str_radix(&size, 16).unwrap();
            if self.bytes.len() < line + 2 + size + 2 {
                return;
            }
            let chunk = &self.bytes[line + 2..line + 2 + size];
            self.text.push_str(&String::from_utf8_lossy(chunk));
            self.bytes.drain(..line + 2 + size + 2);
            if size == 0 {
                self.is_open = false;
                return;
            }
        }
    }

    /// Returns the next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Sse> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let lines: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let lines = lines.lines().filter_map(|line| line.strip_prefix(name));
                    lines.map(str::trim_start).collect::<Vec<_>>().join("\n")
                };
                let (name, data) = (field("event:"), field("data:"));
                if name.is_empty() {
                    continue; // a comment
                }
                let id = field("id:").parse().ok();
                self.last_id = id.or(self.last_id);
                return Some(Sse { id, name, data });
            }
            if !self.is_open || !self.read().await {
                return None;
            }
            self.dechunk();
        }
    }

    /// Applies the next event to the view; returns `false` at the end of the stream.
    pub(crate) async fn step(&mut self) -> bool {
        let Some(event) = self.next().await else {
            return false;
        };
        match event.name.as_str() {
            "view" => self.view = serde_json::from_str(&event.data).unwrap(),
            "patches" => {
                let patches: Vec<Patch> = serde_json::from_str(&event.data).unwrap();
                for patch in patches {
                    self.view.apply(patch);
                }
            }
            _ => return false,
        }
        true
    }

    /// Applies events until the view is as expected.
    pub(crate) async fn until(&mut self, is_expected: impl Fn(&View) -> bool) {
        while !is_expected(&self.view) {
            assert!(self.step().await, "the stream ended: {:?}", self.view);
        }
    }
}

/// Returns the text of the last answer.
pub(crate) fn answer(view: &View) -> &str {
    let mut entities = view.entities().rev();
    let answer = entities.find(|own| own.kind() == "answer");
    answer.and_then(|own| own.text()).unwrap_or_default()
}

/// Returns `true` if an answer is complete, and nothing runs.
pub(crate) fn is_answered(view: &View) -> bool {
    view.status.run.is_none() && !answer(view).is_empty()
}

/// Asks a person before `pay` runs.
struct Ask;

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        if call.name == "pay" {
            return Err(Rejection::wait("May I pay?"));
        }
        Ok(())
    }
}

/// A host whose model calls `pay` first, and whose person is asked.
pub(crate) fn paying(store: impl SessionStore + 'static) -> HostBuilder {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call-1", "pay", r#"{"amount":7}"#),
        Script::new().text("It is paid."),
    ]);
    paying_host(store, engine)
}

/// Like [`paying`], with another model.
pub(crate) fn paying_with(engine: ScriptedEngine) -> Host {
    paying_host(MemoryStore::new(), engine).build()
}

fn paying_host(store: impl SessionStore + 'static, engine: ScriptedEngine) -> HostBuilder {
    let pay = raw_tool_fn(
        "pay",
        "Pays",
        json!({"type": "object"}),
        |args: Value| async move { format!("paid {}", args["amount"]) },
    );
    let tools = ToolRegistry::new().with(pay).unwrap();
    Host::builder(store, Builder::new(engine).tools(tools).tool_executor(Ask))
}
