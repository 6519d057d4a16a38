//! Sends a reply: headers, body in pieces, and the scripted end.

mod head;

use std::io;

use bytes::Bytes;
use tokio::{
    io::AsyncWriteExt,
    net::tcp::WriteHalf,
    task::yield_now,
    time::{Instant, sleep, sleep_until},
};

use super::{ReceivedRequest, connection::After};
use crate::reply::{Broken, Ending, Framing, KeepAlive, Plan, Reply, Step, Stop};

/// Sends a reply and returns the state of the connection afterwards. `sent` counts the bytes of the
/// body passed to the operating system.
pub(super) async fn reply(
    writer: WriteHalf<'_>,
    request: &ReceivedRequest,
    reply: Reply,
    sent: &mut usize,
) -> io::Result<After> {
    let Reply {
        body,
        status,
        delivery,
    } = reply;
    for stop in &delivery.before_headers {
        wait(stop).await;
    }
    match delivery.before_reply {
        Some(Broken::Cut) => return Ok(After::Close),
        Some(Broken::Reset) => return Ok(After::Reset),
        Some(Broken::Endless) | None => {}
    }
    let rendered = body.render(request);
    let framing = match delivery.framing {
        Framing::Usual if rendered.events => Framing::Chunked,
        Framing::Usual => Framing::Length,
        framing => framing,
    };
    let mut sender = Sender {
        writer,
        pending: Vec::new(),
        chunked: framing == Framing::Chunked,
        sent,
    };
    if delivery.before_reply.is_some() {
        return sender
            .endless(b"HTTP/1.1 200 OK\r\n", b"x-filling: xxxxxxxxxxxxxxxx\r\n")
            .await;
    }
    let plan = Plan::new(&rendered, &delivery);
    let keep_alive = request.keep_alive() && framing != Framing::UntilClose;
    let head = head::Head {
        status: rendered.status.filter(|_| status == 200).unwrap_or(status),
        content_type: &rendered.content_type,
        extra: &delivery.headers,
        framing,
        body_length: plan.body.len(),
        keep_alive,
    };
    sender.pending = head.render();
    sender.body(&plan).await?;
    sender.end(plan.ending, keep_alive).await
}

struct Sender<'a> {
    writer: WriteHalf<'a>,
    /// Unwritten bytes: the headers, or the framing of the last chunk.
    pending: Vec<u8>,
    chunked: bool,
    sent: &'a mut usize,
}

impl Sender<'_> {
    async fn body(&mut self, plan: &Plan) -> io::Result<()> {
        let last = plan.steps.len().saturating_sub(1);
        for (number, step) in plan.steps.iter().enumerate() {
            match step {
                Step::Write(range) => {
                    self.add(&plan.body, range.clone());
                    let finished = number == last && plan.ending == Ending::Complete;
                    if !finished {
                        self.flush().await?;
                        // Lets a client on the same thread read each piece separately.
                        yield_now().await;
                    }
                }
                Step::Wait { stop, keep_alive } => {
                    self.flush().await?;
                    self.wait(stop, *keep_alive).await?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, body: &Bytes, range: std::ops::Range<usize>) {
        let data = body.get(range).unwrap_or_default();
        self.frame(data);
        *self.sent += data.len();
    }

    fn frame(&mut self, data: &[u8]) {
        if self.chunked {
            self.pending
                .extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
        }
        self.pending.extend_from_slice(data);
        if self.chunked {
            self.pending.extend_from_slice(b"\r\n");
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.writer.write_all(&self.pending).await?;
            self.pending.clear();
        }
        Ok(())
    }

    async fn end(&mut self, ending: Ending, keep_alive: bool) -> io::Result<After> {
        match ending {
            Ending::Complete => {
                if self.chunked {
                    self.pending.extend_from_slice(b"0\r\n\r\n");
                }
                self.flush().await?;
                Ok(if keep_alive {
                    After::KeepAlive
                } else {
                    After::Close
                })
            }
            Ending::CUT => self.flush().await.map(|()| After::Close),
            Ending::RESET => self.flush().await.map(|()| After::Reset),
            Ending::ENDLESS => {
                self.frame(b"data: ");
                let mut filling = std::mem::take(&mut self.pending);
                let beginning = filling.clone();
                filling.clear();
                self.frame(&[b'x'; 1024]);
                std::mem::swap(&mut filling, &mut self.pending);
                self.endless(&beginning, &filling).await
            }
        }
    }

    /// Writes the beginning once and then the padding forever.
    async fn endless(&mut self, beginning: &[u8], filling: &[u8]) -> io::Result<After> {
        self.writer.write_all(beginning).await?;
        loop {
            self.writer.write_all(filling).await?;
            yield_now().await;
        }
    }

    async fn wait(&mut self, stop: &Stop, keep_alive: Option<KeepAlive>) -> io::Result<()> {
        let Some(KeepAlive { every, bytes }) = keep_alive else {
            wait(stop).await;
            return Ok(());
        };
        let stopped = wait(stop);
        tokio::pin!(stopped);
        let mut next = Instant::now() + every;
        loop {
            tokio::select! {
                () = &mut stopped => return Ok(()),
                () = sleep_until(next) => {
                    next += every;
                    self.frame(bytes);
                    self.flush().await?;
                }
            }
        }
    }
}

async fn wait(stop: &Stop) {
    match stop {
        Stop::Pause(duration) => sleep(*duration).await,
        Stop::Forever => std::future::pending().await,
        Stop::Hold(gate) => gate.pass().await,
    }
}
