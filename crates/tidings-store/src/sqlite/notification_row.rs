//! A notification's row: as it was submitted, and how far it is.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use tidings_apns::{CollapseId, Environment, Priority, PushType, Timestamp, TokenKind};
use uuid::Uuid;

use super::codes::{Code, Coded, count, environment, instant, millis, millis_maybe};
use super::failure::unreadable;
use super::writing::Writing;
use crate::audience::Audience;
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::notification::{Counts, NewNotification, NotificationState, NotificationView, OnUnknown, Urgency};
use crate::store_error::StoreError;
use crate::work::ReadyNotification;

/// The columns, in the order in which [`NotificationRow::read`] takes them.
macro_rules! columns {
    () => {
        "id, app_id, state, urgency, due_at, planned_after, planned_upto, created_at, started_at, finished_at, \
         recipients, delivered, rejected, expired, cancelled, undeliverable, unknown_dropped, waiting, held, push_type, \
         kind, priority, collapse_id, expires_at, deadline, send_at, environment, on_unknown, audience, payload"
    };
}
pub(crate) use columns;

impl Coded for Urgency {
    const TABLE: &'static [Self] = &Self::ALL;
}

impl Coded for OnUnknown {
    const TABLE: &'static [Self] = &[Self::Retry, Self::Drop];
}

impl Coded for NotificationState {
    const TABLE: &'static [Self] = &[Self::Scheduled, Self::Active, Self::Finished, Self::Cancelled];
}

impl Coded for Priority {
    const TABLE: &'static [Self] = &Self::ALL;
}

/// A notification's row.
pub(crate) struct NotificationRow {
    due_at: i64,
    planned_after: DeviceId,
    planned_upto: Option<DeviceId>,
    view: NotificationView,
}

impl NotificationRow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let view = NotificationView {
            app_id: AppId(row.get(1)?),
            notification: submitted(row)?,
            state: row.get::<_, Code<NotificationState>>(2)?.0,
            counts: counts(row, 10)?,
            created_at: instant(row.get(7)?),
            started_at: row.get::<_, Option<i64>>(8)?.map(instant),
            finished_at: row.get::<_, Option<i64>>(9)?.map(instant),
        };
        Ok(Self {
            due_at: row.get(4)?,
            planned_after: DeviceId(row.get(5)?),
            planned_upto: row.get::<_, Option<i64>>(6)?.map(DeviceId),
            view,
        })
    }

    pub(crate) const fn app(&self) -> AppId {
        self.view.app_id
    }

    pub(crate) const fn planned_upto(&self) -> Option<DeviceId> {
        self.planned_upto
    }

    /// As it is shown. Whether its time has come, the clock says.
    pub(crate) fn into_view(mut self, now: Timestamp) -> NotificationView {
        let view = &mut self.view;
        if view.state == NotificationState::Scheduled
            && (self.due_at <= millis(now) || view.started_at.is_some())
        {
            view.state = NotificationState::Active;
        }
        self.view
    }

    /// As the engine needs it.
    pub(crate) fn into_ready(self, planned_upto: DeviceId) -> ReadyNotification {
        ReadyNotification {
            app_id: self.view.app_id,
            notification: self.view.notification,
            created_at: self.view.created_at,
            planned_after: self.planned_after,
            planned_upto,
        }
    }
}

/// Writes one down for the first time. `planned_upto` is known unless it is scheduled.
pub(crate) fn insert(
    writing: &Writing,
    app: AppId,
    notification: &NewNotification,
    (planned_after, planned_upto): (DeviceId, Option<DeviceId>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let audience = serde_json::to_string(&notification.audience).map_err(unreadable)?;
    let state = if planned_upto.is_some() {
        NotificationState::Active
    } else {
        NotificationState::Scheduled
    };
    let due_at = match planned_upto {
        Some(_) => 0,
        None => notification.send_at.map_or(0, millis),
    };
    writing.execute(
        "INSERT INTO notification (id, app_id, state, is_planned, urgency, due_at, planned_after, planned_upto,
             created_at, push_type, kind, priority, collapse_id, expires_at, deadline, send_at, environment,
             on_unknown, audience, payload)
         VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        params![
            notification.id.0.as_bytes().as_slice(),
            app.0,
            state.code(),
            notification.urgency.code(),
            due_at,
            planned_after.0,
            planned_upto.map(|id| id.0),
            millis(now),
            notification.push_type.as_str(),
            notification.kind.code(),
            notification.priority.map(Code),
            notification.collapse_id.as_ref().map(CollapseId::as_str),
            millis_maybe(notification.expires_at),
            millis_maybe(notification.deadline),
            millis_maybe(notification.send_at),
            notification.environment.map(Code),
            notification.on_unknown.code(),
            audience,
            &*notification.payload,
        ],
    )?;
    Ok(())
}

/// The id in a column.
pub(crate) fn notification_id(row: &Row<'_>, column: usize) -> rusqlite::Result<NotificationId> {
    let bytes = row.get_ref(column)?.as_blob()?;
    let id = Uuid::from_slice(bytes);
    id.map(NotificationId)
        .map_err(|error| foreign(column, Type::Blob, error))
}

/// Counts in nine columns from this one.
pub(crate) fn counts(row: &Row<'_>, first: usize) -> rusqlite::Result<Counts> {
    let at = |place: usize| row.get(first + place).map(count);
    Ok(Counts {
        recipients: at(0)?,
        delivered: at(1)?,
        rejected: at(2)?,
        expired: at(3)?,
        cancelled: at(4)?,
        undeliverable: at(5)?,
        unknown_dropped: at(6)?,
        waiting: at(7)?,
        held: at(8)?,
    })
}

fn submitted(row: &Row<'_>) -> rusqlite::Result<NewNotification> {
    let at = |column: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(instant))
    };
    let collapse_id: Option<CollapseId> = match row.get_ref(22)?.as_str_or_null()? {
        Some(text) => Some(text.parse().map_err(|error| foreign(22, Type::Text, error))?),
        None => None,
    };
    Ok(NewNotification {
        id: notification_id(row, 0)?,
        audience: audience(row, 28)?,
        push_type: push_type(row, 19)?,
        kind: row.get::<_, Code<TokenKind>>(20)?.0,
        payload: row.get_ref(29)?.as_str()?.into(),
        priority: row.get::<_, Option<Code<Priority>>>(21)?.map(|code| code.0),
        collapse_id,
        expires_at: at(23)?,
        deadline: at(24)?,
        send_at: at(25)?,
        environment: environment(row, 26)?,
        urgency: row.get::<_, Code<Urgency>>(3)?.0,
        on_unknown: row.get::<_, Code<OnUnknown>>(27)?.0,
    })
}

fn audience(row: &Row<'_>, column: usize) -> rusqlite::Result<Audience> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| foreign(column, Type::Text, error))
}

fn push_type(row: &Row<'_>, column: usize) -> rusqlite::Result<PushType> {
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error| foreign(column, Type::Text, error))
}

fn foreign(
    column: usize,
    column_type: Type,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, column_type, Box::new(error))
}

/// Where its environment is.
pub(crate) fn environment_code(environment: Option<Environment>) -> i64 {
    environment.map_or(-1, Environment::code)
}
