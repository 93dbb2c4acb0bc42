//! Many device tokens at once: a stream in, the refused lines out, and a summary at the end.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Serialize;
use tidings_store::{AppId, ImportLine};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use super::registration::ImportedBody;
use crate::authentication::{By, Register};
use crate::body::{must_be_ndjson, parse};
use crate::limits::{IMPORT_AT_ONCE, IMPORT_REFUSALS_TOLD};
use crate::ndjson::{self, Line, Lines, RefusedLine, line_too_long};
use crate::parameters::Place;
use crate::problem::{Answered, Problem, ProblemBody};
use crate::server::Shared;

/// What an import did.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct ImportSummary {
    /// Lines that were read, without blank ones.
    lines: u64,
    /// Device tokens that were new.
    created: u64,
    /// Device tokens that were known and learned something.
    updated: u64,
    /// Device tokens that were known, and newer than what was imported.
    unchanged: u64,
    /// Lines that were refused.
    refused: u64,
    /// Lines that were refused and are not told one by one, because they are too many.
    refused_untold: u64,
    /// All lines up to this one are durable or refused: where to begin again after an interruption.
    imported_through_line: u64,
    /// Whether the whole stream was read and is durable.
    complete: bool,
}

/// A line of the answer to an import.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ImportAnswer<'a> {
    Refused(RefusedLine<'a>),
    End(ImportEnd<'a>),
}

/// The last line of the answer to an import.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportEnd<'a> {
    summary: ImportSummary,
    /// Why it ended before the end of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody<'a>>,
}

/// Imports device tokens
///
/// One object on each line: `token`, and what a registration has; `registered_at`, where it is known, keeps newer
/// registrations from being made older. Lines become durable a thousand at a time, while the stream is read. The answer has a
/// line `{"line", "problem"}` for each that was refused, and at the end one line `{"summary": …}`. The same stream can be sent
/// again without harm.
#[utoipa::path(
    post,
    path = "/v1/apps/{bundle_id}/devices:import",
    operation_id = "import_devices",
    tag = "devices",
    params(("bundle_id" = String, Path, description = "The app's bundle id")),
    request_body(content = ImportedBody, content_type = "application/x-ndjson", description = "One object on each line"),
    responses((status = 200, description = "Refused lines and a summary, one object on each line", body = ImportAnswer<'static>, content_type = "application/x-ndjson")),
    security(("api_key" = ["register"]))
)]
pub(crate) async fn import(
    State(server): State<Shared>,
    by: By<Register>,
    Place(bundle_id): Place<String>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    must_be_ndjson(&parts.headers)?;
    let app = server.app_or_new(&by, &bundle_id).await?;
    // Reading must never wait for the caller to read the answer, or both would wait for each other for ever: there is room
    // for everything that may be told.
    let (tell, told) = mpsc::channel(IMPORT_REFUSALS_TOLD + 1);
    let import = Import {
        server,
        app,
        tell,
        chunk: Vec::with_capacity(IMPORT_AT_ONCE),
        summary: ImportSummary::default(),
    };
    tokio::spawn(import.run(Lines::new(body)));
    let answer = ReceiverStream::new(told).map(Ok::<Bytes, Infallible>);
    Ok(ndjson::response(StatusCode::OK, Body::from_stream(answer)))
}

/// An import on its way. It ends when its body ends or breaks off, which it does with its connection.
struct Import {
    server: Shared,
    app: AppId,
    tell: mpsc::Sender<Bytes>,
    chunk: Vec<ImportLine>,
    summary: ImportSummary,
}

impl Import {
    async fn run(mut self, mut lines: Lines) {
        let problem = self.read(&mut lines).await.err();
        self.summary.complete = problem.is_none();
        let last = ndjson::write(&ImportAnswer::End(ImportEnd {
            summary: self.summary.clone(),
            problem: problem.as_ref().map(Problem::body),
        }));
        // Whoever went away does not want to know.
        let _ = self.tell.try_send(last);
        let ImportSummary {
            lines,
            refused,
            complete,
            ..
        } = self.summary;
        tracing::info!(lines, refused, complete, "device tokens were imported");
    }

    async fn read(&mut self, lines: &mut Lines) -> Result<(), Problem> {
        let mut last = 0;
        while let Some(line) = lines.next().await? {
            last = line.number;
            self.summary.lines += 1;
            match read_line(&line) {
                Ok(device) => self.chunk.push(device),
                Err(problem) => self.refuse(line.number, &problem),
            }
            if self.chunk.len() == IMPORT_AT_ONCE {
                self.keep(last).await?;
            }
        }
        self.keep(last).await
    }

    /// Makes what was read durable; `through` is the line that was read last.
    async fn keep(&mut self, through: u64) -> Result<(), Problem> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(IMPORT_AT_ONCE));
        if !chunk.is_empty() {
            let now = self.server.clock.now();
            let report = self.server.store.import(self.app, chunk, now).await?;
            self.summary.created += report.created;
            self.summary.updated += report.updated;
            self.summary.unchanged += report.unchanged;
            self.server.engine.work_arrived();
        }
        self.summary.imported_through_line = through;
        Ok(())
    }

    fn refuse(&mut self, line: u64, problem: &Problem) {
        self.summary.refused += 1;
        let told = self.summary.refused - self.summary.refused_untold;
        if told > IMPORT_REFUSALS_TOLD as u64 {
            self.summary.refused_untold += 1;
            return;
        }
        let refused = ImportAnswer::Refused(RefusedLine::new(line, problem));
        // There is room, unless nobody listens any more.
        let _ = self.tell.try_send(ndjson::write(&refused));
    }
}

fn read_line(line: &Line) -> Result<ImportLine, Problem> {
    let text = line.text.as_deref().ok_or_else(line_too_long)?;
    let device = parse::<ImportedBody>(text)?.read()?;
    Ok(ImportLine {
        number: line.number,
        device,
    })
}
