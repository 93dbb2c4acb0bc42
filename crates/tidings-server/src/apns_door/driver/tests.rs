//! A client and the driver, without a socket.

use super::super::answer::Answer;
use super::*;

/// A client on the other side.
struct Client {
    connection: Connection,
    driver: Driver,
    now: Instant,
}

/// What the client has heard.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Status(String),
    Body(Vec<u8>),
    Reset(ErrorCode),
    GoAway(Vec<u8>),
}

impl Client {
    fn new() -> Self {
        let mut client = Self {
            connection: Connection::client(Config::default()),
            driver: Driver::new(),
            now: Instant::now(),
        };
        client.run();
        client
    }

    /// Everything that is under way arrives.
    fn run(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        for _ in 0..4 {
            let bytes = self.connection.output().to_vec();
            self.connection.consume_output(bytes.len());
            if !bytes.is_empty() {
                self.driver.feed(&bytes, self.now);
            }
            self.driver.advance(self.now);
            let bytes = self.driver.output().to_vec();
            self.driver.consume_output(bytes.len());
            self.connection.feed(&bytes);
            while let Some(event) = self
                .connection
                .poll(self.now)
                .expect("the driver keeps the rules")
            {
                heard.extend(hear(&event));
            }
        }
        heard
    }

    fn open(&mut self, sending: Sending) -> StreamId {
        let ended = sending == Sending::Ended;
        let opened = self.connection.open(0, ended, |encoder, block| {
            for (name, value) in [
                (":method", "POST"),
                (":scheme", "https"),
                (":path", "/3/device/00ff"),
            ] {
                encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Without, block);
            }
        });
        opened.expect("there is room for a stream")
    }

    fn send(&mut self, stream: StreamId, body: &[u8], sending: Sending) {
        let ended = sending == Sending::Ended;
        let sent = self.connection.send_body(stream, body, ended);
        sent.expect("the stream is open");
    }

    fn answer(&mut self, stream: StreamId, answer: Answer, trust: Trust) -> Vec<Heard> {
        let reply = Reply {
            answer,
            apns_id: "id".to_owned(),
            trust,
        };
        while self.driver.next_request().is_some() {}
        self.driver.answer(stream, &reply);
        self.run()
    }

    fn pass(&mut self, time: Duration) -> Vec<Heard> {
        self.now += time;
        self.run()
    }
}

fn hear(event: &Event<'_>) -> Option<Heard> {
    match event {
        Event::Headers { fields, .. } => {
            let status = fields.first(b":status").unwrap_or_default();
            Some(Heard::Status(String::from_utf8_lossy(status).into_owned()))
        }
        Event::Data { data, .. } => Some(Heard::Body(data.to_vec())),
        Event::Reset { code, .. } => Some(Heard::Reset(*code)),
        Event::GoAway { debug, .. } => Some(Heard::GoAway(debug.to_vec())),
        _ => None,
    }
}

fn status(text: &str) -> Heard {
    Heard::Status(text.to_owned())
}

fn refused() -> Answer {
    Answer::said(403, "InvalidProviderToken".to_owned())
}

#[test]
fn a_request_arrives_whole_and_is_answered() {
    let mut client = Client::new();
    let stream = client.open(Sending::GoesOn);
    client.send(stream, b"one ", Sending::GoesOn);
    client.run();
    assert!(client.driver.next_request().is_none());
    client.send(stream, b"two", Sending::Ended);
    client.run();
    let (at, request) = client.driver.next_request().expect("it has arrived");
    assert_eq!((at, &*request.body), (stream, &b"one two"[..]));
    assert!(!client.driver.is_idle());
    let heard = client.answer(stream, Answer::accepted(), Trust::Proven);
    assert_eq!(heard, [status("200")]);
    assert!(client.driver.is_idle());
}

#[test]
fn a_refusal_has_a_body() {
    let mut client = Client::new();
    let stream = client.open(Sending::Ended);
    client.run();
    let heard = client.answer(stream, refused(), Trust::None);
    let body = br#"{"reason":"InvalidProviderToken"}"#.to_vec();
    assert_eq!(heard, [status("403"), Heard::Body(body)]);
}

#[test]
fn a_body_without_end_is_not_waited_for() {
    let mut client = Client::new();
    let stream = client.open(Sending::GoesOn);
    client.send(stream, &vec![b'x'; 20_000], Sending::GoesOn);
    client.run();
    let (_, request) = client.driver.next_request().expect("it is more than enough");
    assert_eq!(request.body.len(), super::super::request::BODY_READ_LIMIT);
    let answer = Answer::said(413, "PayloadTooLarge".to_owned());
    let heard = client.answer(stream, answer, Trust::None);
    assert_eq!(heard.first(), Some(&status("413")));
    assert_eq!(heard.last(), Some(&Heard::Reset(ErrorCode::NO_ERROR)));
    assert!(client.driver.is_idle());
}

#[test]
fn who_has_shown_nothing_may_ask_little_at_once() {
    let mut client = Client::new();
    assert_eq!(client.connection.available_streams(), 8);
    let stream = client.open(Sending::Ended);
    client.run();
    client.answer(stream, Answer::accepted(), Trust::Proven);
    assert_eq!(client.connection.available_streams(), 256);
}

#[test]
fn who_is_refused_again_and_again_is_shown_out() {
    let mut client = Client::new();
    for round in 1..=REFUSALS {
        let stream = client.open(Sending::Ended);
        client.run();
        let heard = client.answer(stream, refused(), Trust::None);
        let is_shown_out = heard.iter().any(|heard| matches!(heard, Heard::GoAway(_)));
        assert_eq!(is_shown_out, round == REFUSALS, "{round}");
    }
    assert!(client.driver.is_over());
}

#[test]
fn a_slow_request_is_given_up_and_the_connection_goes_on() {
    let mut client = Client::new();
    let first = client.open(Sending::Ended);
    client.run();
    client.answer(first, Answer::accepted(), Trust::Proven);
    client.open(Sending::GoesOn);
    client.run();
    assert_eq!(client.pass(REQUEST), [Heard::Reset(ErrorCode::CANCEL)]);
    let stream = client.open(Sending::Ended);
    client.run();
    assert_eq!(client.driver.next_request().map(|(at, _)| at), Some(stream));
}

#[test]
fn who_does_nothing_goes_soon_without_proof_and_late_with_it() {
    let idle = || Heard::GoAway(br#"{"reason":"IdleTimeout"}"#.to_vec());
    let mut stranger = Client::new();
    assert_eq!(stranger.pass(IDLE_AT_FIRST), [idle()]);
    assert!(stranger.driver.is_over());
    let mut known = Client::new();
    let stream = known.open(Sending::Ended);
    known.run();
    known.answer(stream, Answer::accepted(), Trust::Proven);
    assert_eq!(known.pass(IDLE_AT_FIRST), []);
    assert_eq!(known.pass(IDLE), [idle()]);
}

#[test]
fn what_is_under_way_at_the_end_is_answered() {
    let mut client = Client::new();
    let stream = client.open(Sending::Ended);
    client.run();
    client.driver.end(b"bye", client.now);
    assert_eq!(client.run(), [Heard::GoAway(b"bye".to_vec())]);
    assert!(!client.driver.is_over());
    assert_eq!(
        client.answer(stream, Answer::accepted(), Trust::Proven),
        [status("200")]
    );
    assert!(client.driver.is_over());
}

#[test]
fn an_answer_to_a_request_that_was_given_up_goes_nowhere() {
    let mut client = Client::new();
    let stream = client.open(Sending::Ended);
    client.run();
    client.connection.reset(stream, ErrorCode::CANCEL);
    client.run();
    assert!(
        client.driver.next_request().is_some(),
        "it is worked on all the same"
    );
    assert_eq!(client.answer(stream, Answer::accepted(), Trust::Proven), []);
}

#[test]
fn nonsense_ends_the_connection() {
    let mut client = Client::new();
    client.driver.feed(&[0xff; 64], client.now);
    client.driver.advance(client.now);
    assert!(client.driver.is_over());
    assert!(!client.driver.output().is_empty(), "it is told why");
}
