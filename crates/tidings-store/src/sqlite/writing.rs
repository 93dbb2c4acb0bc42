//! One operation of the writer: a savepoint, and what it adds to the sums that are written once for a group.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, Params, params};
use tidings_apns::{Environment, Timestamp};
use tidings_truth::{EnvironmentSet, Rules, TokenState};

use super::codes::{Coded, reach_of};
use super::{audit, events};
use crate::audit::AuditEntry;
use crate::event::NewEvent;
use crate::ids::{AppId, DeviceId, EventId};
use crate::sealing::SealingKey;
use crate::store_error::StoreError;

/// How many ids of devices are set aside at once.
const IDS_AT_ONCE: i64 = 4096;

/// How far an app's number is shifted in the ids of its devices.
pub(crate) const APP_SHIFT: u32 = 40;

/// The ids before and at the end of an app's devices.
pub(crate) const fn device_range(app: AppId) -> (DeviceId, DeviceId) {
    (DeviceId(app.0 << APP_SHIFT), DeviceId((app.0 + 1) << APP_SHIFT))
}

pub(crate) const fn app_of(device: DeviceId) -> AppId {
    AppId(device.0 >> APP_SHIFT)
}

/// What the writer knows of an app without asking.
#[derive(Clone, Copy)]
struct KnownApp {
    reach: EnvironmentSet,
    next_device: i64,
    set_aside: i64,
}

/// Sums that change with nearly every operation.
#[derive(Default)]
pub(crate) struct Sums {
    devices: BTreeMap<(i64, i64, i64), i64>,
    accepted: i64,
    terminal: i64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        for (key, delta) in other.devices {
            *self.devices.entry(key).or_default() += delta;
        }
        self.accepted += other.accepted;
        self.terminal += other.terminal;
    }
}

/// The connection that writes, with what it remembers.
pub(crate) struct Writing {
    connection: Connection,
    pub(crate) rules: Rules,
    pub(crate) sealing_key: SealingKey,
    pub(crate) epoch: i64,
    pub(crate) newest_event: EventId,
    apps: BTreeMap<i64, KnownApp>,
    group: Sums,
    operation: Sums,
}

impl Writing {
    pub(crate) fn new(connection: Connection, rules: Rules, sealing_key: SealingKey) -> Result<Self, StoreError> {
        let epoch = connection.query_row("SELECT coalesce(max(id), 0) FROM epoch", [], |row| row.get(0))?;
        let newest = connection.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?;
        Ok(Self {
            connection,
            rules,
            sealing_key,
            epoch,
            newest_event: EventId(newest),
            apps: BTreeMap::new(),
            group: Sums::default(),
            operation: Sums::default(),
        })
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A statement that is compiled once.
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Executes a statement that is compiled once; how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.statement(sql)?.execute(params)?)
    }

    /// The environments that an app's credentials reach.
    pub(crate) fn reach(&mut self, app: AppId) -> Result<EnvironmentSet, StoreError> {
        Ok(self.known(app)?.reach)
    }

    /// The last id that a device of the app has been given.
    pub(crate) fn last_device(&mut self, app: AppId) -> Result<DeviceId, StoreError> {
        Ok(DeviceId(self.known(app)?.next_device - 1))
    }

    /// An id for a device, greater than all before and never given again.
    pub(crate) fn next_device(&mut self, app: AppId) -> Result<DeviceId, StoreError> {
        let mut known = self.known(app)?;
        let id = known.next_device;
        known.next_device += 1;
        if known.next_device > known.set_aside {
            known.set_aside = known.next_device + IDS_AT_ONCE;
            self.execute(
                "UPDATE app SET next_device = ?2 WHERE id = ?1",
                params![app.0, known.set_aside],
            )?;
        }
        self.apps.insert(app.0, known);
        Ok(DeviceId(id))
    }

    /// The credentials of an app have changed.
    pub(crate) fn forget_app(&mut self, app: AppId) {
        self.apps.remove(&app.0);
    }

    /// A device is in another place of the table of counts.
    pub(crate) fn count_device(
        &mut self,
        app: AppId,
        state: TokenState,
        environment: Option<Environment>,
        delta: i64,
    ) {
        let place = environment.map_or(-1, Environment::code);
        *self
            .operation
            .devices
            .entry((app.0, state.code(), place))
            .or_default() += delta;
    }

    pub(crate) const fn count_accepted(&mut self, recipients: i64) {
        self.operation.accepted += recipients;
    }

    pub(crate) const fn count_terminal(&mut self, recipients: i64) {
        self.operation.terminal += recipients;
    }

    pub(crate) fn event(&mut self, event: &NewEvent, now: Timestamp) -> Result<EventId, StoreError> {
        let id = events::append(self, event, now)?;
        self.newest_event = self.newest_event.max(id);
        Ok(id)
    }

    pub(crate) fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        audit::append(self, entry)
    }

    pub(crate) fn begin_group(&mut self) -> Result<(), StoreError> {
        self.group = Sums::default();
        self.execute("BEGIN IMMEDIATE", []).map(drop)
    }

    /// Runs one operation by itself: what fails leaves nothing behind.
    pub(crate) fn attempt<T>(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.operation = Sums::default();
        self.execute("SAVEPOINT operation", [])?;
        let result = operation(self);
        if result.is_err() {
            self.apps.clear();
            self.execute("ROLLBACK TO operation", [])?;
        } else {
            let sums = std::mem::take(&mut self.operation);
            self.group.add(sums);
        }
        self.execute("RELEASE operation", [])?;
        result
    }

    pub(crate) fn commit_group(&mut self) -> Result<(), StoreError> {
        self.write_sums()?;
        self.execute("COMMIT", []).map(drop)
    }

    /// Undoes the group, and what is remembered of it.
    pub(crate) fn abandon_group(&mut self) {
        self.apps.clear();
        if !self.connection.is_autocommit() {
            // If this fails, so will the next group's begin, which is reported.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
        let epoch = self
            .connection
            .query_row("SELECT coalesce(max(id), 0) FROM epoch", [], |row| row.get(0));
        self.epoch = epoch.unwrap_or(i64::MAX);
    }

    /// Ends the writer: what is in the log goes into the database.
    pub(crate) fn end(self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.close().map_err(|(_, error)| error.into())
    }

    fn write_sums(&mut self) -> Result<(), StoreError> {
        let sums = std::mem::take(&mut self.group);
        for ((app, state, environment), delta) in sums.devices {
            self.execute(
                "INSERT INTO device_count VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET count = count + excluded.count",
                params![app, state, environment, delta],
            )?;
        }
        for (name, delta) in [("accepted", sums.accepted), ("terminal", sums.terminal)] {
            if delta != 0 {
                self.execute(
                    "UPDATE tally SET count = count + ?2 WHERE name = ?1",
                    params![name, delta],
                )?;
            }
        }
        Ok(())
    }

    fn known(&mut self, app: AppId) -> Result<KnownApp, StoreError> {
        if let Some(known) = self.apps.get(&app.0) {
            return Ok(*known);
        }
        let found = self
            .statement("SELECT reach, next_device FROM app WHERE id = ?1")?
            .query_row([app.0], |row| {
                let next_device: i64 = row.get(1)?;
                Ok(KnownApp {
                    reach: reach_of(row.get(0)?),
                    next_device,
                    set_aside: next_device,
                })
            });
        let known = found.map_err(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => StoreError::Conflict { what: "the app" },
            other => other.into(),
        })?;
        self.apps.insert(app.0, known);
        Ok(known)
    }
}
