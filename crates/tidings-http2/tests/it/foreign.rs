//! Both roles against the `h2` crate, in memory: thousands of requests with bodies, trailers, long headers, resets,
//! windows and limits that change, and GOAWAY.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;
use h2::{Reason, client, server};
use http::{HeaderMap, Request, Response};
use tidings_http2::hpack::{Encoder, Indexing};
use tidings_http2::{Config, Connection, Enforce, ErrorCode, Event, StreamId};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinSet;

const REQUESTS: usize = 3000;

/// What the connection's owner does.
trait Owner {
    fn on_event(&mut self, event: Happened, connection: &mut Connection);
    /// Before it waits for the peer: something to send? Or is all done?
    fn is_done(&mut self, connection: &mut Connection) -> bool;
}

/// An event that borrows nothing.
enum Happened {
    Headers(StreamId, BTreeMap<String, String>, bool),
    Data(StreamId, Vec<u8>, bool),
    Reset(StreamId, ErrorCode),
    GoAway(StreamId, ErrorCode),
    Other,
}

impl Happened {
    fn of(event: &Event<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match *event {
            Event::Headers {
                stream,
                fields,
                end_stream,
                ..
            } => {
                let fields = fields.iter().map(|(name, value)| (text(name), text(value)));
                Self::Headers(stream, fields.collect(), end_stream)
            }
            Event::Data {
                stream,
                data,
                end_stream,
                ..
            } => Self::Data(stream, data.to_vec(), end_stream),
            Event::Reset { stream, code, .. } => Self::Reset(stream, code),
            Event::GoAway {
                last_stream, code, ..
            } => Self::GoAway(last_stream, code),
            _ => Self::Other,
        }
    }
}

/// Moves bytes between a connection and its peer until the owner is done or the peer is.
async fn run(mut io: DuplexStream, mut connection: Connection, owner: &mut impl Owner) -> Connection {
    let mut buffer = vec![0; 3001];
    loop {
        while let Some(event) = connection.poll(Instant::now()).expect("h2 keeps to the protocol") {
            let event = Happened::of(&event);
            owner.on_event(event, &mut connection);
        }
        if owner.is_done(&mut connection) && connection.output().is_empty() {
            return connection;
        }
        let (mut reader, mut writer) = tokio::io::split(&mut io);
        tokio::select! {
            read = reader.read(&mut buffer) => match read.unwrap() {
                0 => return connection,
                length => connection.feed(&buffer[..length]),
            },
            written = writer.write(connection.output()), if !connection.output().is_empty() => {
                let Ok(written) = written else { return connection };
                connection.consume_output(written);
            }
        }
    }
}

/// The body of a request or response, recognisable by its number.
fn body(number: usize) -> Vec<u8> {
    let length = if number.is_multiple_of(100) {
        60_000
    } else {
        number * 37 % 3000
    };
    (0..length)
        .map(|at| (number * 31 + at * 7 + at / 251).to_le_bytes()[0])
        .collect()
}

/// A header value that needs CONTINUATION frames, for some.
fn long_value(number: usize) -> Option<String> {
    let digits = number.to_string();
    number
        .is_multiple_of(50)
        .then(|| digits.repeat(40_000 / digits.len()))
}

/// The request's number, which is its path.
fn number_of(path: &str) -> usize {
    path.trim_start_matches('/').parse().unwrap()
}

fn is_cancelled(number: usize) -> bool {
    number % 23 == 7
}

fn wants_reset(number: usize) -> bool {
    number % 17 == 5
}

fn put(encoder: &mut Encoder, out: &mut Vec<u8>, name: &str, value: &str) {
    encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Incremental, out);
}

/// A client that knows the limit of the servers here, so that none is refused.
fn config() -> Config {
    Config {
        max_header_list_size: 1 << 20,
        assumed_peer_streams: 40,
        ..Config::default()
    }
}

/// Our client: sends all requests as fast as limits allow and keeps what comes back.
#[derive(Default)]
struct Sender {
    sent: usize,
    most: usize,
    numbers: BTreeMap<StreamId, usize>,
    answers: BTreeMap<usize, Answer>,
    cancelled: usize,
    refused: Vec<usize>,
    goaway: Option<(StreamId, ErrorCode)>,
}

/// What came back for one request.
#[derive(Default, Debug, PartialEq)]
struct Answer {
    head: BTreeMap<String, String>,
    body: Vec<u8>,
    trailers: BTreeMap<String, String>,
    reset: Option<ErrorCode>,
    ended: bool,
}

impl Sender {
    fn of(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    fn send(&mut self, connection: &mut Connection) {
        let number = self.sent;
        let opened = connection.open(0, false, |encoder, out| {
            for (name, value) in [(":method", "POST"), (":scheme", "http"), (":authority", "h2")] {
                put(encoder, out, name, value);
            }
            put(encoder, out, ":path", &format!("/{number}"));
            if let Some(value) = long_value(number) {
                put(encoder, out, "x-long", &value);
            }
        });
        let Ok(stream) = opened else { return };
        self.sent += 1;
        if is_cancelled(number) {
            connection.reset(stream, ErrorCode::CANCEL);
            self.cancelled += 1;
            return;
        }
        self.numbers.insert(stream, number);
        connection.send_body(stream, &body(number), false).unwrap();
        // Trailers cannot stand behind a body that still waits; an end can.
        let trailers = connection.send_headers(stream, true, |encoder, out| put(encoder, out, "x-sum", "1"));
        if trailers.is_err() {
            connection.send_body(stream, b"", true).unwrap();
        }
    }

    fn answer(&mut self, stream: StreamId) -> &mut Answer {
        self.answers.entry(self.numbers[&stream]).or_default()
    }
}

impl Owner for Sender {
    fn on_event(&mut self, event: Happened, _: &mut Connection) {
        match event {
            Happened::Headers(stream, fields, end) => {
                let answer = self.answer(stream);
                answer.ended = end;
                if answer.head.is_empty() {
                    answer.head = fields;
                } else {
                    answer.trailers = fields;
                }
            }
            Happened::Data(stream, data, end) => {
                let answer = self.answer(stream);
                answer.body.extend_from_slice(&data);
                answer.ended = end;
            }
            Happened::Reset(stream, code) => {
                let answer = self.answer(stream);
                answer.reset = Some(code);
                answer.ended = true;
            }
            Happened::GoAway(last, code) => {
                self.goaway = Some((last, code));
                let above = self.numbers.iter().filter(|(stream, _)| **stream > last);
                self.refused = above.map(|(_, number)| *number).collect();
            }
            Happened::Other => {}
        }
    }

    fn is_done(&mut self, connection: &mut Connection) -> bool {
        while self.sent < self.most
            && connection.available_streams() > 0
            && connection.output().len() < 100_000
        {
            self.send(connection);
        }
        let all_sent = self.sent == self.most || connection.is_closing();
        all_sent && connection.open_streams() == 0
    }
}

/// An h2 server that echoes; it changes its window now and then, and goes away after so many requests.
async fn h2_server(io: DuplexStream, goes_away_after: usize) {
    let mut builder = server::Builder::new();
    builder
        .initial_window_size(1000)
        .max_concurrent_streams(40)
        .max_header_list_size(1 << 20)
        .max_concurrent_reset_streams(10_000)
        .max_pending_accept_reset_streams(10_000);
    let mut connection = builder.handshake::<_, Bytes>(io).await.unwrap();
    let mut tasks = JoinSet::new();
    let mut accepted = 0;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request.expect("our client keeps to the protocol");
        tasks.spawn(echo(request, respond));
        accepted += 1;
        if accepted == goes_away_after {
            connection.graceful_shutdown();
        }
        if accepted % 100 == 0 {
            connection
                .set_initial_window_size(if accepted % 200 == 0 { 10 } else { 100_000 })
                .unwrap();
        }
    }
    tasks.join_all().await;
}

/// Echoes a request, or resets it if its number says so.
async fn echo(request: Request<h2::RecvStream>, mut respond: server::SendResponse<Bytes>) {
    let (head, mut body) = request.into_parts();
    let number = number_of(head.uri.path());
    if wants_reset(number) {
        respond.send_reset(Reason::INTERNAL_ERROR);
        return;
    }
    let Ok((whole, _trailers)) = collect(&mut body).await else {
        return;
    };
    let mut response = Response::builder().status(200).header("x-number", number);
    if let Some(value) = head.headers.get("x-long") {
        response = response.header("x-long", value);
    }
    let Ok(mut send) = respond.send_response(response.body(()).unwrap(), false) else {
        return;
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("x-length", whole.len().into());
    let _cancelled = send
        .send_data(whole.into(), false)
        .and_then(|()| send.send_trailers(trailers));
}

/// A whole body, for which credit is returned as it comes, and its trailers.
async fn collect(body: &mut h2::RecvStream) -> Result<(Vec<u8>, Option<HeaderMap>), h2::Error> {
    let mut whole = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        whole.extend_from_slice(&part);
    }
    Ok((whole, body.trailers().await?))
}

#[track_caller]
fn check_answer(number: usize, answer: &Answer) {
    assert!(answer.ended, "{number}");
    if wants_reset(number) {
        assert_eq!(answer.reset, Some(ErrorCode::INTERNAL_ERROR), "{number}");
        return;
    }
    assert_eq!(answer.reset, None, "{number}");
    assert_eq!(answer.head[":status"], "200");
    assert_eq!(answer.head["x-number"], number.to_string());
    assert_eq!(answer.head.get("x-long"), long_value(number).as_ref(), "{number}");
    assert!(answer.body == body(number), "{number}: the body differs");
    assert_eq!(answer.trailers["x-length"], body(number).len().to_string());
}

#[tokio::test]
async fn our_client_and_the_server_of_h2_understand_each_other() {
    let (ours, theirs) = duplex(5000);
    let server = tokio::spawn(h2_server(theirs, usize::MAX));
    let mut sender = Sender::of(REQUESTS);
    let connection = run(ours, Connection::client(config()), &mut sender).await;
    assert_eq!((sender.sent, connection.queued_bytes()), (REQUESTS, 0));
    drop(connection);
    server.await.unwrap();
    assert_eq!(sender.answers.len() + sender.cancelled, REQUESTS);
    for (number, answer) in &sender.answers {
        check_answer(*number, answer);
    }
}

#[tokio::test]
async fn our_client_knows_what_a_server_of_h2_that_goes_away_has_served() {
    let (ours, theirs) = duplex(5000);
    let server = tokio::spawn(h2_server(theirs, 300));
    let mut sender = Sender::of(REQUESTS);
    run(ours, Connection::client(config()), &mut sender).await;
    server.await.unwrap();
    let (_, code) = sender.goaway.expect("a GOAWAY");
    assert_eq!(code, ErrorCode::NO_ERROR);
    assert!((300..REQUESTS).contains(&sender.sent), "{}", sender.sent);
    for number in sender.numbers.values() {
        match sender.answers.get(number) {
            Some(answer) => check_answer(*number, answer),
            None => assert!(
                sender.refused.contains(number),
                "{number} was neither answered nor refused"
            ),
        }
    }
}

/// Our server: echoes, changes limits and windows now and then, goes away after so many requests.
#[derive(Default)]
struct Echo {
    requests: BTreeMap<StreamId, (usize, Option<String>, Vec<u8>)>,
    seen: usize,
    trailers_seen: usize,
    goes_away_after: usize,
}

impl Echo {
    fn begin(&mut self, stream: StreamId, mut fields: BTreeMap<String, String>, connection: &mut Connection) {
        let number = number_of(&fields[":path"]);
        self.requests
            .insert(stream, (number, fields.remove("x-long"), Vec::new()));
        self.seen += 1;
        let n = self.seen;
        if n == self.goes_away_after {
            connection.go_away(ErrorCode::NO_ERROR, b"maintenance");
        }
        if n.is_multiple_of(100) {
            let (limit, window) = if n.is_multiple_of(200) {
                (2, 10)
            } else {
                (100, 100_000)
            };
            connection.set_max_concurrent_streams(limit, Enforce::OnceAcknowledged);
            connection.set_initial_window_size(window);
        }
    }

    fn answer(&mut self, stream: StreamId, connection: &mut Connection) {
        let Some((number, long, body)) = self.requests.remove(&stream) else {
            return;
        };
        if wants_reset(number) {
            connection.reset(stream, ErrorCode::INTERNAL_ERROR);
            return;
        }
        let answer = |encoder: &mut Encoder, out: &mut Vec<u8>| {
            put(encoder, out, ":status", "200");
            put(encoder, out, "x-number", &number.to_string());
            if let Some(value) = &long {
                put(encoder, out, "x-long", value);
            }
        };
        connection.send_headers(stream, false, answer).unwrap();
        connection.send_body(stream, &body, false).unwrap();
        let trailers = |encoder: &mut Encoder, out: &mut Vec<u8>| {
            put(encoder, out, "x-length", &body.len().to_string());
        };
        if connection.send_headers(stream, true, trailers).is_err() {
            connection.send_body(stream, b"", true).unwrap();
        }
    }
}

impl Owner for Echo {
    fn on_event(&mut self, event: Happened, connection: &mut Connection) {
        match event {
            Happened::Headers(stream, fields, end) => {
                if fields.contains_key(":path") {
                    self.begin(stream, fields, connection);
                } else {
                    self.trailers_seen += 1;
                }
                if end {
                    self.answer(stream, connection);
                }
            }
            Happened::Data(stream, data, end) => {
                if let Some((_, _, body)) = self.requests.get_mut(&stream) {
                    body.extend_from_slice(&data);
                }
                if end {
                    self.answer(stream, connection);
                }
            }
            Happened::Reset(stream, _) => drop(self.requests.remove(&stream)),
            Happened::GoAway(..) | Happened::Other => {}
        }
    }

    fn is_done(&mut self, connection: &mut Connection) -> bool {
        self.seen >= self.goes_away_after && connection.open_streams() == 0
    }
}

/// Sends one request by h2 and checks its answer. `Err` is what h2 says when there is none.
async fn ask(number: usize, send: client::SendRequest<Bytes>) -> Result<(), h2::Error> {
    let mut send = send.ready().await?;
    let mut request = Request::builder()
        .method("POST")
        .uri(format!("http://tidings/{number}"));
    if let Some(value) = long_value(number) {
        request = request.header("x-long", value);
    }
    let (response, mut stream) = send.send_request(request.body(()).unwrap(), false)?;
    if is_cancelled(number) {
        stream.send_reset(Reason::CANCEL);
        return Ok(());
    }
    stream.send_data(body(number).into(), false)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", 1.into());
    stream.send_trailers(trailers)?;
    let (head, mut received) = response.await?.into_parts();
    let (whole, trailers) = collect(&mut received).await?;
    assert_eq!(
        (head.status.as_u16(), head.headers["x-number"].to_str().unwrap()),
        (200, &*number.to_string())
    );
    assert_eq!(
        head.headers.get("x-long").map(|value| value.to_str().unwrap()),
        long_value(number).as_deref()
    );
    assert!(whole == body(number), "{number}: the body differs");
    if let Some(trailers) = trailers {
        assert_eq!(trailers["x-length"], whole.len().to_string());
    }
    Ok(())
}

/// Sends all requests by h2 and answers what each came to.
async fn h2_client(io: DuplexStream) -> Vec<(usize, Result<(), h2::Error>)> {
    let mut builder = client::Builder::new();
    builder
        .initial_window_size(500)
        .max_header_list_size(1 << 20)
        .max_concurrent_reset_streams(10_000)
        .initial_max_send_streams(60);
    let (send, connection) = builder.handshake::<_, Bytes>(io).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut tasks = JoinSet::new();
    for number in 0..REQUESTS {
        let send = send.clone();
        tasks.spawn(async move { (number, ask(number, send).await) });
    }
    drop(send);
    let results = tasks.join_all().await;
    connection
        .await
        .unwrap()
        .expect("our server keeps to the protocol");
    results
}

#[tokio::test]
async fn our_server_and_the_client_of_h2_understand_each_other() {
    let (ours, theirs) = duplex(5000);
    let client = tokio::spawn(h2_client(theirs));
    let mut echo = Echo {
        goes_away_after: usize::MAX,
        ..Echo::default()
    };
    run(ours, Connection::server(config()), &mut echo).await;
    for (number, result) in client.await.unwrap() {
        match result {
            Ok(()) => assert!(!wants_reset(number) || is_cancelled(number), "{number}"),
            Err(error) => {
                assert!(wants_reset(number), "{number}: {error}");
                assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR), "{number}");
            }
        }
    }
    assert!(echo.trailers_seen > 1000, "{}", echo.trailers_seen);
}

#[tokio::test]
async fn a_client_of_h2_knows_what_our_server_that_goes_away_has_served() {
    let (ours, theirs) = duplex(5000);
    let client = tokio::spawn(h2_client(theirs));
    let mut echo = Echo {
        goes_away_after: 300,
        ..Echo::default()
    };
    run(ours, Connection::server(config()), &mut echo).await;
    let results = client.await.unwrap();
    let served = results
        .iter()
        .filter(|(number, result)| result.is_ok() && !is_cancelled(*number))
        .count();
    assert!((250..=300).contains(&served), "{served}");
    for (number, result) in results {
        let Err(error) = result else { continue };
        let is_refused = error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM);
        assert!(is_refused || wants_reset(number), "{number}: {error}");
    }
}
