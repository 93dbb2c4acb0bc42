//! An APNs that answers by a script, in virtual time.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tidings_apns::{AnswerHeaders, ApnsId, DeviceToken, Environment, Request, Response, Timestamp};
use tidings_client::{BatchOutcome, BuildConnectorError, Cause, Client, Credential, SendError};
use tidings_delivery::{Clock as _, Line, ManualClock, Road, Wire};

/// What a request is answered, and after how long.
pub(crate) struct Reply {
    pub(crate) result: Result<Response, SendError>,
    pub(crate) after: Duration,
}

/// One request as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) token: DeviceToken,
    pub(crate) apns_id: ApnsId,
    pub(crate) environment: Environment,
    /// The key id of the credential.
    pub(crate) key_id: String,
    pub(crate) road: Road,
    pub(crate) at: Timestamp,
    pub(crate) was_accepted: bool,
}

type Rule = Box<dyn FnMut(&Sent) -> Reply + Send>;

/// The script; clones are the same.
#[derive(Clone)]
pub(crate) struct Script {
    clock: ManualClock,
    rule: Arc<Mutex<Rule>>,
    sent: Arc<Mutex<Vec<Sent>>>,
    /// What is sent is not remembered.
    is_forgetful: Arc<AtomicBool>,
}

impl Script {
    /// Everything is accepted.
    pub(crate) fn new(clock: ManualClock) -> Self {
        Self {
            clock,
            rule: Arc::new(Mutex::new(Box::new(|_| accepted()))),
            sent: Arc::default(),
            is_forgetful: Arc::default(),
        }
    }

    /// From now on requests are answered so.
    pub(crate) fn answer(&self, rule: impl FnMut(&Sent) -> Reply + Send + 'static) {
        *self.rule.lock().expect("a rule") = Box::new(rule);
    }

    /// What was sent.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().expect("what was sent").clone()
    }

    /// What was sent until now does not count.
    pub(crate) fn forget(&self) {
        self.sent.lock().expect("what was sent").clear();
    }

    /// From now on only rules see what is sent: where it is too much to remember.
    pub(crate) fn remember_nothing(&self) {
        self.is_forgetful.store(true, Ordering::Relaxed);
        self.forget();
    }

    /// How much was sent.
    pub(crate) fn count(&self) -> usize {
        self.sent.lock().expect("what was sent").len()
    }

    /// The device tokens for which something was accepted.
    pub(crate) fn accepted(&self) -> Vec<DeviceToken> {
        let sent = self.sent();
        let accepted = sent.into_iter().filter(|sent| sent.was_accepted);
        accepted.map(|sent| sent.token).collect()
    }

    fn take(&self, environment: Environment, key_id: &str, road: Road, request: &Request) -> Reply {
        let mut sent = Sent {
            token: request.device_token.clone(),
            apns_id: request.apns_id,
            environment,
            key_id: key_id.to_owned(),
            road,
            at: self.clock.now(),
            was_accepted: false,
        };
        let reply = (self.rule.lock().expect("a rule"))(&sent);
        sent.was_accepted = reply.result.as_ref().is_ok_and(Response::is_accepted);
        if !self.is_forgetful.load(Ordering::Relaxed) {
            self.sent.lock().expect("what was sent").push(sent);
        }
        reply
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

impl Wire for Script {
    fn open(
        &self,
        environment: Environment,
        credential: Credential,
    ) -> Result<Arc<dyn Line>, BuildConnectorError> {
        let key_id = credential
            .signing_key()
            .map_or(String::new(), |key| key.key_id().to_string());
        Ok(Arc::new(ScriptLine {
            script: self.clone(),
            environment,
            key_id,
        }))
    }
}

#[derive(Debug)]
struct ScriptLine {
    script: Script,
    environment: Environment,
    key_id: String,
}

impl Line for ScriptLine {
    fn send<'a>(
        &'a self,
        road: Road,
        requests: Vec<Request>,
        tell: &'a mut (dyn FnMut(BatchOutcome) + Send),
    ) -> BoxFuture<'a, ()> {
        async move {
            let mut later = FuturesUnordered::new();
            for (index, request) in requests.iter().enumerate() {
                let Reply { result, after } = self.script.take(self.environment, &self.key_id, road, request);
                let outcome = BatchOutcome {
                    index: index as u64,
                    result,
                    elapsed: after,
                    via: None,
                };
                if after.is_zero() {
                    tell(outcome);
                } else {
                    later.push(self.script.clock.sleep(after).map(move |()| outcome));
                }
            }
            while let Some(outcome) = later.next().await {
                tell(outcome);
            }
        }
        .boxed()
    }

    fn client(&self) -> Option<Client> {
        None
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }
}

/// 200.
pub(crate) fn accepted() -> Reply {
    reply(200, "", None)
}

/// A refusal.
pub(crate) fn refused(status: u16, reason: &str) -> Reply {
    reply(status, &format!(r#"{{"reason":"{reason}"}}"#), None)
}

/// A refusal that says when to come back.
pub(crate) fn refused_for(status: u16, reason: &str, retry_after: Duration) -> Reply {
    reply(status, &format!(r#"{{"reason":"{reason}"}}"#), Some(retry_after))
}

/// 410, dated.
pub(crate) fn unregistered(dead_at: Timestamp) -> Reply {
    let millis = dead_at.as_unix_millis();
    let body = format!(r#"{{"reason":"Unregistered","timestamp":{millis}}}"#);
    reply(410, &body, None)
}

/// No answer, and nobody knows.
pub(crate) fn silence(after: Duration) -> Reply {
    Reply {
        result: Err(SendError::Unknown(Arc::new(Cause::Silent(after)))),
        after,
    }
}

/// It was never sent.
pub(crate) fn unsent() -> Reply {
    Reply {
        result: Err(SendError::NotSent(Arc::new(Cause::Deadline(Duration::ZERO)))),
        after: Duration::ZERO,
    }
}

fn reply(status: u16, body: &str, retry_after: Option<Duration>) -> Reply {
    let headers = AnswerHeaders {
        retry_after,
        ..AnswerHeaders::default()
    };
    Reply {
        result: Ok(Response::new(status, headers, body.as_bytes())),
        after: Duration::ZERO,
    }
}
