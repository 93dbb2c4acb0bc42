//! The TLS handshake over a non-blocking socket.
//!
//! The engine drives rustls itself to spare copies, so this does too: no stream wrapper that would have to be taken
//! apart again.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use tokio::net::TcpStream;

use super::tls_error::TlsError;

/// How a handshake ends early.
#[derive(Debug)]
pub(super) enum HandshakeFailure {
    Closed,
    Io(io::Error),
    Tls(TlsError),
}

impl From<rustls::Error> for HandshakeFailure {
    fn from(error: rustls::Error) -> Self {
        Self::Tls(error.into())
    }
}

/// Shakes hands and makes sure that HTTP/2 was agreed.
pub(super) async fn run(
    stream: &TcpStream,
    config: Arc<ClientConfig>,
    server_name: ServerName<'static>,
) -> Result<ClientConnection, HandshakeFailure> {
    let mut tls = ClientConnection::new(config, server_name)?;
    loop {
        while tls.wants_write() {
            send(stream, &mut tls).await?;
        }
        if !tls.is_handshaking() {
            break;
        }
        receive(stream, &mut tls).await?;
    }
    match tls.alpn_protocol() {
        Some(b"h2") => Ok(tls),
        _ => Err(HandshakeFailure::Tls(TlsError::NoHttp2)),
    }
}

async fn send(stream: &TcpStream, tls: &mut ClientConnection) -> Result<(), HandshakeFailure> {
    stream.writable().await.map_err(HandshakeFailure::Io)?;
    match tls.write_tls(&mut Socket(stream)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(last_words(stream, tls).unwrap_or(HandshakeFailure::Io(error))),
    }
}

async fn receive(stream: &TcpStream, tls: &mut ClientConnection) -> Result<(), HandshakeFailure> {
    stream.readable().await.map_err(HandshakeFailure::Io)?;
    match tls.read_tls(&mut Socket(stream)) {
        Ok(0) => Err(HandshakeFailure::Closed),
        Ok(_) => process(stream, tls),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(HandshakeFailure::Io(error)),
    }
}

fn process(stream: &TcpStream, tls: &mut ClientConnection) -> Result<(), HandshakeFailure> {
    match tls.process_new_packets() {
        Ok(_) => Ok(()),
        Err(error) => {
            // Tell the server why, if it still listens; our own reason is the one that counts.
            let _ = tls.write_tls(&mut Socket(stream));
            Err(error.into())
        }
    }
}

/// A server that refuses sends its reason and closes; the reason may still wait to be read when a write fails.
fn last_words(stream: &TcpStream, tls: &mut ClientConnection) -> Option<HandshakeFailure> {
    tls.read_tls(&mut Socket(stream)).ok().filter(|read| *read > 0)?;
    tls.process_new_packets().err().map(HandshakeFailure::from)
}

/// The socket as rustls wants it.
struct Socket<'a>(&'a TcpStream);

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
