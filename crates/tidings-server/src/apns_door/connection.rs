//! One connection's task: moves bytes between the socket and the driver, and requests between the driver and the reception.

use std::io;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tidings_http2::StreamId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout};
use tokio_rustls::server::TlsStream;

use super::answer::Reply;
use super::driver::Driver;
use super::{Room, reception};
use crate::serving::ends;

/// How much is read at a time.
const BUFFER: usize = 16 << 10;

/// How long a client may not take what is written to it.
const WRITE: Duration = Duration::from_secs(30);

/// How long a client may take to close its side after ours is closed.
const LINGER: Duration = Duration::from_secs(1);

/// What the writing half has got done.
enum Written {
    Bytes(usize),
    Everything,
}

/// Serves a connection until its end.
pub(super) async fn run(
    room: &Room,
    stream: TlsStream<TcpStream>,
    driver: Driver,
    crowded: watch::Receiver<()>,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    exchange(room, &mut reader, &mut writer, driver, crowded).await;
    close(&mut reader, &mut writer).await;
}

async fn exchange(
    room: &Room,
    reader: &mut ReadHalf<TlsStream<TcpStream>>,
    writer: &mut WriteHalf<TlsStream<TcpStream>>,
    mut driver: Driver,
    mut crowded: watch::Receiver<()>,
) {
    let mut phase = room.server.phase.subscribe();
    let mut answering: FuturesUnordered<BoxFuture<'_, (StreamId, Reply)>> = FuturesUnordered::new();
    let mut buffer = vec![0; BUFFER];
    let mut unflushed = false;
    let mut ending = false;
    let mut write_limit = Instant::now() + WRITE;
    loop {
        driver.advance(Instant::now());
        while let Some((stream, request)) = driver.next_request() {
            answering.push(
                reception::receive(room, request)
                    .map(move |reply| (stream, reply))
                    .boxed(),
            );
        }
        let has_output = unflushed || !driver.output().is_empty();
        let is_stuck = has_output && Instant::now() >= write_limit;
        if is_stuck || (driver.is_over() && !has_output) {
            return;
        }
        if !has_output {
            write_limit = Instant::now() + WRITE;
        }
        tokio::select! {
            read = reader.read(&mut buffer), if driver.wants_input() && !driver.is_over() => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => driver.feed(&buffer[..count], Instant::now()),
            },
            written = write(writer, driver.output()), if has_output => {
                write_limit = Instant::now() + WRITE;
                match written {
                    Ok(Written::Bytes(count)) => {
                        driver.consume_output(count);
                        unflushed = true;
                    }
                    Ok(Written::Everything) => unflushed = false,
                    Err(_) => return,
                }
            }
            Some((stream, reply)) = answering.next(), if !answering.is_empty() => driver.answer(stream, &reply),
            () = sleep_until(driver.next_due(Instant::now()).min(write_limit).into()) => {}
            () = ends(&mut phase), if !ending => {
                ending = true;
                driver.end(br#"{"reason":"Shutdown"}"#, Instant::now());
            }
            Ok(()) = crowded.changed(), if !ending => if driver.is_idle() {
                driver.end(br#"{"reason":"IdleTimeout"}"#, Instant::now());
            },
        }
    }
}

async fn write(writer: &mut WriteHalf<TlsStream<TcpStream>>, output: &[u8]) -> io::Result<Written> {
    if output.is_empty() {
        writer.flush().await?;
        return Ok(Written::Everything);
    }
    match writer.write(output).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        count => Ok(Written::Bytes(count)),
    }
}

/// Closes our side and waits a moment for the client's, because data that it still sends would make the system reset the
/// connection, and the client would never read the GOAWAY.
async fn close(reader: &mut ReadHalf<TlsStream<TcpStream>>, writer: &mut WriteHalf<TlsStream<TcpStream>>) {
    let mut rest = [0; 4096];
    let orderly = async {
        writer.shutdown().await?;
        while reader.read(&mut rest).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    // However it ends, the connection is over.
    let _ = timeout(LINGER, orderly).await;
}
