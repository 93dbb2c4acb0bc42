//! The order for a fault, as the control API and tests give it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::vocabulary::Environment;

use super::fault::{Effect, Fault, GoAway, LastStream, StatusFault, TimestampForm};
use super::injected::Ending;

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Any answer: `status`, `reason`, `retry_after`, `body`, `timestamp_ms`, `without_timestamp`.
    Status,
    /// Answers come later: `milliseconds`, `jitter_milliseconds`.
    Latency,
    /// No answer ever: `connection` for all streams and pings, `processed`.
    Stall,
    /// GOAWAY: `reason` (as JSON) or `debug` (verbatim), `error_code`, `last_stream`, `double`.
    Goaway,
    /// `RST_STREAM`: `error_code`, `processed`.
    ResetStream,
    /// The connection ends without TLS's close alert: `processed`.
    TlsCut,
    /// The connection ends with a TCP reset: `processed`.
    TcpReset,
    /// `RST_STREAM` with `REFUSED_STREAM` before the body is read.
    Refuse,
    /// Receive credit comes later: `milliseconds`.
    SlowWindow,
    /// Another stream limit for the connection: `limit`, or `flapping` between it and 1 with each request.
    MaxStreams,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultMoment {
    /// When the headers of a request have arrived.
    #[default]
    Request,
    /// When a connection is ready; only for `stall`, `goaway`, `tls_cut` and `tcp_reset`.
    Connect,
}

/// Which stream a GOAWAY names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LastStreamForm {
    /// The request's own: it is answered, later ones are not.
    #[default]
    Current,
    /// The one before: this request was not processed.
    Previous,
    /// None: nothing was processed.
    Zero,
}

/// `retry-after`: seconds, or a text sent as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// An HTTP date, or anything else.
    Text(String),
}

/// `POST /v1/faults`. Which fields belong to which kind, [`FaultKind`] says; others are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFault {
    /// The kind.
    pub kind: FaultKind,
    /// Only in this environment.
    #[serde(default)]
    pub environment: Option<Environment>,
    /// Only requests for this app.
    #[serde(default)]
    pub bundle_id: Option<String>,
    /// How probable it is for each request, from 0 to 1. Default 1.
    #[serde(default)]
    pub probability: Option<f64>,
    /// How often it strikes. Default: until it is lifted.
    #[serde(default)]
    pub count: Option<u64>,
    /// When it strikes. Default: at a request.
    #[serde(default)]
    pub at: Option<FaultMoment>,
    /// The status, from 200 to 599.
    #[serde(default)]
    pub status: Option<u16>,
    /// The reason: any text.
    #[serde(default)]
    pub reason: Option<String>,
    /// The `retry-after` header.
    #[serde(default)]
    pub retry_after: Option<RetryAfter>,
    /// The body, verbatim; empty for none.
    #[serde(default)]
    pub body: Option<String>,
    /// The timestamp in the body, in milliseconds.
    #[serde(default)]
    pub timestamp_ms: Option<u64>,
    /// A 410 without a timestamp.
    #[serde(default)]
    pub without_timestamp: Option<bool>,
    /// How long.
    #[serde(default)]
    pub milliseconds: Option<u64>,
    /// Up to how much longer, at random.
    #[serde(default)]
    pub jitter_milliseconds: Option<u64>,
    /// The HTTP/2 error code.
    #[serde(default)]
    pub error_code: Option<u32>,
    /// The debug data of GOAWAY, verbatim; empty for none.
    #[serde(default)]
    pub debug: Option<String>,
    /// The last stream of GOAWAY.
    #[serde(default)]
    pub last_stream: Option<LastStreamForm>,
    /// GOAWAY is sent twice.
    #[serde(default)]
    pub double: Option<bool>,
    /// The stream limit.
    #[serde(default)]
    pub limit: Option<u32>,
    /// The stream limit alternates with 1.
    #[serde(default)]
    pub flapping: Option<bool>,
    /// The request is processed although no answer comes. Default false.
    #[serde(default)]
    pub processed: Option<bool>,
    /// The whole connection goes silent.
    #[serde(default)]
    pub connection: Option<bool>,
}

/// Why a fault cannot be put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ordering a fault: {field}: {why}")]
pub struct RefuseFaultError {
    /// The field in question.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

impl NewFault {
    /// A fault of this kind that strikes every request, with everything else at its default.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            environment: None,
            bundle_id: None,
            probability: None,
            count: None,
            at: None,
            status: None,
            reason: None,
            retry_after: None,
            body: None,
            timestamp_ms: None,
            without_timestamp: None,
            milliseconds: None,
            jitter_milliseconds: None,
            error_code: None,
            debug: None,
            last_stream: None,
            double: None,
            limit: None,
            flapping: None,
            processed: None,
            connection: None,
        }
    }

    /// An answer with this status and reason in place of the deserved one.
    pub fn answering(status: u16, reason: &str) -> Self {
        Self {
            status: Some(status),
            reason: Some(reason.to_owned()),
            ..Self::new(FaultKind::Status)
        }
    }

    pub(crate) fn check(&self, id: String) -> Result<Fault, RefuseFaultError> {
        self.refuse_foreign_fields()?;
        let probability = self.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(refused("probability", "must be from 0 to 1"));
        }
        Ok(Fault {
            id,
            effect: self.effect()?,
            moment: self.at.unwrap_or_default(),
            environment: self.environment,
            bundle_id: self.bundle_id.clone(),
            probability,
            left: self.count,
        })
    }

    fn effect(&self) -> Result<Effect, RefuseFaultError> {
        let processed = self.processed.unwrap_or(false);
        Ok(match self.kind {
            FaultKind::Status => Effect::Status(self.status_fault()?),
            FaultKind::Latency => Effect::Latency {
                base: self.duration()?,
                jitter: Duration::from_millis(
                    self.jitter_milliseconds.unwrap_or(0).min(LONGEST_MILLISECONDS),
                ),
            },
            FaultKind::Refuse => Effect::Refuse,
            FaultKind::SlowWindow => Effect::SlowWindow(self.duration()?),
            FaultKind::MaxStreams => Effect::MaxStreams {
                limit: self.limit.ok_or(refused("limit", "is needed for this kind"))?,
                flapping: self.flapping.unwrap_or(false),
                low: false,
            },
            FaultKind::Stall => Effect::Ending(Ending::Stall {
                connection: self.connection.unwrap_or(false),
                processed,
            }),
            FaultKind::ResetStream => Effect::Ending(Ending::Reset {
                code: self.error_code.unwrap_or(INTERNAL_ERROR),
                processed,
            }),
            FaultKind::TlsCut => Effect::Ending(Ending::TlsCut { processed }),
            FaultKind::TcpReset => Effect::Ending(Ending::TcpReset { processed }),
            FaultKind::Goaway => Effect::Ending(Ending::GoAway(self.go_away())),
        })
    }

    fn status_fault(&self) -> Result<StatusFault, RefuseFaultError> {
        let status = self.status.ok_or(refused("status", "is needed for this kind"))?;
        if !(200..=599).contains(&status) {
            return Err(refused("status", "must be from 200 to 599"));
        }
        let timestamp = match (self.timestamp_ms, self.without_timestamp) {
            (Some(millis), _) => TimestampForm::At(Timestamp::from_millis(millis)),
            (None, Some(true)) => TimestampForm::Missing,
            (None, Some(false) | None) => TimestampForm::Usual,
        };
        let retry_after = self.retry_after.as_ref().map(RetryAfter::to_header).transpose()?;
        Ok(StatusFault {
            status,
            reason: self.reason.clone(),
            retry_after,
            body: self.body.clone(),
            timestamp,
        })
    }

    fn go_away(&self) -> GoAway {
        let json = || {
            format!(
                r#"{{"reason":"{}"}}"#,
                self.reason.as_deref().unwrap_or("Shutdown")
            )
        };
        GoAway {
            last_stream: match self.last_stream.unwrap_or_default() {
                LastStreamForm::Current => LastStream::Current,
                LastStreamForm::Previous => LastStream::Previous,
                LastStreamForm::Zero => LastStream::Zero,
            },
            code: self.error_code.unwrap_or(NO_ERROR),
            debug: self.debug.clone().unwrap_or_else(json).into_bytes(),
            double: self.double.unwrap_or(false),
        }
    }

    fn duration(&self) -> Result<Duration, RefuseFaultError> {
        match self.milliseconds {
            None => Err(refused("milliseconds", "is needed for this kind")),
            Some(millis) if millis > LONGEST_MILLISECONDS => {
                Err(refused("milliseconds", "must be at most a day"))
            }
            Some(millis) => Ok(Duration::from_millis(millis)),
        }
    }

    /// A field that does nothing for the kind is a misunderstanding that had better be told.
    fn refuse_foreign_fields(&self) -> Result<(), RefuseFaultError> {
        let kind = self.kind;
        let ends = matches!(
            kind,
            FaultKind::Stall | FaultKind::ResetStream | FaultKind::TlsCut | FaultKind::TcpReset
        );
        let timed = matches!(kind, FaultKind::Latency | FaultKind::SlowWindow);
        let connects = matches!(
            kind,
            FaultKind::Stall | FaultKind::Goaway | FaultKind::TlsCut | FaultKind::TcpReset
        );
        let is_status = kind == FaultKind::Status;
        let is_goaway = kind == FaultKind::Goaway;
        let fields = [
            ("at", self.at == Some(FaultMoment::Connect), connects),
            ("status", self.status.is_some(), is_status),
            ("reason", self.reason.is_some(), is_status || is_goaway),
            ("retry_after", self.retry_after.is_some(), is_status),
            ("body", self.body.is_some(), is_status),
            ("timestamp_ms", self.timestamp_ms.is_some(), is_status),
            ("without_timestamp", self.without_timestamp.is_some(), is_status),
            ("milliseconds", self.milliseconds.is_some(), timed),
            (
                "jitter_milliseconds",
                self.jitter_milliseconds.is_some(),
                kind == FaultKind::Latency,
            ),
            (
                "error_code",
                self.error_code.is_some(),
                is_goaway || kind == FaultKind::ResetStream,
            ),
            ("debug", self.debug.is_some(), is_goaway),
            ("last_stream", self.last_stream.is_some(), is_goaway),
            ("double", self.double.is_some(), is_goaway),
            ("limit", self.limit.is_some(), kind == FaultKind::MaxStreams),
            ("flapping", self.flapping.is_some(), kind == FaultKind::MaxStreams),
            ("processed", self.processed.is_some(), ends),
            ("connection", self.connection.is_some(), kind == FaultKind::Stall),
        ];
        let foreign = fields.into_iter().find(|(_, given, belongs)| *given && !*belongs);
        foreign.map_or(Ok(()), |(field, _, _)| {
            Err(refused(field, "has no effect for this kind"))
        })
    }
}

impl RetryAfter {
    fn to_header(&self) -> Result<String, RefuseFaultError> {
        match self {
            Self::Seconds(seconds) => Ok(seconds.to_string()),
            Self::Text(text) if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => Ok(text.clone()),
            Self::Text(_) => Err(refused("retry_after", "must be printable ASCII")),
        }
    }
}

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const LONGEST_MILLISECONDS: u64 = 86_400_000;

fn refused(field: &'static str, why: &'static str) -> RefuseFaultError {
    RefuseFaultError { field, why }
}
