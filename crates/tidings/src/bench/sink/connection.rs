//! One connection of the sink.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::rc::Rc;
use std::time::Instant;

use rustls::ServerConnection;
use tidings_http2::hpack::{CachedName, Template};
use tidings_http2::{Config, Connection as Http2, Credit, Event, StreamId};
use tokio::net::TcpStream;

use super::Args;
use super::later::{Due, Later};

/// Bytes of window credit that are returned at once.
const CREDIT: u32 = 1024;

/// What was served, for the report at the end.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections: Cell<u64>,
    pub(crate) requests: Cell<u64>,
}

struct Sink {
    stream: TcpStream,
    tls: ServerConnection,
    http2: Http2,
    args: Args,
    counts: Rc<Counts>,
    ok: Template,
    id_name: CachedName,
    /// The id of each request until it is answered.
    ids: HashMap<StreamId, [u8; 36]>,
    later: Later,
    uncredited: u32,
    buffer: Vec<u8>,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(stream: TcpStream, tls: ServerConnection, args: Args, counts: Rc<Counts>) {
    let config = Config {
        max_concurrent_streams: args.streams,
        initial_window_size: args.window,
        connection_window: args.window,
        credit: if args.rtt.is_some() {
            Credit::Manual
        } else {
            Credit::Automatic
        },
        // A sender that gives up may reset as much as it likes: this is a benchmark.
        idle_frame_burst: u32::MAX,
        ..Config::default()
    };
    let sink = Sink {
        stream,
        tls,
        http2: Http2::server(config),
        args,
        counts,
        ok: Template::new([(":status", "200")]),
        id_name: CachedName::new(b"apns-id"),
        ids: HashMap::new(),
        later: Later::default(),
        uncredited: 0,
        buffer: vec![0; 64 * 1024],
    };
    // The client closes when it is done; how it does that is of no interest.
    let _ended = sink.run().await;
}

impl Sink {
    async fn run(mut self) -> io::Result<()> {
        self.tls.set_buffer_limit(None);
        loop {
            if !self.read()? {
                self.flush().await?;
                self.wait().await?;
            }
            self.do_what_is_due().await?;
        }
    }

    /// Waits for the client; a paced sink looks again and again, to be on time.
    async fn wait(&self) -> io::Result<()> {
        if self.args.rtt.is_some() {
            tokio::task::yield_now().await;
            Ok(())
        } else {
            self.stream.readable().await
        }
    }

    /// Takes in what has come; answers whether that was anything.
    fn read(&mut self) -> io::Result<bool> {
        let length = match self.stream.try_read(&mut self.buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut rest = self.buffer.get(..length).unwrap_or_default();
        while !rest.is_empty() {
            self.tls.read_tls(&mut rest)?;
            self.tls.process_new_packets().map_err(io::Error::other)?;
            let mut reader = self.tls.reader();
            while let Ok(plaintext @ [_, ..]) = reader.fill_buf() {
                self.http2.feed(plaintext);
                let length = plaintext.len();
                reader.consume(length);
            }
        }
        self.take_in()?;
        Ok(true)
    }

    fn take_in(&mut self) -> io::Result<()> {
        let now = Instant::now();
        while let Some(event) = self.http2.poll(now).map_err(io::Error::other)? {
            let (stream, end_stream, body) = match event {
                Event::Headers {
                    stream,
                    fields,
                    end_stream,
                    ..
                } => {
                    self.ids.insert(stream, id(fields.first(b"apns-id"), stream));
                    (stream, end_stream, 0)
                }
                Event::Data {
                    stream,
                    data,
                    end_stream,
                    ..
                } => (stream, end_stream, data.len()),
                _ => continue,
            };
            self.note_body(now, body);
            if end_stream {
                self.on_request(now, stream);
            }
        }
        Ok(())
    }

    /// Window credit goes back as late as an answer, and in small parts: what is held back to be returned in large ones
    /// would shrink the window that `--window` promises.
    fn note_body(&mut self, now: Instant, length: usize) {
        let Some(rtt) = self.args.rtt else { return };
        self.uncredited += u32::try_from(length).unwrap_or(0);
        if self.uncredited >= CREDIT {
            self.later
                .add(now + rtt, Due::Credit(std::mem::take(&mut self.uncredited)));
        }
    }

    fn on_request(&mut self, now: Instant, stream: StreamId) {
        self.counts.requests.set(self.counts.requests.get() + 1);
        match self.args.rtt {
            None => self.answer(stream),
            Some(rtt) => {
                let at = self.later.answer_at(now, rtt, self.args.jitter);
                self.later.add(at, Due::Answer(stream));
            }
        }
    }

    fn answer(&mut self, stream: StreamId) {
        let Some(id) = self.ids.remove(&stream) else {
            return;
        };
        // A stream that the client has reset meanwhile wants no answer.
        let _gone = self.http2.send_headers(stream, true, |encoder, block| {
            encoder.encode_template(&mut self.ok, block);
            encoder.encode_unseen(&self.id_name, &id, block);
        });
    }

    /// Each answer is a TLS record and a write of its own.
    async fn do_what_is_due(&mut self) -> io::Result<()> {
        if self.args.rtt.is_none() {
            return Ok(());
        }
        let now = Instant::now();
        while let Some(due) = self.later.next(now) {
            match due {
                Due::Answer(stream) => self.answer(stream),
                Due::Credit(bytes) => self.http2.release(None, bytes),
            }
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        let written = self.tls.writer().write(self.http2.output())?;
        self.http2.consume_output(written);
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut Socket(&self.stream)) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The id to answer with: that of the request, or one made of the stream's number.
fn id(given: Option<&[u8]>, stream: StreamId) -> [u8; 36] {
    given.and_then(|id| id.try_into().ok()).unwrap_or_else(|| {
        let mut id = *b"00000000-0000-4000-8000-000000000000";
        let digits = format!("{stream:012}");
        id.iter_mut()
            .rev()
            .zip(digits.bytes().rev())
            .for_each(|(place, digit)| *place = digit);
        id
    })
}

struct Socket<'a>(&'a TcpStream);

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
