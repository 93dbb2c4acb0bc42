//! Requests under an idempotency key: for a day, the same request has the same answer.

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::params;
use tidings_apns::Timestamp;

use super::codes::{instant, millis};
use super::writing::Writing;
use crate::idempotency::{Idempotency, Remembered};
use crate::store_error::StoreError;

/// How long a key is remembered.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Whether a request is known.
pub(crate) enum Begun {
    New,
    Answered(String),
}

pub(crate) fn remember(
    writing: &mut Writing,
    request: &Idempotency,
    now: Timestamp,
) -> Result<Remembered, StoreError> {
    Ok(match begin(writing, request, now)? {
        Begun::New => Remembered::New,
        Begun::Answered(answer) => Remembered::Answered(answer),
    })
}

/// Writes a new request down, or finds the answer to an old one.
pub(crate) fn begin(writing: &Writing, request: &Idempotency, now: Timestamp) -> Result<Begun, StoreError> {
    let id = id(request);
    let sql = "SELECT body_hash, created_at, answer FROM idempotency WHERE id = ?1";
    let known = writing.reading().row(sql, [&id], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, instant(row.get(1)?), row.get(2)?))
    })?;
    match known.filter(|(_, created_at, _)| now.saturating_since(*created_at) < REMEMBERED) {
        Some((body_hash, ..)) if body_hash != request.body_hash => Err(StoreError::IdempotencyMismatch),
        Some((_, _, Some(answer))) => Ok(Begun::Answered(answer)),
        Some((_, _, None)) => Err(StoreError::IdempotencyInFlight),
        None => {
            writing.execute(
                "INSERT OR REPLACE INTO idempotency VALUES (?1, ?2, ?3, NULL)",
                params![id, request.body_hash.as_slice(), millis(now)],
            )?;
            Ok(Begun::New)
        }
    }
}

pub(crate) fn answered(
    writing: &Writing,
    request: &Idempotency,
    answer: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    writing.execute(
        "INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET answer = ?4",
        params![id(request), request.body_hash.as_slice(), millis(now), answer],
    )?;
    Ok(())
}

/// Forgets a request that came to nothing.
pub(crate) fn unanswered(writing: &Writing, request: &Idempotency) -> Result<(), StoreError> {
    writing.execute(
        "DELETE FROM idempotency WHERE id = ?1 AND answer IS NULL",
        [id(request)],
    )?;
    Ok(())
}

/// The hash of API key, path and key, each with its length before it.
fn id(request: &Idempotency) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in [&request.api_key_id, &request.path, &request.key] {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        context.update(&length.to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().to_vec()
}
