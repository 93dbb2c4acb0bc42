//! Traces, as a collector receives them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::server::{Server, until};
use crate::support::{APP, Simulation};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// A collector that takes everything.
struct Collector {
    address: String,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::default();
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || take_all(stream, &kept));
            }
        });
        Self { address, requests }
    }

    /// All spans that came, with this name.
    fn spans(&self, name: &str) -> Vec<Value> {
        let requests = self.requests.lock().unwrap();
        let spans = requests.iter().flat_map(|request| {
            request["resourceSpans"][0]["scopeSpans"][0]["spans"]
                .as_array()
                .unwrap()
        });
        spans.filter(|span| span["name"] == name).cloned().collect()
    }
}

/// Reads requests from a connection until it ends.
fn take_all(stream: TcpStream, kept: &Mutex<Vec<Value>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        for line in reader.by_ref().lines() {
            match line {
                Ok(line) if line.is_empty() => break,
                Ok(line) => head.push(line.to_ascii_lowercase()),
                Err(_) => return,
            }
        }
        let Some(length) = head.iter().find_map(|line| line.strip_prefix("content-length: ")) else {
            return;
        };
        assert_eq!(head[0], "post /v1/traces http/1.1");
        assert!(
            head.contains(&"content-type: application/json".to_owned()),
            "{head:?}"
        );
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        kept.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        reader.get_mut().write_all(answer).unwrap();
    }
}

/// Submits an alert as part of a trace; the id of the notification.
fn submit(server: &Server, token: &str, flags: &str) -> String {
    let body = json!({"to": {"tokens": [token]}, "aps": {"alert": "Tea is ready"}}).to_string();
    let authority = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let request = format!(
        "POST /v1/apps/{APP}/notifications HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ntraceparent: 00-{TRACE}-{PARENT}-{flags}\r\ncontent-length: {}\r\n\r\n{body}",
        server.key,
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    body["id"].as_str().unwrap().to_owned()
}

fn attribute(span: &Value, key: &str) -> Value {
    let attributes = span["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == key);
    found.map_or(Value::Null, |found| found["value"].clone())
}

fn start(simulation: &Simulation, folder: &std::path::Path, collector: &str) -> Server {
    let variables = [
        ("TIDINGS_TELEMETRY__OTLP_ENDPOINT", collector),
        ("TIDINGS_TELEMETRY__SAMPLE_ONE_IN", "1000000000"),
    ];
    let mut server = Server::start_in(folder, Some(simulation), &variables);
    server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
    server.upload_key(simulation);
    server
}

#[test]
fn a_notification_is_followed_from_the_request_to_the_answer_of_apns() {
    let simulation = Simulation::start();
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let server = start(&simulation, &folder.path().join("data"), &collector.address);
    let token = simulation.token("alert");
    server.app(
        "PUT",
        &format!("devices/{token}"),
        Some(&json!({"environment": "sandbox"})),
    );
    // One that is not to be followed, and one that is.
    submit(&server, &token, "00");
    let id = submit(&server, &token, "01");
    let sent = until("the span of the attempt", || collector.spans("send apns").pop());
    let request = collector.spans("POST /v1/apps/{bundle_id}/notifications");
    let [request] = &*request else {
        panic!("{request:?}")
    };
    let plan = collector.spans("plan");
    let [plan] = &*plan else { panic!("{plan:?}") };
    for span in [request, plan, &sent] {
        assert_eq!(span["traceId"], TRACE);
    }
    assert_eq!(request["parentSpanId"], PARENT);
    assert_eq!(plan["parentSpanId"], request["spanId"]);
    assert_eq!(sent["parentSpanId"], request["spanId"]);
    assert_eq!(sent["kind"], 3);
    assert_eq!(
        attribute(&sent, "tidings.notification.id"),
        json!({"stringValue": id})
    );
    assert_eq!(
        attribute(&sent, "http.response.status_code"),
        json!({"intValue": "200"})
    );
    let nanos = |span: &Value, name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(nanos(&sent, "startTimeUnixNano") < nanos(&sent, "endTimeUnixNano"));
    let all = format!("{:?}", collector.requests.lock().unwrap());
    assert!(
        !all.contains(&token) && !all.contains("Tea is ready") && !all.contains(&server.key),
        "{all}"
    );
    assert_eq!(server.terminate().0, Some(0));
}

#[test]
fn a_collector_that_is_not_there_delays_nothing_and_is_counted() {
    let simulation = Simulation::start();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = start(
        &simulation,
        &folder.path().join("data"),
        &format!("http://{nobody}"),
    );
    let token = simulation.token("alert");
    server.app(
        "PUT",
        &format!("devices/{token}"),
        Some(&json!({"environment": "sandbox"})),
    );
    let id = submit(&server, &token, "01");
    until("delivery", || {
        let status = server.app("GET", &format!("notifications/{id}"), None);
        (status["counts"]["delivered"] == 1).then_some(())
    });
    until("the count of what was dropped", || {
        let metrics = server.ask("GET", "/metrics", None).body;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("tidings_spans_dropped_total "));
        line.filter(|line| !line.ends_with(" 0")).map(drop)
    });
    let (status, said) = server.terminate();
    assert_eq!(status, Some(0));
    assert_eq!(
        said.matches("traces do not reach the collector").count(),
        1,
        "{said}"
    );
}
