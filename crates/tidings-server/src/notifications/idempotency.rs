//! The header `Idempotency-Key`: the same request twice is one request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tidings_store::{Idempotency, NotificationId, Remembered};

use crate::limits::IDEMPOTENCY_KEY_BYTES;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;
use crate::sha256::sha256;

/// The value of the header, if there is one.
#[derive(Clone)]
pub(crate) struct IdempotencyKey(Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        if values.next().is_some() {
            return Err(refusal("It is given more than once."));
        }
        let text = value.to_str().unwrap_or_default();
        let is_good = (1..=IDEMPOTENCY_KEY_BYTES).contains(&text.len());
        if is_good && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Ok(Self(Some(text.to_owned())));
        }
        Err(refusal("It is not 1 to 255 visible ASCII characters."))
    }
}

impl IdempotencyKey {
    /// What names a request with this body.
    pub(crate) fn of_request(&self, api_key_id: &str, path: String, body: &[u8]) -> Option<Idempotency> {
        let key = self.0.clone()?;
        Some(request(api_key_id, path, key, body))
    }

    /// What names one line of a request with many.
    pub(crate) fn of_line(
        &self,
        api_key_id: &str,
        path: &str,
        line: u64,
        text: &[u8],
    ) -> Option<Idempotency> {
        let key = format!("{}#{line}", self.0.as_deref()?);
        Some(request(api_key_id, path.to_owned(), key, text))
    }
}

/// What a request was answered with before, if it was: also when it would be refused today, because its time is over.
pub(super) async fn replay(
    server: &Shared,
    request: Option<&Idempotency>,
) -> Result<Option<NotificationId>, Problem> {
    let Some(request) = request else {
        return Ok(None);
    };
    match server.store.remember(request.clone(), server.clock.now()).await? {
        Remembered::Answered(answer) => {
            let ids: Vec<NotificationId> = serde_json::from_str(&answer).unwrap_or_default();
            Ok(ids.first().copied())
        }
        Remembered::New => {
            server.store.unanswered(request.clone()).await?;
            Ok(None)
        }
    }
}

fn request(api_key_id: &str, path: String, key: String, body: &[u8]) -> Idempotency {
    Idempotency {
        api_key_id: api_key_id.to_owned(),
        path,
        key,
        body_hash: sha256(body),
    }
}

fn refusal(detail: &'static str) -> Problem {
    Problem::new(ProblemKind::MalformedRequest, detail)
        .at("Idempotency-Key")
        .hint("Send a key that is new for each new request, such as a UUID.")
}
