//! Status line and headers of a reply.

use crate::reply::Framing;

pub(super) struct Head<'a> {
    pub(super) status: u16,
    pub(super) content_type: &'a str,
    pub(super) extra: &'a [(String, String)],
    pub(super) framing: Framing,
    pub(super) body_length: usize,
    pub(super) keep_alive: bool,
}

impl Head<'_> {
    pub(super) fn render(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut add = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        let scripted = |name: &str| {
            self.extra
                .iter()
                .any(|(key, _)| key.eq_ignore_ascii_case(name))
        };
        if !scripted("content-type") {
            add("content-type", self.content_type);
        }
        if !scripted("x-request-id") {
            add("x-request-id", "req_scripted");
        }
        for (name, value) in self.extra {
            add(name, value);
        }
        match self.framing {
            Framing::Chunked => add("transfer-encoding", "chunked"),
            Framing::Length => add("content-length", &self.body_length.to_string()),
            Framing::UntilClose | Framing::Usual => {}
        }
        if !self.keep_alive {
            add("connection", "close");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        _ => "Scripted",
    }
}
