//! One JSON object on each line: read as it comes, never more than a line held.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::body::{next_piece, too_slow};
use crate::limits::{LINE_BYTES, PIECE_TIMEOUT};
use crate::problem::{Problem, ProblemBody, ProblemKind};

/// The lines of a body that are not blank.
pub(crate) struct Lines {
    body: Body,
    buffer: BytesMut,
    /// The last line that was given out, counted from one with the blank ones.
    number: u64,
    /// Whether the rest of a line that is too long is being passed over.
    skipping: bool,
    ended: bool,
}

/// A line of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Counted from one.
    pub(crate) number: u64,
    /// `None` when it is longer than anything that is taken.
    pub(crate) text: Option<Bytes>,
}

impl Lines {
    pub(crate) fn new(body: Body) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            number: 0,
            skipping: false,
            ended: false,
        }
    }

    /// The next line that is not blank; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, Problem> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            if self.ended && self.buffer.is_empty() && !self.skipping {
                return Ok(None);
            }
            if !self.ended {
                self.fill().await?;
            }
        }
    }

    async fn fill(&mut self) -> Result<(), Problem> {
        let piece = timeout(PIECE_TIMEOUT, next_piece(&mut self.body)).await;
        match piece.map_err(|_elapsed| too_slow(PIECE_TIMEOUT))?? {
            Some(piece) => self.buffer.extend_from_slice(&piece),
            None => self.ended = true,
        }
        Ok(())
    }

    /// A line that is wholly here; blank ones are passed over.
    fn take_line(&mut self) -> Option<Line> {
        loop {
            let end = self.buffer.iter().position(|byte| *byte == b'\n');
            let content = match end {
                Some(end) => {
                    let mut line = self.buffer.split_to(end + 1);
                    line.truncate(end);
                    line
                }
                None if self.ended && (self.skipping || !self.buffer.is_empty()) => self.buffer.split(),
                None => {
                    self.pass_over_what_is_too_long();
                    return None;
                }
            };
            self.number += 1;
            let number = self.number;
            if std::mem::take(&mut self.skipping) || content.len() > LINE_BYTES {
                return Some(Line { number, text: None });
            }
            if !content.trim_ascii().is_empty() {
                let text = Some(content.freeze());
                return Some(Line { number, text });
            }
            // A blank rest is the end.
            end?;
        }
    }

    fn pass_over_what_is_too_long(&mut self) {
        if self.skipping || self.buffer.len() > LINE_BYTES {
            self.skipping = true;
            self.buffer.clear();
        }
    }
}

/// What is wrong with a line that is too long.
pub(crate) fn line_too_long() -> Problem {
    let detail = format!("The line is longer than the {LINE_BYTES} bytes that are taken.");
    Problem::new(ProblemKind::BodyTooLarge, detail)
}

/// A line that was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedLine<'a> {
    /// Counted from one.
    line: u64,
    /// What is wrong with it.
    problem: ProblemBody<'a>,
}

impl<'a> RefusedLine<'a> {
    pub(crate) fn new(line: u64, problem: &'a Problem) -> Self {
        Self {
            line,
            problem: problem.body(),
        }
    }
}

/// A value as a line.
pub(crate) fn write(value: &impl Serialize) -> Bytes {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line.into()
}

/// An answer of lines.
pub(crate) fn response(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    /// The lines of a body that comes in pieces.
    async fn lines(pieces: &[&[u8]]) -> Vec<(u64, Option<String>)> {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
            .collect();
        let mut lines = Lines::new(Body::from_stream(stream::iter(pieces)));
        let mut out = Vec::new();
        while let Some(line) = lines.next().await.expect("the body is whole") {
            let text = line.text.map(|text| String::from_utf8_lossy(&text).into_owned());
            out.push((line.number, text));
        }
        out
    }

    fn some(number: u64, text: &str) -> (u64, Option<String>) {
        (number, Some(text.to_owned()))
    }

    #[tokio::test]
    async fn lines_are_the_same_however_they_are_cut() {
        let whole = b"{\"a\":1}\n\n  \n{\"b\":2}\r\n{\"c\":3}";
        let expected = vec![some(1, "{\"a\":1}"), some(4, "{\"b\":2}\r"), some(5, "{\"c\":3}")];
        assert_eq!(lines(&[whole]).await, expected);
        for cut in 0..=whole.len() {
            let (before, after) = whole.split_at(cut);
            assert_eq!(lines(&[before, after]).await, expected, "{cut}");
        }
        let bytes: Vec<&[u8]> = whole.chunks(1).collect();
        assert_eq!(lines(&bytes).await, expected);
    }

    #[tokio::test]
    async fn nothing_has_no_lines() {
        assert!(lines(&[]).await.is_empty());
        assert!(lines(&[b"\n\n \n"]).await.is_empty());
        assert!(lines(&[b"  "]).await.is_empty());
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_passed_over_and_its_neighbours_are_not() {
        let long = vec![b'x'; LINE_BYTES + 1];
        for pieces in [
            vec![&b"a\n"[..], &long, b"\nb\n"],
            vec![&b"a\n"[..], &long, &long, b"y\nb"],
        ] {
            assert_eq!(lines(&pieces).await, [some(1, "a"), (2, None), some(3, "b")]);
        }
        assert_eq!(lines(&[&long]).await, [(1, None)]);
        assert_eq!(lines(&[&long, &long]).await, [(1, None)]);
    }
}
