//! Backends that send without a pause, and ask again under the same idempotency key when no answer came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;

use crate::http::Http;
use crate::ledger::Ledger;
use crate::service::Service;
use crate::simulation::APP;

const BACKENDS: usize = 4;

/// Every so many notifications one goes to everyone.
const BROADCAST_EVERY: u64 = 50;

/// Between two attempts at a server that is down.
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    backends: Vec<JoinHandle<()>>,
}

struct Backend {
    http: Http,
    ledger: Ledger,
    tokens: Arc<[String]>,
    numbers: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Load {
    pub(crate) fn start(service: &Service, ledger: &Ledger, tokens: &[String]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let numbers = Arc::new(AtomicU64::new(0));
        let tokens: Arc<[String]> = tokens.into();
        let backend = || Backend {
            http: service.http(),
            ledger: ledger.clone(),
            tokens: tokens.clone(),
            numbers: numbers.clone(),
            stop: stop.clone(),
        };
        let backends = (0..BACKENDS)
            .map(|_| {
                let backend = backend();
                thread::spawn(move || backend.run())
            })
            .collect();
        Self { stop, backends }
    }

    /// Lets the backends work.
    pub(crate) fn goes_on_for(&self, time: Duration) {
        assert!(self.backends.iter().all(|backend| !backend.is_finished()));
        thread::sleep(time);
    }

    /// Every request that was begun is answered before this returns.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for backend in self.backends {
            backend.join().unwrap();
        }
    }
}

impl Backend {
    fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            self.send(self.numbers.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn send(&mut self, number: u64) {
        let (devices, to) = self.audience(number);
        let body = json!({ "to": to, "aps": { "alert": "chaos" }, "data": { "number": number } }).to_string();
        let path = format!("/v1/apps/{APP}/notifications");
        let headers = format!("content-type: application/json\r\nidempotency-key: n{number}\r\n");
        loop {
            match self.http.ask("POST", &path, &headers, &body) {
                Ok(answer) if answer.status == 202 => return self.ledger.accepted(number, devices),
                // The server ends, or the first request under this key is still being answered.
                Ok(answer) if matches!(answer.status, 409 | 503) => thread::sleep(PAUSE),
                Ok(answer) => panic!("{}: {}", answer.status, answer.body),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    fn audience(&self, number: u64) -> (Vec<usize>, serde_json::Value) {
        if number.is_multiple_of(BROADCAST_EVERY) {
            return ((0..self.tokens.len()).collect(), json!({ "everyone": true }));
        }
        let device = usize::try_from(number).unwrap() % self.tokens.len();
        (vec![device], json!({ "tokens": [self.tokens[device]] }))
    }
}
