//! Many notifications in one request, each accepted or refused by itself.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::future::{Either, ready};
use futures_util::stream::FuturesOrdered;
use serde::Serialize;
use tidings_apns::Lint;
use tidings_store::{Accepted, AppId};
use utoipa::ToSchema;

use super::Warning;
use super::idempotency::{IdempotencyKey, replay};
use super::submission::SubmissionBody;
use crate::authentication::{By, Send};
use crate::body::{must_be_ndjson, parse};
use crate::limits::{BATCH_AT_ONCE, BATCH_LINES};
use crate::ndjson::{self, Line, Lines, RefusedLine, line_too_long};
use crate::parameters::Place;
use crate::problem::{Answered, Problem, ProblemKind};
use crate::server::Shared;
use crate::trace::Traced;

/// What became of one line of a batch.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum BatchLine<'a> {
    Accepted(AcceptedLine),
    Refused(RefusedLine<'a>),
}

/// A line that was accepted.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedLine {
    /// Counted from one.
    line: u64,
    /// The id of the notification.
    #[schema(format = "uuid")]
    id: String,
    /// It had been submitted before, under the same idempotency key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    /// What will hardly do what was meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

/// Sends many notifications
///
/// One notification on each line, up to 10,000. Each is accepted or refused by itself, and the answer has a line for each,
/// in order, once all are on the disk: `{"line", "id"}` or `{"line", "problem"}`. With an `Idempotency-Key`, the same lines
/// again send nothing again, also when the request broke off half way.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/notifications:batch",
    operation_id = "send_notifications",
    tag = "notifications",
    params(
        ("bundle_id" = String, Path, description = "The app's bundle id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request: up to 255 visible ASCII characters", max_length = 255)
    ),
    request_body(content = SubmissionBody, content_type = "application/x-ndjson", description = "One notification on each line"),
    responses((status = 200, description = "What became of each line, one object on each line", body = BatchLine<'static>, content_type = "application/x-ndjson")),
    security(("api_key" = ["send"]))
)]
pub(crate) async fn send_batch(
    State(server): State<Shared>,
    by: By<Send>,
    Place(bundle_id): Place<String>,
    key: IdempotencyKey,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    must_be_ndjson(&parts.headers)?;
    let app = server.app(&by, &bundle_id).await?;
    let batch = Batch {
        server: &server,
        app,
        path: format!("/v1/apps/{bundle_id}/notifications:batch"),
        bundle_id,
        key,
        api_key_id: by.key_id(),
        trace: Traced::of(&parts),
    };
    let answer = batch.run(Lines::new(body)).await?;
    server.engine.work_arrived();
    Ok(ndjson::response(StatusCode::OK, Body::from(answer)))
}

struct Batch<'a> {
    server: &'a Shared,
    app: AppId,
    bundle_id: String,
    path: String,
    key: IdempotencyKey,
    api_key_id: &'a str,
    trace: Traced,
}

impl Batch<'_> {
    /// The answer. It is held back until the end: a caller that only writes must not be waited for.
    async fn run(&self, mut lines: Lines) -> Result<Bytes, Problem> {
        let mut answer = BytesMut::new();
        let mut on_their_way = FuturesOrdered::new();
        let mut count = 0;
        while let Some(line) = lines.next().await? {
            count += 1;
            if count > BATCH_LINES {
                on_their_way.push_back(Either::Right(ready(too_many(line.number))));
                break;
            }
            on_their_way.push_back(Either::Left(self.line(line)));
            while on_their_way.len() >= BATCH_AT_ONCE {
                answer.extend(on_their_way.next().await);
                self.server.engine.work_arrived();
            }
        }
        while let Some(line) = on_their_way.next().await {
            answer.extend_from_slice(&line);
        }
        Ok(answer.freeze())
    }

    async fn line(&self, line: Line) -> Bytes {
        let number = line.number;
        match self.accept(line).await {
            Ok(accepted) => ndjson::write(&BatchLine::Accepted(accepted)),
            Err(problem) => refused(number, &problem),
        }
    }

    async fn accept(&self, line: Line) -> Result<AcceptedLine, Problem> {
        let text = line.text.as_deref().ok_or_else(line_too_long)?;
        let body: SubmissionBody = parse(text)?;
        let idempotency = self.key.of_line(self.api_key_id, &self.path, line.number, text);
        let now = self.server.clock.now();
        let submission = match body.check(&self.bundle_id, now, &self.server.config) {
            Ok(submission) => submission,
            Err(problem) => {
                let known = replay(self.server, idempotency.as_ref()).await?;
                let id = known.ok_or(problem)?;
                return Ok(AcceptedLine::new(line.number, Accepted::Replayed(id), Vec::new()));
            }
        };
        self.trace.makes(self.server, submission.notification.id);
        let accepted = self
            .server
            .store
            .accept(self.app, submission.notification, idempotency, now)
            .await?;
        Ok(AcceptedLine::new(line.number, accepted, submission.warnings))
    }
}

impl AcceptedLine {
    fn new(line: u64, accepted: Accepted, warnings: Vec<Lint>) -> Self {
        let (id, replayed) = match accepted {
            Accepted::New(id) => (id, false),
            Accepted::Replayed(id) => (id, true),
        };
        Self {
            line,
            id: id.to_string(),
            replayed,
            warnings: warnings.into_iter().map(Warning::from).collect(),
        }
    }
}

fn too_many(line: u64) -> Bytes {
    let detail =
        format!("At most {BATCH_LINES} lines are taken at once; this one and all after it were not read.");
    refused(line, &Problem::new(ProblemKind::BodyTooLarge, detail))
}

fn refused(line: u64, problem: &Problem) -> Bytes {
    ndjson::write(&BatchLine::Refused(RefusedLine::new(line, problem)))
}
