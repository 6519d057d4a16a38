//! Requests of other sites, wrong hosts, large, slow and malformed ones.

use std::time::Duration;

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_web::{Options, ServeOptions, router, serve};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{Server, Window, is_answered};

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn engine() -> ScriptedEngine {
    ScriptedEngine::always(Script::new().text("Hello."))
}

fn host() -> Host {
    Host::new(MemoryStore::new(), Builder::new(engine()))
}

#[tokio::test]
async fn a_page_of_another_site_cannot_send_requests() {
    let server = Server::of(host(), Options::new()).await;
    let own = format!("http://{}", server.address);
    let port = server.address.port();
    let others = [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://127.0.0.1:{}", port.wrapping_add(1)),
        format!("http://127.0.0.1:{port}.evil.example"),
        format!("http://localhost:{port}"),
    ];
    for origin in others {
        for (method, path) in [
            ("POST", "/sessions"),
            ("GET", "/sessions"),
            ("OPTIONS", "/sessions"),
        ] {
            let reply = server
                .send(method, path, &[JSON, ("Origin", &origin)], "{}")
                .await;
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (403, "foreign-origin"),
                "{origin}"
            );
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
    }
    // Requests without an origin, such as those of images and scripts.
    for site in ["cross-site", "same-site"] {
        let headers = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors")];
        assert_eq!(
            server.send("GET", "/sessions", &headers, "").await.status,
            403
        );
        let link = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate")];
        assert_eq!(server.send("GET", "/", &link, "").await.status, 200);
    }
    assert_eq!(
        server
            .send("POST", "/sessions", &[JSON, ("Origin", &own)], "{}")
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn an_origin_that_is_allowed_gets_its_headers_and_no_other() {
    let options = Options::new().allow_origin("https://App.example.com/");
    let server = Server::of(host(), options).await;
    let origin = ("Origin", "https://app.example.com");
    let asked = server.send("OPTIONS", "/sessions", &[origin], "").await;
    assert_eq!(
        (asked.status, asked.header("access-control-allow-methods")),
        (204, Some("GET, POST, PATCH, DELETE"))
    );
    let reply = server
        .send("POST", "/sessions", &[JSON, origin], "{}")
        .await;
    assert_eq!(
        (reply.status, reply.header("access-control-allow-origin")),
        (201, Some(origin.1))
    );
    let other = [JSON, ("Origin", "https://app.example.com.evil.example")];
    assert_eq!(
        server.send("POST", "/sessions", &other, "{}").await.status,
        403
    );
}

#[tokio::test]
async fn a_refused_token_can_be_read_by_an_origin_that_is_allowed() {
    let host = host();
    let app = router(
        host.clone(),
        Options::new().allow_origin("https://app.example.com"),
    );
    let options = ServeOptions::new().token("0123456789abcdef");
    let server = Server::serving(host, app, options).await;
    let origin = ("Origin", "https://app.example.com");
    for (method, path) in [
        ("GET", "/sessions"),
        ("POST", "/ui"),
        ("POST", "/v1/responses"),
    ] {
        let reply = server.send(method, path, &[JSON, origin], "").await;
        assert_eq!(reply.status, 401);
        assert_eq!(
            reply.header("access-control-allow-origin"),
            Some(origin.1),
            "{path}"
        );
        assert_eq!(
            reply.header("access-control-allow-credentials"),
            Some("true")
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        let other = [JSON, ("Origin", "https://evil.example")];
        let reply = server.send(method, path, &other, "").await;
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (401, None)
        );
    }
}

#[tokio::test]
async fn a_name_that_was_rebound_to_this_server_is_not_served() {
    let server = Server::of(host(), Options::new()).await;
    for (wrong, path) in [
        ("evil.example", "/"),
        ("evil.example:80", "/sessions"),
        ("10.0.0.1", "/page/main.js"),
    ] {
        let reply = server.send("GET", path, &[("Host", wrong)], "").await;
        assert_eq!(
            (reply.status, reply.problem().as_str()),
            (403, "foreign-host")
        );
    }
    let twice = "GET /sessions HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(server.raw(twice.as_bytes()).await.status, 400);
    let none = "GET /sessions HTTP/1.1\r\nConnection: close\r\n\r\n";
    assert_eq!(server.raw(none.as_bytes()).await.status, 400);
    let named = Server::of(host(), Options::new().host("chat.example.com")).await;
    let reply = named
        .send("GET", "/sessions", &[("Host", "chat.example.com")], "")
        .await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_body_is_json_and_not_too_large() {
    let server = Server::of(host(), Options::new()).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    let body = json!({"text": "x"}).to_string();
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "",
    ] {
        for path in [messages.as_str(), "/sessions"] {
            let reply = server
                .send("POST", path, &[("Content-Type", wrong)], &body)
                .await;
            assert_eq!(
                (reply.status, reply.problem().as_str()),
                (415, "not-json"),
                "{wrong}"
            );
        }
    }
    let large = json!({"text": "x".repeat(10 << 20)}).to_string();
    assert_eq!(
        server
            .post(&messages, &json!({"text": "x".repeat(10 << 20)}))
            .await
            .status,
        413
    );
    // Without a length, too.
    let mut chunked = format!(
        "POST {messages} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        large.len()
    );
    chunked.push_str(&large);
    chunked.push_str("\r\n0\r\n\r\n");
    assert_eq!(server.raw(chunked.as_bytes()).await.status, 413);
    for wrong in [
        "{",
        "[]",
        r#"{"text":1}"#,
        r#"{"txt":"x"}"#,
        "\u{feff}{}",
        &"[".repeat(100_000),
    ] {
        let reply = server.send("POST", &messages, &[JSON], wrong).await;
        assert_eq!(
            (reply.status, reply.problem().as_str()),
            (400, "bad-request"),
            "{wrong:.20}"
        );
    }
    assert_eq!(server.get(&session).await.json()["session"]["turns"], 0);
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let server = Server::of(host(), Options::new()).await;
    let paths = [
        "/page/../Cargo.toml",
        "/page/%2e%2e/%2e%2e/Cargo.toml",
        "/page/..%2f..%2fCargo.toml",
        "/page//etc/passwd",
        "/page/",
        "/sessions/..",
        "/sessions/%2e%2e%2fopenapi.json",
        "/sessions/%00",
        "/sessions/%ff",
        "//evil.example/",
        "/sessions/x/../../etc/passwd",
    ];
    for path in paths {
        let reply = server.get(path).await;
        assert!(matches!(reply.status, 400 | 404), "{path}: {reply:?}");
        assert!(!reply.body.contains("[package]"), "{path}");
    }
    let long = format!("/sessions/{}", "x".repeat(2_000));
    assert_eq!(server.get(&long).await.problem(), "no-such-session");
}

#[tokio::test]
async fn every_reply_has_the_headers_that_protect_a_page() {
    let server = Server::of(host(), Options::new().title("<script>alert(1)</script>")).await;
    for path in [
        "/",
        "/sessions",
        "/page/main.js",
        "/nothing",
        "/openapi.json",
    ] {
        let reply = server.get(path).await;
        let policy = reply.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    let page = server.get("/").await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    let nonce = |reply: &crate::support::Reply| {
        let policy = reply.header("content-security-policy").unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap();
        nonce.split('\'').next().unwrap().to_owned()
    };
    let own = nonce(&page);
    assert!(page.body.contains(&format!("nonce=\"{own}\"")) && own.len() == 32);
    assert_ne!(own, nonce(&server.get("/").await));
}

#[tokio::test]
async fn ids_are_128_random_bits() {
    let server = Server::of(host(), Options::new()).await;
    let (one, two) = (server.session().await, server.session().await);
    for session in [&one, &two] {
        let id = &session[10..];
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
    }
    assert_ne!(one, two);
}

#[tokio::test]
async fn a_flood_of_changes_is_limited() {
    let server = Server::of(host(), Options::new().rate(1, 5)).await;
    let mut limited = 0;
    for _ in 0..12 {
        let reply = server.post("/sessions", &json!({})).await;
        if reply.status == 429 {
            limited += 1;
            assert_eq!(
                (reply.problem().as_str(), reply.header("retry-after")),
                ("rate-limited", Some("1"))
            );
        }
    }
    assert!(limited >= 5, "{limited}");
    assert_eq!(server.get("/sessions").await.status, 200);
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused_until_one_is_closed() {
    let server = Server::of(host(), Options::new().max_streams(8, 2)).await;
    let session = server.session().await;
    let mut windows = Vec::new();
    for _ in 0..2 {
        let mut window = Window::open(&server, &session).await;
        window.step().await;
        windows.push(window);
    }
    let refused = server.get(&format!("{session}/events")).await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (503, "too-many-streams")
    );
    windows.pop();
    loop {
        // The server learns of it when it reads.
        let window = Window::open(&server, &session).await;
        if window.head.contains("200 OK") {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_slow_or_large_head_ends_its_connection() {
    let host = host();
    let app = router(host.clone(), Options::new());
    let options = ServeOptions::new().header_timeout(Duration::from_millis(100));
    let server = Server::serving(host, app, options).await;
    for begin in ["", "GET /sessions HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        // Ends without another byte of ours.
        stream.read_to_end(&mut bytes).await.ok();
    }
    let large = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let reply = server.raw(large.as_bytes()).await;
    assert!(matches!(reply.status, 0 | 431), "{reply:?}");
}

/// One byte a second.
#[tokio::test(start_paused = true)]
async fn a_slow_body_ends_its_connection() {
    let server = Server::of(host(), Options::new()).await;
    for path in ["/sessions", "/ui", "/agui"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 1000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        let mut sent = 0;
        let (mut reading, mut writing) = stream.split();
        let read = reading.read_to_end(&mut reply);
        let write = async {
            while writing.write_all(b" ").await.is_ok() {
                sent += 1;
                assert!(sent < 1000, "{path}: the server waits");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = read => {}
            () = write => {}
        }
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.starts_with("HTTP/1.1 408"), "{path}: {reply}");
        assert!(reply.contains("urn:geppetto:timeout"), "{path}: {reply}");
    }
    assert_eq!(server.get("/sessions").await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_and_are_served() {
    let host = host();
    let app = router(host.clone(), Options::new());
    let options = ServeOptions::new().max_connections(4);
    let server = Server::serving(
        host,
        app,
        options.header_timeout(Duration::from_millis(200)),
    )
    .await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(TcpStream::connect(server.address).await.unwrap());
    }
    drop(idle);
    assert_eq!(server.get("/sessions").await.status, 200);
}

/// Returns how many connections this process can hold, at most 10,000.
fn many_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    // The server has up to 2,048 of them at once, and other tests a few.
    files
        .unwrap_or(1_024_usize)
        .saturating_sub(2_500)
        .clamp(200, 10_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_that_say_nothing_delay_no_window() {
    let host = host();
    let app = router(host.clone(), Options::new());
    let options = ServeOptions::new().header_timeout(Duration::from_millis(100));
    let server = Server::serving(host, app, options).await;
    let session = server.session().await;
    let mut window = Window::open(&server, &session).await;
    let mut idle = Vec::new();
    while idle.len() < many_connections() {
        for _ in 0..100 {
            idle.push(TcpStream::connect(server.address).await.unwrap());
        }
        if idle.len() == 1_000 {
            // In the midst of them.
            server.tell(&session, "Hello").await;
            window.until(is_answered).await;
        }
    }
    assert_eq!(server.get("/sessions").await.status, 200);
    for mut connection in idle.drain(..) {
        let mut bytes = Vec::new();
        // The server has ended it, or ends it now.
        connection.read_to_end(&mut bytes).await.ok();
    }
    server.tell(&session, "Still there?").await;
    window
        .until(|view| view.len() == 4 && is_answered(view))
        .await;
}

#[tokio::test]
async fn an_address_of_others_demands_a_token() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let app = router(host(), Options::new());
    let refused = serve(listener, app.clone(), ServeOptions::new()).await;
    assert_eq!(
        refused.unwrap_err().kind(),
        std::io::ErrorKind::InvalidInput
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let short = serve(listener, app, ServeOptions::new().token("short")).await;
    assert_eq!(short.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_token_is_required_and_becomes_a_cookie() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let host = host();
    let app = router(host.clone(), Options::new());
    let options = ServeOptions::new().token(TOKEN);
    assert!(!format!("{options:?}").contains(TOKEN));
    let server = Server::serving(host, app, options).await;
    for path in [
        "/",
        "/sessions",
        "/page/main.js",
        "/openapi.json",
        "/?token=wrong",
    ] {
        let reply = server.get(path).await;
        assert_eq!(
            (reply.status, reply.problem().as_str()),
            (401, "unauthorized"),
            "{path}"
        );
        assert!(!reply.body.contains(TOKEN));
    }
    let bearer = format!("Bearer {TOKEN}");
    let reply = server
        .send("GET", "/sessions", &[("Authorization", &bearer)], "")
        .await;
    assert_eq!(reply.status, 200);
    let opened = server.get(&format!("/?token={TOKEN}")).await;
    assert_eq!((opened.status, opened.header("location")), (303, Some("/")));
    let cookie = opened.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    let reply = server.send("GET", "/", &[("Cookie", cookie)], "").await;
    assert_eq!(reply.status, 200);
    // The location stays on this server.
    let away = server.get(&format!("//evil.example/?token={TOKEN}")).await;
    assert_eq!(away.header("location"), Some("/evil.example/"));
}
