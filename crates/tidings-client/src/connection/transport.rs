//! Bytes between the HTTP/2 machine and the socket, through TLS.
//!
//! TLS is driven directly, so that everything that is ready goes out in full records and few writes. The socket can
//! be taken out of the runtime's event queue while the connection looks by the clock (see `pace`).

use std::future::poll_fn;
use std::io::{self, BufRead, IoSlice, Read, Write};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Poll, ready};

use rustls::ClientConnection;
use tidings_http2::Connection as Http2;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

use crate::connect::Established;
use crate::send_error::Cause;

/// Bytes of ciphertext read at once.
const READ: usize = 64 * 1024;

/// Bytes of plaintext encrypted at once, in a few TLS records.
const WRITE: usize = 4 * 16 * 1024;

/// A TLS session over a socket.
#[derive(Debug)]
pub(crate) struct Transport {
    socket: Socket,
    tls: ClientConnection,
    received: Box<[u8]>,
    /// All plaintext that was given to TLS so far.
    encrypted: u64,
    ended: bool,
}

/// The socket, in the runtime's event queue or out of it.
#[derive(Debug)]
enum Socket {
    Watched(TcpStream),
    Unwatched(std::net::TcpStream),
    /// It could not be moved in or out.
    Lost,
}

impl Transport {
    pub(crate) fn new(established: Established, http2: &mut Http2) -> Result<Self, Cause> {
        let Established { stream, tls, .. } = established;
        let mut transport = Self {
            socket: Socket::Watched(stream),
            tls,
            received: vec![0; READ].into_boxed_slice(),
            encrypted: 0,
            ended: false,
        };
        transport.tls.set_buffer_limit(None);
        transport.take_plaintext(http2)?;
        Ok(transport)
    }

    /// Where in all that is ever written the next byte of output will lie.
    pub(crate) fn next_byte_at(&self, http2: &Http2) -> u64 {
        self.encrypted + http2.output().len() as u64
    }

    /// How much of all that was ever written may have reached the peer.
    pub(crate) fn may_have_left(&self) -> u64 {
        self.encrypted
    }

    /// The peer has ended its side.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Waits for ciphertext and takes it; answers how much. If not everything was written, `None` says that the socket
    /// takes more. Cancelling loses nothing.
    pub(crate) async fn read_or(&mut self, written: bool) -> io::Result<Option<usize>> {
        let Socket::Watched(stream) = &mut self.socket else {
            return Err(lost());
        };
        let mut buffer = ReadBuf::new(&mut self.received);
        let length = poll_fn(|cx| {
            if !written && stream.poll_write_ready(cx)?.is_ready() {
                return Poll::Ready(Ok(None));
            }
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
            Poll::Ready(io::Result::Ok(Some(buffer.filled().len())))
        })
        .await?;
        self.ended |= length == Some(0);
        Ok(length)
    }

    /// Takes the ciphertext that is there, without waiting; answers how much.
    pub(crate) fn read_now(&mut self) -> io::Result<usize> {
        let result = match &mut self.socket {
            Socket::Watched(stream) => stream.try_read(&mut self.received),
            Socket::Unwatched(stream) => stream.read(&mut self.received),
            Socket::Lost => Err(lost()),
        };
        match result {
            Ok(0) => {
                self.ended = true;
                Ok(0)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    /// Decrypts the first `length` bytes of what was read, for the HTTP/2 machine.
    pub(crate) fn decrypt(&mut self, length: usize, http2: &mut Http2) -> Result<(), Cause> {
        let received = std::mem::take(&mut self.received);
        let mut rest = received.get(..length).unwrap_or_default();
        let mut result = Ok(());
        while !rest.is_empty() && result.is_ok() && !self.ended {
            result = match self.tls.read_tls(&mut rest) {
                Ok(_) => self.take_plaintext(http2),
                Err(error) => Err(Cause::Lost(error)),
            };
        }
        self.received = received;
        result
    }

    /// Writes the output of the HTTP/2 machine as far as the socket takes it; answers whether that was all.
    pub(crate) fn flush(&mut self, http2: &mut Http2) -> Result<bool, Cause> {
        loop {
            while self.tls.wants_write() {
                match self.tls.write_tls(&mut self.socket) {
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                    Err(error) => return Err(Cause::Lost(error)),
                }
            }
            let output = http2.output();
            if output.is_empty() {
                return Ok(true);
            }
            let part = output.get(..WRITE).unwrap_or(output);
            let taken = self.tls.writer().write(part).map_err(Cause::Lost)?;
            http2.consume_output(taken);
            self.encrypted += taken as u64;
        }
    }

    /// Moves the socket into the runtime's event queue, or out of it.
    pub(crate) fn watch(&mut self, watch: bool) -> io::Result<()> {
        self.socket = match (std::mem::replace(&mut self.socket, Socket::Lost), watch) {
            (Socket::Watched(stream), false) => Socket::Unwatched(stream.into_std()?),
            (Socket::Unwatched(stream), true) => Socket::Watched(TcpStream::from_std(stream)?),
            (unchanged, _) => unchanged,
        };
        Ok(())
    }

    /// Says goodbye as far as that goes without waiting.
    pub(crate) fn close(&mut self, http2: &mut Http2) {
        if matches!(self.flush(http2), Ok(true)) {
            self.tls.send_close_notify();
            // The connection is over: whether the farewell arrives changes nothing.
            let _farewell = self.tls.write_tls(&mut self.socket);
        }
        let _already_closed = match &self.socket {
            Socket::Unwatched(stream) => stream.shutdown(Shutdown::Write),
            Socket::Watched(_) | Socket::Lost => Ok(()),
        };
    }

    /// What came before a failure is given on all the same.
    fn take_plaintext(&mut self, http2: &mut Http2) -> Result<(), Cause> {
        let state = self.tls.process_new_packets();
        let mut reader = self.tls.reader();
        while let Ok(plaintext @ [_, ..]) = reader.fill_buf() {
            http2.feed(plaintext);
            let length = plaintext.len();
            reader.consume(length);
        }
        self.ended |= state.map_err(|error| Cause::Tls(error.into()))?.peer_has_closed();
        Ok(())
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Watched(stream) => stream.try_write(bytes),
            Self::Unwatched(stream) => stream.write(bytes),
            Self::Lost => Err(lost()),
        }
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Watched(stream) => stream.try_write_vectored(parts),
            Self::Unwatched(stream) => stream.write_vectored(parts),
            Self::Lost => Err(lost()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lost() -> io::Error {
    io::Error::new(
        io::ErrorKind::NotConnected,
        "the runtime could not take the socket back",
    )
}
