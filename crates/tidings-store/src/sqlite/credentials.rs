//! Credentials, their secrets sealed.

use std::time::Duration;

use rusqlite::{Row, params};
use serde_json::json;
use tidings_apns::Timestamp;
use tidings_truth::EnvironmentSet;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::codes::{Code, Coded, instant, millis, millis_maybe, number, reach_code, reach_of};
use super::failure::{damaged, unreadable};
use super::opening::write_proof;
use super::reading::Reading;
use super::sweeps::{self, Sweep};
use super::webhooks;
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::credential::{CredentialForm, CredentialRow, NewCredential};
use crate::event::{CredentialAdded, CredentialExpiring, CredentialRemoved, NewEvent};
use crate::ids::{AppId, CredentialId};
use crate::sealing::SealingKey;
use crate::store_error::StoreError;

impl Coded for CredentialForm {
    const TABLE: &'static [Self] = &[Self::SigningKey, Self::Certificate];
}

/// What there is to tell of a credential that comes or goes.
macro_rules! told {
    ($row:ident, $kind:ident) => {
        NewEvent::new(
            Some($row.app_id),
            $row.id.to_string(),
            &$kind {
                form: $row.form,
                environments: $row.environments.iter().collect(),
                key_id: $row.key_id.clone(),
                team_id: $row.team_id.clone(),
                fingerprint: $row.fingerprint.clone(),
            },
        )
    };
}

/// Keeps a credential; what it may mend, a sweep gives a new chance.
pub(crate) fn add(
    writing: &mut Writing,
    key: &SealingKey,
    app: AppId,
    credential: &NewCredential,
    actor: &str,
    now: Timestamp,
) -> Result<CredentialRow, StoreError> {
    if sealed(writing.reading(), credential.id)?.is_some() {
        return Err(StoreError::Conflict {
            what: "the credential",
        });
    }
    writing.reach(app)?;
    insert(writing, key, app, credential, now)?;
    let row = CredentialRow {
        id: credential.id,
        app_id: app,
        form: credential.form,
        environments: credential.environments,
        key_id: credential.key_id.clone(),
        team_id: credential.team_id.clone(),
        topics: credential.topics.clone(),
        not_after: credential.not_after,
        fingerprint: credential.fingerprint.clone(),
        created_at: now,
    };
    changed(writing, &row, &told!(row, CredentialAdded), actor, now)?;
    Ok(row)
}

/// Those of an app, the newest first.
pub(crate) fn of_app(reading: &Reading, app: AppId) -> Result<Vec<CredentialRow>, StoreError> {
    let sql =
        "SELECT id, app_id, form, environments, key_id, team_id, topics, not_after, fingerprint, created_at
               FROM credential WHERE app_id = ?1 ORDER BY created_at DESC, id DESC";
    let found = reading.rows(sql, [app.0], read)?;
    found.into_iter().map(|row| row.ok_or_else(damaged)).collect()
}

/// The secret of a credential.
pub(crate) fn secret(
    reading: &Reading,
    key: &SealingKey,
    id: CredentialId,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    match sealed(reading, id)? {
        Some(sealed) => unseal(key, id, &sealed).map(Some),
        None => Ok(None),
    }
}

/// Removes a credential. What it alone reached is judged anew.
pub(crate) fn remove(
    writing: &mut Writing,
    app: AppId,
    id: CredentialId,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = of_app(writing.reading(), app)?;
    let Some(row) = known.into_iter().find(|row| row.id == id) else {
        return Ok(false);
    };
    writing.execute(
        "DELETE FROM credential WHERE id = ?1",
        [id.0.as_bytes().as_slice()],
    )?;
    writing.execute(
        "DELETE FROM credential_warning WHERE credential_id = ?1",
        [id.0.as_bytes().as_slice()],
    )?;
    changed(writing, &row, &told!(row, CredentialRemoved), actor, now)?;
    Ok(true)
}

/// How long before its end a credential is told of: in days, the most urgent last.
const WARNINGS: [u64; 3] = [30, 7, 1];

/// Tells of credentials that end soon, each at most three times; how many now.
pub(crate) fn warn(writing: &mut Writing, now: Timestamp) -> Result<u64, StoreError> {
    let day = Duration::from_hours(24);
    let soon = now.saturating_add(day * 30);
    let sql =
        "SELECT id, app_id, form, environments, key_id, team_id, topics, not_after, fingerprint, created_at
               FROM credential WHERE not_after > ?1 AND not_after <= ?2";
    let found = writing
        .reading()
        .rows(sql, params![millis(now), millis(soon)], read)?;
    let mut told = 0;
    for row in found {
        let row = row.ok_or_else(damaged)?;
        let Some(not_after) = row.not_after else {
            continue;
        };
        let left = not_after.saturating_since(now);
        let mut due = WARNINGS
            .into_iter()
            .filter(|days| left <= day * u32::try_from(*days).unwrap_or(30));
        if let Some(days_left) = due.next_back()
            && is_first_warning(writing, row.id, days_left)?
        {
            let says = CredentialExpiring {
                not_after,
                days_left,
                form: row.form,
                fingerprint: row.fingerprint.clone(),
            };
            writing.event(&NewEvent::new(Some(row.app_id), row.id.to_string(), &says), now)?;
            told += 1;
        }
    }
    Ok(told)
}

/// Whether it was not told as urgently before; from now on it was.
fn is_first_warning(writing: &Writing, id: CredentialId, days_left: u64) -> Result<bool, StoreError> {
    let changed = writing.execute(
        "INSERT INTO credential_warning VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET days_left = ?2 WHERE days_left > ?2",
        params![id.0.as_bytes().as_slice(), number(days_left)],
    )?;
    Ok(changed > 0)
}

/// Seals all secrets under another key; how many.
pub(crate) fn reseal(writing: &mut Writing, old: &SealingKey, new: &SealingKey) -> Result<usize, StoreError> {
    let all = writing
        .reading()
        .rows("SELECT id, secret FROM credential", [], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
    for (id, sealed) in &all {
        let credential = CredentialId(Uuid::from_slice(id).map_err(unreadable)?);
        let secret = unseal(old, credential, sealed)?;
        let sealed = seal(new, credential, &secret)?;
        writing.execute(
            "UPDATE credential SET secret = ?2 WHERE id = ?1",
            params![id, sealed],
        )?;
    }
    let webhooks = webhooks::reseal(writing, old, new)?;
    write_proof(writing, new)?;
    Ok(all.len() + webhooks)
}

fn insert(
    writing: &Writing,
    key: &SealingKey,
    app: AppId,
    credential: &NewCredential,
    now: Timestamp,
) -> Result<(), StoreError> {
    writing.execute(
        "INSERT INTO credential VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            credential.id.0.as_bytes().as_slice(),
            app.0,
            credential.form.code(),
            reach_code(credential.environments),
            credential.key_id.as_ref().map(ToString::to_string),
            credential.team_id.as_ref().map(ToString::to_string),
            json!(credential.topics).to_string(),
            millis_maybe(credential.not_after),
            credential.fingerprint,
            millis(now),
            seal(key, credential.id, &credential.secret)?,
        ],
    )?;
    Ok(())
}

/// What follows when an app has one credential more, or one less.
fn changed(
    writing: &mut Writing,
    row: &CredentialRow,
    event: &NewEvent,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let app = row.app_id;
    let reach = of_app(writing.reading(), app)?
        .iter()
        .fold(EnvironmentSet::NONE, |reach, row| reach.union(row.environments));
    writing.execute(
        "UPDATE app SET reach = ?2 WHERE id = ?1",
        params![app.0, reach_code(reach)],
    )?;
    writing.forget_app(app);
    writing.audit(&AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: event.kind.as_str().to_owned(),
        app_id: Some(app),
        subject: row.id.to_string(),
        data: event.data.clone(),
    })?;
    writing.event(event, now)?;
    sweeps::begin(writing, &Sweep::credential_changed(app, now)).map(drop)
}

fn sealed(reading: &Reading, id: CredentialId) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT secret FROM credential WHERE id = ?1";
    reading.row(sql, [id.0.as_bytes().as_slice()], |row| row.get(0))
}

fn seal(key: &SealingKey, id: CredentialId, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
    let sealed = key.seal(secret, &place(id));
    sealed.ok_or(StoreError::Unsealable)
}

fn unseal(key: &SealingKey, id: CredentialId, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let secret = key.unseal(sealed, &place(id));
    secret.ok_or(StoreError::Unsealable)
}

fn place(id: CredentialId) -> String {
    format!("credential/{id}")
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<CredentialRow>> {
    let id = Uuid::from_slice(row.get_ref(0)?.as_blob()?);
    let topics = serde_json::from_str(row.get_ref(6)?.as_str()?);
    let (Ok(id), Ok(topics)) = (id, topics) else {
        return Ok(None);
    };
    let (key_id, team_id) = (
        row.get_ref(4)?.as_str_or_null()?,
        row.get_ref(5)?.as_str_or_null()?,
    );
    let (Ok(key_id), Ok(team_id)) = (
        key_id.map(str::parse).transpose(),
        team_id.map(str::parse).transpose(),
    ) else {
        return Ok(None);
    };
    Ok(Some(CredentialRow {
        id: CredentialId(id),
        app_id: AppId(row.get(1)?),
        form: row.get::<_, Code<CredentialForm>>(2)?.0,
        environments: reach_of(row.get(3)?),
        key_id,
        team_id,
        topics,
        not_after: row.get::<_, Option<i64>>(7)?.map(instant),
        fingerprint: row.get(8)?,
        created_at: instant(row.get(9)?),
    }))
}
