//! The audit log: each record's hash goes over the one before, so that nothing can be changed or left out unseen.

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::{Row, params};

use super::codes::{instant, millis};
use super::failure::damaged;
use super::reading::Reading;
use super::writing::Writing;
use crate::audit::{AuditEntry, AuditRecord, AuditVerdict};
use crate::ids::AppId;
use crate::store_error::StoreError;

/// How many records are verified together.
const BATCH: i64 = 1000;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, at, actor, action, app_id, subject, data, hash FROM audit ",
            $rest
        )
    };
}

pub(crate) fn append(writing: &Writing, entry: &AuditEntry) -> Result<(), StoreError> {
    let newest = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    let newest = writing.reading().row(newest, [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    let (last, before) = newest.unwrap_or_default();
    let data = entry.data.to_string();
    let hash = hash(&before, last + 1, entry, &data);
    writing.execute(
        "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            last + 1,
            millis(entry.at),
            entry.actor,
            entry.action,
            entry.app_id.map(|app| app.0),
            entry.subject,
            data,
            hash.as_slice(),
        ],
    )?;
    Ok(())
}

pub(crate) fn after(reading: &Reading, after: i64, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = select!("WHERE number > ?1 ORDER BY number LIMIT ?2");
    all(reading.rows(sql, [after, limit], read)?)
}

/// The newest first, before a number.
pub(crate) fn newest(
    reading: &Reading,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditRecord>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = select!("WHERE number < ?1 ORDER BY number DESC LIMIT ?2");
    all(reading.rows(sql, [before.unwrap_or(i64::MAX), limit], read)?)
}

/// The newest first.
pub(crate) fn of_app(reading: &Reading, app: AppId, limit: usize) -> Result<Vec<AuditRecord>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = select!("WHERE app_id = ?1 ORDER BY number DESC LIMIT ?2");
    all(reading.rows(sql, [app.0, limit], read)?)
}

pub(crate) fn verify(reading: &Reading) -> Result<AuditVerdict, StoreError> {
    let (mut number, mut before) = (0, Vec::new());
    loop {
        let sql = select!("WHERE number > ?1 ORDER BY number LIMIT ?2");
        let batch = reading.rows(sql, [number, BATCH], |row| {
            Ok((row.get::<_, i64>(0)?, read(row)?, row.get::<_, String>(6)?))
        })?;
        if batch.is_empty() {
            let records = u64::try_from(number).unwrap_or_default();
            return Ok(AuditVerdict::Intact { records });
        }
        for (found, record, data) in batch {
            number += 1;
            let is_next = found == number;
            match record
                .filter(|record| is_next && record.hash == hash(&before, number, &record.entry, &data))
            {
                Some(record) => before = record.hash.to_vec(),
                None => return Ok(AuditVerdict::Broken { number: found }),
            }
        }
    }
}

/// Over all that a record says, each part with its length before it.
fn hash(before: &[u8], number: i64, entry: &AuditEntry, data: &str) -> [u8; 32] {
    let app = entry.app_id.map(|app| app.0.to_be_bytes());
    let parts: [&[u8]; 8] = [
        before,
        &number.to_be_bytes(),
        &millis(entry.at).to_be_bytes(),
        entry.actor.as_bytes(),
        entry.action.as_bytes(),
        app.as_ref().map_or(&[], |bytes| bytes),
        entry.subject.as_bytes(),
        data.as_bytes(),
    ];
    let mut context = Context::new(&SHA256);
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        context.update(&length.to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<AuditRecord>> {
    let data = serde_json::from_str(row.get_ref(6)?.as_str()?);
    let hash = <[u8; 32]>::try_from(row.get_ref(7)?.as_blob()?);
    let (Ok(data), Ok(hash)) = (data, hash) else {
        return Ok(None);
    };
    Ok(Some(AuditRecord {
        number: row.get(0)?,
        entry: AuditEntry {
            at: instant(row.get(1)?),
            actor: row.get(2)?,
            action: row.get(3)?,
            app_id: row.get::<_, Option<i64>>(4)?.map(AppId),
            subject: row.get(5)?,
            data,
        },
        hash,
    }))
}

fn all(records: Vec<Option<AuditRecord>>) -> Result<Vec<AuditRecord>, StoreError> {
    records
        .into_iter()
        .map(|record| record.ok_or_else(damaged))
        .collect()
}
