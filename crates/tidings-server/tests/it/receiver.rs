//! A receiver of webhooks: real sockets, answers by a script, keeps what it was sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What it answers next.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status with these headers, and no body.
    Status(u16, &'static str),
    /// A status with this body.
    Says(u16, &'static str),
    /// Nothing, for ever.
    Silence,
    /// The beginning of an answer, and then more and more without end.
    Flood,
    /// What is no HTTP.
    Noise,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        let found = self.head.lines().find_map(|line| line.strip_prefix(&prefix));
        found.expect("the header is there")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

/// A receiver of webhooks.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<VecDeque<Reply>>>,
    received: watch::Receiver<Vec<Received>>,
}

impl Receiver {
    /// One that answers by these, and then 204.
    pub(crate) async fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it has an address");
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        let (keep, received) = watch::channel(Vec::new());
        tokio::spawn(serve(listener, Arc::clone(&script), keep));
        Self {
            address,
            script,
            received,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?key=planted", self.address)
    }

    /// What it answers from now on, before 204.
    pub(crate) fn answer_next(&self, reply: Reply) {
        self.script
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(reply);
    }

    /// Waits until so many requests have come, and tells all of them.
    pub(crate) async fn requests(&self, count: usize) -> Vec<Received> {
        let mut received = self.received.clone();
        let waiting = received.wait_for(|received| received.len() >= count);
        let come = tokio::time::timeout(tidings_testkit::PATIENCE, waiting).await;
        let told = format!("{} of {count} requests came", self.count());
        come.expect(&told).expect("it receives").clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.received.borrow().len()
    }
}

async fn serve(
    listener: TcpListener,
    script: Arc<Mutex<VecDeque<Reply>>>,
    keep: watch::Sender<Vec<Received>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (script, keep) = (Arc::clone(&script), keep.clone());
        tokio::spawn(async move { answer(stream, &script, &keep).await });
    }
}

async fn answer(
    mut stream: TcpStream,
    script: &Mutex<VecDeque<Reply>>,
    keep: &watch::Sender<Vec<Received>>,
) -> Option<()> {
    let received = read(&mut stream).await?;
    let reply = script
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .pop_front()
        .unwrap_or(Reply::Status(204, ""));
    match reply {
        Reply::Status(status, headers) => {
            keep.send_modify(|all| all.push(received));
            let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).await.ok()?;
        }
        Reply::Says(status, body) => {
            keep.send_modify(|all| all.push(received));
            let length = body.len();
            let text = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await.ok()?;
        }
        Reply::Silence => {
            keep.send_modify(|all| all.push(received));
            std::future::pending::<()>().await;
        }
        Reply::Flood => {
            keep.send_modify(|all| all.push(received));
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
        }
        Reply::Noise => {
            keep.send_modify(|all| all.push(received));
            stream.write_all(b"220 smtp.example.com ESMTP\r\n").await.ok()?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    Some(())
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))?
                .parse()
                .ok()?;
            if body.len() >= length {
                let (head, body) = (head.to_owned(), body.to_owned());
                return Some(Received { head, body });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
