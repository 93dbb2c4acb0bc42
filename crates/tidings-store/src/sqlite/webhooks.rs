//! Webhooks: made, changed, removed; their secrets sealed.

use rusqlite::params;
use serde_json::json;
use tidings_apns::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::codes::{Coded, millis};
use super::failure::{damaged, unreadable};
use super::reading::Reading;
use super::webhook_row::{select_webhook, webhook};
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::event::{NewEvent, WebhookDisabled};
use crate::ids::WebhookId;
use crate::sealing::SealingKey;
use crate::store_error::StoreError;
use crate::webhook::{DisabledCause, NewWebhook, Revision, WebhookChange, WebhookRow};

/// Who disables a webhook that cannot be reached.
const ACTOR: &str = "tidings";

/// Keeps a webhook, which is told of what happens from now on.
pub(crate) fn create(
    writing: &mut Writing,
    key: &SealingKey,
    new: &NewWebhook,
    actor: &str,
    now: Timestamp,
) -> Result<WebhookRow, StoreError> {
    if by_id(writing.reading(), new.id)?.is_some() {
        return Err(StoreError::Conflict { what: "the webhook" });
    }
    writing.execute(
        "INSERT INTO webhook (id, url, host, name, kinds, app_ids, format, created_at, cursor, secret)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            bytes(new.id),
            new.url,
            new.host,
            new.name,
            new.kinds.as_ref().map(|kinds| json!(kinds).to_string()),
            new.app_ids.as_ref().map(|apps| json!(apps).to_string()),
            new.format.code(),
            millis(now),
            writing.newest_event.0,
            seal(key, new.id, &new.secret)?,
        ],
    )?;
    let data = json!({"host": new.host, "events": new.kinds, "app_ids": new.app_ids});
    audit(writing, new.id, "webhook.created", data, actor, now)?;
    by_id(writing.reading(), new.id)?.ok_or_else(damaged)
}

/// All of them, the oldest first.
pub(crate) fn all(reading: &Reading) -> Result<Vec<WebhookRow>, StoreError> {
    let found = reading.rows(select_webhook!("ORDER BY id"), [], webhook)?;
    found.into_iter().map(|row| row.ok_or_else(damaged)).collect()
}

pub(crate) fn by_id(reading: &Reading, id: WebhookId) -> Result<Option<WebhookRow>, StoreError> {
    match reading.row(select_webhook!("WHERE id = ?1"), [bytes(id)], webhook)? {
        Some(row) => row.ok_or_else(damaged).map(Some),
        None => Ok(None),
    }
}

/// Changes some of a webhook. When it is enabled again, what waits for it is sent at once.
pub(crate) fn change(
    writing: &mut Writing,
    id: WebhookId,
    change: &WebhookChange,
    actor: &str,
    now: Timestamp,
) -> Result<Option<WebhookRow>, StoreError> {
    let Some(known) = by_id(writing.reading(), id)? else {
        return Ok(None);
    };
    let (url, host) = change.url.clone().unwrap_or((known.url, known.host));
    let name = change.name.clone().of(known.name);
    let kinds = change.kinds.clone().of(known.kinds);
    let app_ids = change.app_ids.clone().of(known.app_ids);
    let format = change.format.unwrap_or(known.format);
    writing.execute(
        "UPDATE webhook SET url = ?2, host = ?3, name = ?4, kinds = ?5, app_ids = ?6, format = ?7 WHERE id = ?1",
        params![
            bytes(id),
            url,
            host,
            name,
            kinds.as_ref().map(|kinds| json!(kinds).to_string()),
            app_ids.as_ref().map(|apps| json!(apps).to_string()),
            format.code(),
        ],
    )?;
    match change.disabled {
        Revision::Set(cause) if known.disabled.is_none() => mark_disabled(writing, id, cause, now)?,
        Revision::Clear if known.disabled.is_some() => enable(writing, id, now)?,
        Revision::Set(_) | Revision::Clear | Revision::Keep => {}
    }
    let is_enabled = match change.disabled {
        Revision::Keep => known.disabled.is_none(),
        Revision::Clear => true,
        Revision::Set(_) => false,
    };
    let data = json!({"host": host, "events": kinds, "app_ids": app_ids, "enabled": is_enabled});
    audit(writing, id, "webhook.changed", data, actor, now)?;
    by_id(writing.reading(), id)
}

/// Removes a webhook with all that waits for it; whether there was one.
pub(crate) fn remove(
    writing: &mut Writing,
    id: WebhookId,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let removed = writing.execute("DELETE FROM webhook WHERE id = ?1", [bytes(id)])?;
    if removed == 0 {
        return Ok(false);
    }
    writing.execute("DELETE FROM webhook_delivery WHERE webhook_id = ?1", [bytes(id)])?;
    audit(writing, id, "webhook.removed", json!({}), actor, now)?;
    Ok(true)
}

/// Gives a webhook another secret. The one before signs, too, until that instant.
pub(crate) fn rotate(
    writing: &mut Writing,
    key: &SealingKey,
    id: WebhookId,
    secret: &[u8],
    previous_until: Timestamp,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = writing.execute(
        "UPDATE webhook SET previous_secret = secret, previous_until = ?3, secret = ?2 WHERE id = ?1",
        params![bytes(id), seal(key, id, secret)?, millis(previous_until)],
    )?;
    if changed > 0 {
        let data = json!({"previous_until": previous_until});
        audit(writing, id, "webhook.secret_rotated", data, actor, now)?;
    }
    Ok(changed > 0)
}

/// The secrets that sign now, the newest first.
pub(crate) fn secrets(
    reading: &Reading,
    key: &SealingKey,
    id: WebhookId,
    now: Timestamp,
) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError> {
    let sql =
        "SELECT secret, CASE WHEN previous_until > ?2 THEN previous_secret END FROM webhook WHERE id = ?1";
    let sealed = reading.row(sql, params![bytes(id), millis(now)], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
    })?;
    let Some((current, previous)) = sealed else {
        return Ok(Vec::new());
    };
    let sealed = std::iter::once(current).chain(previous);
    sealed.map(|sealed| unseal(key, id, &sealed)).collect()
}

/// Seals all secrets under another key; how many webhooks there are.
pub(crate) fn reseal(writing: &Writing, old: &SealingKey, new: &SealingKey) -> Result<usize, StoreError> {
    let sql = "SELECT id, secret, previous_secret FROM webhook";
    let all = writing.reading().rows(sql, [], |row| {
        Ok((
            row.get::<_, Vec<u8>>(0)?,
            row.get::<_, Vec<u8>>(1)?,
            row.get::<_, Option<Vec<u8>>>(2)?,
        ))
    })?;
    for (row, secret, previous) in &all {
        let id = WebhookId(Uuid::from_slice(row).map_err(unreadable)?);
        let again = |sealed: &Vec<u8>| seal(new, id, &unseal(old, id, sealed)?);
        writing.execute(
            "UPDATE webhook SET secret = ?2, previous_secret = ?3 WHERE id = ?1",
            params![row, again(secret)?, previous.as_ref().map(again).transpose()?],
        )?;
    }
    Ok(all.len())
}

/// Stops sending to a webhook that cannot be reached, and tells.
pub(super) fn disable(
    writing: &mut Writing,
    known: &WebhookRow,
    cause: DisabledCause,
    now: Timestamp,
) -> Result<(), StoreError> {
    mark_disabled(writing, known.id, cause, now)?;
    let name = match cause {
        DisabledCause::Gone => "gone",
        DisabledCause::Failing => "failing",
        DisabledCause::ByHand => "by_hand",
    };
    let says = WebhookDisabled {
        cause: name,
        host: known.host.clone(),
        failing_since: known.failing_since,
    };
    writing.event(&NewEvent::new(None, known.id.to_string(), &says), now)?;
    let data = json!({"cause": name, "host": known.host});
    audit(writing, known.id, "webhook.disabled", data, ACTOR, now)
}

fn mark_disabled(
    writing: &Writing,
    id: WebhookId,
    cause: DisabledCause,
    now: Timestamp,
) -> Result<(), StoreError> {
    writing.execute(
        "UPDATE webhook SET disabled_at = ?2, disabled_cause = ?3 WHERE id = ?1",
        params![bytes(id), millis(now), cause.code()],
    )?;
    Ok(())
}

/// What waits begins its schedule anew.
fn enable(writing: &Writing, id: WebhookId, now: Timestamp) -> Result<(), StoreError> {
    writing.execute(
        "UPDATE webhook SET disabled_at = NULL, disabled_cause = NULL, failing_since = NULL WHERE id = ?1",
        [bytes(id)],
    )?;
    writing.execute(
        "UPDATE webhook_delivery SET next_at = ?2, attempts = 0, first_at = NULL, leased_until = 0
         WHERE webhook_id = ?1 AND state = 0",
        params![bytes(id), millis(now)],
    )?;
    Ok(())
}

pub(super) fn bytes(id: WebhookId) -> Vec<u8> {
    id.0.as_bytes().to_vec()
}

fn audit(
    writing: &Writing,
    id: WebhookId,
    action: &str,
    data: serde_json::Value,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    writing.audit(&AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: action.to_owned(),
        app_id: None,
        subject: id.to_string(),
        data,
    })
}

fn seal(key: &SealingKey, id: WebhookId, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
    let sealed = key.seal(secret, &place(id));
    sealed.ok_or(StoreError::Unsealable)
}

fn unseal(key: &SealingKey, id: WebhookId, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let secret = key.unseal(sealed, &place(id));
    secret.ok_or(StoreError::Unsealable)
}

fn place(id: WebhookId) -> String {
    format!("webhook/{id}")
}
