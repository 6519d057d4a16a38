//! The program serves a page and a conversation at the address that it prints.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use example_check::{Program, expected_output};

fn request(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn the_program_serves_the_page_at_the_address_that_it_prints() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_web-chat"))
        .args(["--demo", "--port", "0"])
        .start()
        .unwrap();
    let line = program.next_line().unwrap().unwrap();
    let address = &line.split('/').nth(2).unwrap().to_owned();
    let readme = expected_output(include_str!("../README.md")).unwrap();
    let line = line.replace(address, "127.0.0.1:8080");
    assert_eq!(line.trim_end(), readme.trim_end());

    let page = request(address, "GET", "/", "");
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    let created = request(address, "POST", "/sessions", "{}");
    let id = created.split("\"id\":\"").nth(1).unwrap();
    let messages = format!("/sessions/{}/messages", id.split('"').next().unwrap());
    let sent = request(address, "POST", &messages, r#"{"text":"hello"}"#);
    assert!(sent.starts_with("HTTP/1.1 202"), "{sent}");
    program.interrupt().unwrap();
    assert_eq!(program.output().unwrap().code, Some(0));
}
