//! One connection's task: moves bytes between the socket and the driver.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout};
use tokio_rustls::server::TlsStream;

use super::driver::{Driver, Phase};
use super::tls;

/// How much is read at a time.
const BUFFER: usize = 16 * 1024;

/// How long a client may not take what is written to it.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// How long a client may take to close its side after ours is closed.
const LINGER: Duration = Duration::from_secs(1);

/// What the writing half has got done.
enum Written {
    Bytes(usize),
    Everything,
}

/// Serves a connection until its end.
pub(super) async fn run(
    stream: TlsStream<TcpStream>,
    mut driver: Driver,
    mut shutdown: watch::Receiver<bool>,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    exchange(&mut reader, &mut writer, &mut driver, &mut shutdown).await;
    match driver.phase() {
        Phase::Cut => {}
        // If the socket is gone already there is nothing to reset.
        Phase::Reset => drop(tls::reset(&reader.unsplit(writer))),
        Phase::Open | Phase::Silent | Phase::Draining(_) | Phase::Closing => {
            close(&mut reader, &mut writer).await;
        }
    }
}

async fn exchange(
    reader: &mut ReadHalf<TlsStream<TcpStream>>,
    writer: &mut WriteHalf<TlsStream<TcpStream>>,
    driver: &mut Driver,
    shutdown: &mut watch::Receiver<bool>,
) {
    let mut buffer = vec![0; BUFFER];
    let mut unflushed = false;
    let mut told = false;
    let mut write_limit = Instant::now() + WRITE_LIMIT;
    loop {
        driver.advance(Instant::now());
        let has_output = unflushed || !driver.output().is_empty();
        if is_over(driver.phase(), has_output) || (has_output && Instant::now() >= write_limit) {
            return;
        }
        if !has_output {
            write_limit = Instant::now() + WRITE_LIMIT;
        }
        tokio::select! {
            read = reader.read(&mut buffer), if driver.wants_input() => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => driver.feed(&buffer[..count]),
            },
            written = write(writer, driver.output()), if has_output => {
                write_limit = Instant::now() + WRITE_LIMIT;
                match written {
                    Ok(Written::Bytes(count)) => {
                        driver.consume_output(count);
                        unflushed = true;
                    }
                    Ok(Written::Everything) => unflushed = false,
                    Err(_) => return,
                }
            }
            () = sleep_until(driver.next_due().min(write_limit).into()) => {}
            () = super::ended(shutdown), if !told => {
                told = true;
                driver.shut_down();
            }
        }
    }
}

fn is_over(phase: Phase, has_output: bool) -> bool {
    match phase {
        Phase::Cut | Phase::Reset => true,
        Phase::Closing => !has_output,
        Phase::Open | Phase::Silent | Phase::Draining(_) => false,
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
