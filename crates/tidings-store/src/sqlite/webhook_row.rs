//! A webhook, and an event for one, as they lie in their tables.

use std::time::Duration;

use rusqlite::Row;
use uuid::Uuid;

use super::codes::{Code, Coded, count, instant};
use crate::event::{Event, EventKind};
use crate::ids::{AppId, EventId, WebhookDeliveryId, WebhookId};
use crate::webhook::{
    Disabled, DisabledCause, DueDelivery, LastAttempt, WebhookDelivery, WebhookDeliveryState, WebhookFormat,
    WebhookRow,
};

impl Coded for WebhookFormat {
    const TABLE: &'static [Self] = &[Self::Plain, Self::CloudEvents];
}

impl Coded for DisabledCause {
    const TABLE: &'static [Self] = &[Self::Gone, Self::Failing, Self::ByHand];
}

impl Coded for WebhookDeliveryState {
    const TABLE: &'static [Self] = &[Self::Waiting, Self::Delivered, Self::Failed];
}

macro_rules! select_webhook {
    ($rest:literal) => {
        concat!(
            "SELECT id, url, host, name, kinds, app_ids, format, created_at, cursor, delivered_at, failing_since, \
             disabled_at, disabled_cause, previous_until, \
             (SELECT count(*) FROM webhook_delivery WHERE webhook_id = webhook.id AND state = 0) FROM webhook ",
            $rest
        )
    };
}

macro_rules! select_delivery {
    ($rest:literal) => {
        concat!(
            "SELECT id, event_id, kind, state, attempts, next_at, last_at, last_status, last_problem, last_took \
             FROM webhook_delivery ",
            $rest
        )
    };
}

pub(super) use {select_delivery, select_webhook};

/// `None` where it is damaged.
pub(super) fn webhook(row: &Row<'_>) -> rusqlite::Result<Option<WebhookRow>> {
    let id = Uuid::from_slice(row.get_ref(0)?.as_blob()?);
    let (kinds, app_ids): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    let kinds: Result<Option<Vec<EventKind>>, _> = kinds.map(|text| serde_json::from_str(&text)).transpose();
    let apps: Result<Option<Vec<AppId>>, _> = app_ids.map(|text| serde_json::from_str(&text)).transpose();
    let (Ok(id), Ok(kinds), Ok(app_ids)) = (id, kinds, apps) else {
        return Ok(None);
    };
    let disabled = match (row.get::<_, Option<i64>>(11)?, row.get::<_, Option<Code<_>>>(12)?) {
        (Some(at), Some(Code(cause))) => Some(Disabled {
            at: instant(at),
            cause,
        }),
        _ => None,
    };
    let at = |column: usize| row.get::<_, Option<i64>>(column).map(|at| at.map(instant));
    Ok(Some(WebhookRow {
        id: WebhookId(id),
        url: row.get(1)?,
        host: row.get(2)?,
        name: row.get(3)?,
        kinds,
        app_ids,
        format: row.get::<_, Code<WebhookFormat>>(6)?.0,
        created_at: instant(row.get(7)?),
        cursor: EventId(row.get(8)?),
        delivered_at: at(9)?,
        failing_since: at(10)?,
        disabled,
        previous_secret_until: at(13)?,
        waiting: count(row.get(14)?),
    }))
}

pub(super) fn delivery(row: &Row<'_>) -> rusqlite::Result<WebhookDelivery> {
    let state = row.get::<_, Code<WebhookDeliveryState>>(3)?.0;
    let last_at: Option<i64> = row.get(6)?;
    let took = Duration::from_millis(count(row.get::<_, Option<i64>>(9)?.unwrap_or_default()));
    let (status, problem) = (row.get(7)?, row.get(8)?);
    let last = last_at.map(|at| LastAttempt {
        at: instant(at),
        status,
        problem,
        took,
    });
    let next_at = instant(row.get(5)?);
    Ok(WebhookDelivery {
        id: WebhookDeliveryId(row.get(0)?),
        event_id: EventId(row.get(1)?),
        kind: row.get(2)?,
        state,
        attempts: row.get(4)?,
        next_at: (state == WebhookDeliveryState::Waiting).then_some(next_at),
        last,
    })
}

/// A delivery's id and attempts, then its event's columns, which are missing when the event is not kept any more.
pub(super) fn due(row: &Row<'_>) -> rusqlite::Result<DueDelivery> {
    let attempts: u32 = row.get(1)?;
    Ok(DueDelivery {
        id: WebhookDeliveryId(row.get(0)?),
        attempt: attempts + 1,
        event: event(row)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<Option<Event>> {
    let Some(id) = row.get::<_, Option<i64>>(2)? else {
        return Ok(None);
    };
    let kind: String = row.get(5)?;
    let kind = EventKind::ALL.iter().find(|known| known.as_str() == kind);
    let data = serde_json::from_str(row.get_ref(7)?.as_str()?);
    let (Some(kind), Ok(data)) = (kind, data) else {
        return Ok(None);
    };
    Ok(Some(Event {
        id: EventId(id),
        at: instant(row.get(3)?),
        app_id: row.get::<_, Option<i64>>(4)?.map(AppId),
        kind: *kind,
        subject: row.get(6)?,
        data,
    }))
}
