//! HTTP/1.1 as cheap as it can be: a request of which only the device token changes, and of the answer its status and its
//! body.

use anyhow::{Context, bail, ensure};
use tidings_apns::DeviceToken;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::APP;

/// More than any answer takes.
const LARGEST: usize = 64 << 10;

/// The request, up to the device token and from it on.
#[derive(Clone, Debug)]
pub(super) struct Template {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Template {
    pub(super) fn new(authority: &str, key: &str, text: &str) -> Self {
        let (before, after) = (
            r#"{"to":{"tokens":[""#,
            format!(r#""]}},"aps":{{"alert":"{text}"}}}}"#),
        );
        let length = before.len() + 64 + after.len();
        let head = format!(
            "POST /v1/apps/{APP}/notifications HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{before}"
        );
        Self {
            before: head.into_bytes(),
            after: after.into_bytes(),
        }
    }
}

/// A connection that asks the same again and again.
pub(super) struct Connection {
    stream: TcpStream,
    template: Template,
    out: Vec<u8>,
    read: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(authority: &str, template: Template) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(authority)
            .await
            .context("connecting to the server")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            template,
            out: Vec::with_capacity(1024),
            read: Vec::with_capacity(4096),
        })
    }

    /// Submits a notification to a device token; the id that it was given.
    pub(super) async fn submit(&mut self, token: &DeviceToken) -> anyhow::Result<String> {
        self.out.clear();
        self.out.extend_from_slice(&self.template.before);
        token.encode_hex(&mut self.out);
        self.out.extend_from_slice(&self.template.after);
        self.stream.write_all(&self.out).await?;
        let body = self.answer().await?;
        let id = body
            .split_once("\"id\":\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        let (id, _) = id.with_context(|| format!("there is no id in {body}"))?;
        Ok(id.to_owned())
    }

    async fn answer(&mut self) -> anyhow::Result<String> {
        self.read.clear();
        loop {
            if let Some((head, length)) = head(&self.read)? {
                while self.read.len() < head + length {
                    self.more().await?;
                }
                let body = self.read.get(head..head + length).unwrap_or_default();
                return Ok(String::from_utf8_lossy(body).into_owned());
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        ensure!(self.read.len() < LARGEST, "the answer does not end");
        let count = self.stream.read_buf(&mut self.read).await?;
        ensure!(count > 0, "the server closed the connection");
        Ok(())
    }
}

/// How long the head is, and how long the body, once the head is whole.
fn head(read: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(read.get(..end).unwrap_or_default()).to_ascii_lowercase();
    if !head.starts_with("http/1.1 202") {
        bail!("the server answered {}", head.lines().next().unwrap_or_default());
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok());
    Ok(Some((end + 4, length.context("the answer has no length")?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 12\r\n\r\n{\"id\":\"1\"}";
        assert_eq!(head(answer).unwrap(), Some((45, 12)));
        assert_eq!(head(&answer[..44]).unwrap(), None);
        assert!(head(b"HTTP/1.1 503 No\r\n\r\n").is_err());
    }
}
