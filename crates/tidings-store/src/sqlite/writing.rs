//! One operation of the writer: a savepoint, and what it adds to the sums that are written once for a group.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, Params, params};
use tidings_apns::{Environment, Timestamp};
use tidings_truth::{EnvironmentSet, Rules, TokenState};

use super::codes::{Coded, reach_of};
use super::keys;
use super::names_in_tables::NamesInTables;
use super::news::{self, News};
use super::reading::Reading;
use super::recent_names::{Name, NameFlow};
use super::{audit, events, name_log};
use crate::audit::AuditEntry;
use crate::event::NewEvent;
use crate::ids::{AppId, DeviceId, EventId};
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

/// What became of an operation.
pub(crate) enum Fate<T> {
    /// It did what it was asked to, or refused and left nothing behind.
    Done(Result<T, StoreError>),
    /// The whole group was undone.
    GroupLost(StoreError),
}

/// The connection that writes, with what it remembers.
pub(crate) struct Writing {
    reading: Reading,
    pub(crate) rules: Rules,
    pub(crate) epoch: i64,
    pub(crate) newest_event: EventId,
    /// What the operation has found out, to be told at its end.
    pub(crate) news: News,
    apps: BTreeMap<i64, KnownApp>,
    /// Credentials have changed, so that others must not go by what they remember of apps.
    apps_have_changed: bool,
    /// The operation changed what is remembered of apps.
    apps_are_touched: bool,
    group: Sums,
    operation: Sums,
    names: NameFlow,
    in_tables: NamesInTables,
    /// The device that was last written to the log of names, in this operation.
    last_logged: Option<DeviceId>,
    /// Entries of that log up to this are removed.
    trimmed_upto: i64,
}

impl Writing {
    pub(crate) fn new(reading: Reading, rules: Rules) -> Result<Self, StoreError> {
        let mut writing = Self {
            reading,
            rules,
            epoch: 0,
            newest_event: EventId(0),
            news: News::default(),
            apps: BTreeMap::new(),
            apps_have_changed: false,
            apps_are_touched: false,
            group: Sums::default(),
            operation: Sums::default(),
            names: NameFlow::default(),
            in_tables: NamesInTables::default(),
            last_logged: None,
            trimmed_upto: 0,
        };
        writing.remember_newest()?;
        Ok(writing)
    }

    /// The same connection, to read what is being written.
    pub(crate) const fn reading(&self) -> &Reading {
        &self.reading
    }

    pub(crate) const fn connection(&self) -> &Connection {
        self.reading.connection()
    }

    pub(crate) const fn connection_mut(&mut self) -> &mut Connection {
        self.reading.connection_mut()
    }

    /// What is known of the tables of names.
    pub(crate) const fn in_tables(&self) -> &NamesInTables {
        &self.in_tables
    }

    pub(crate) const fn in_tables_mut(&mut self) -> &mut NamesInTables {
        &mut self.in_tables
    }

    /// A statement that is compiled once.
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.reading.statement(sql)
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
        self.apps_are_touched = true;
        Ok(DeviceId(id))
    }

    /// The credentials of an app have changed.
    pub(crate) fn forget_app(&mut self, app: AppId) {
        self.apps.remove(&app.0);
        self.apps_are_touched = true;
        self.apps_have_changed = true;
    }

    /// Whether credentials have changed since this was asked before.
    pub(crate) const fn take_apps_have_changed(&mut self) -> bool {
        std::mem::replace(&mut self.apps_have_changed, false)
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

    /// Runs one operation by itself: what fails leaves nothing behind. What the disk refuses, the whole group fails with.
    pub(crate) fn attempt<T>(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Fate<T> {
        self.operation = Sums::default();
        self.news = News::default();
        self.last_logged = None;
        self.apps_are_touched = false;
        if let Err(error) = self.execute("SAVEPOINT operation", []) {
            return Fate::GroupLost(error);
        }
        let result = operation(self).and_then(|done| news::tell(self).map(|()| done));
        let ended = match &result {
            Ok(_) => {
                let sums = std::mem::take(&mut self.operation);
                self.group.add(sums);
                self.names.operation_stays();
                self.execute("RELEASE operation", [])
            }
            Err(error) if self.is_lost(error) => return Fate::GroupLost(error.clone()),
            Err(_) => self.undo_operation(),
        };
        match ended {
            Ok(_) => Fate::Done(result),
            Err(error) => Fate::GroupLost(error),
        }
    }

    pub(crate) fn commit_group(&mut self) -> Result<(), StoreError> {
        self.write_sums()?;
        keys::learn(self)?;
        self.move_names()?;
        self.execute("COMMIT", [])?;
        self.names.committed(self.reading.names());
        Ok(())
    }

    /// A device is found by a name from now on.
    pub(crate) fn add_name(&mut self, sort: usize, name: Name) -> Result<(), StoreError> {
        let device = DeviceId(name.1);
        if self.last_logged != Some(device) {
            name_log::append(self, device)?;
            self.last_logged = Some(device);
        }
        self.reading.names().insert(sort, name);
        self.names.added(sort, name);
        Ok(())
    }

    /// A device is not found by a name any more.
    pub(crate) fn remove_name(&mut self, sort: usize, name: Name) {
        self.names.removed(sort, name);
    }

    /// Undoes the group, and what is remembered of it.
    pub(crate) fn abandon_group(&mut self) {
        self.apps.clear();
        self.names.abandoned();
        if !self.connection().is_autocommit() {
            // If this fails, so will the next group's begin, which is reported.
            drop(self.connection().execute_batch("ROLLBACK"));
        }
        if self.remember_newest().is_err() {
            // Better to refuse everybody than to let somebody work who was replaced.
            self.epoch = i64::MAX;
        }
    }

    #[cfg(test)]
    pub(crate) fn into_connection(self) -> Connection {
        self.reading.into_connection()
    }

    /// Ends the writer: what is in the log goes into the database.
    pub(crate) fn end(self) -> Result<(), StoreError> {
        let connection = self.reading.into_connection();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        // The log is empty: closing removes it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        connection.close().map_err(|(_, error)| error.into())
    }

    /// Whether an error ends the whole group: SQLite has undone it already, or the disk refuses.
    fn is_lost(&self, error: &StoreError) -> bool {
        self.connection().is_autocommit() || matches!(error, StoreError::Full | StoreError::Broken(_))
    }

    fn undo_operation(&mut self) -> Result<usize, StoreError> {
        if self.apps_are_touched {
            self.apps.clear();
        }
        self.names.operation_is_undone();
        self.execute("ROLLBACK TO operation", [])?;
        self.remember_newest()?;
        self.execute("RELEASE operation", [])
    }

    fn remember_newest(&mut self) -> Result<(), StoreError> {
        let newest = |table| {
            let sql = format!("SELECT coalesce(max(id), 0) FROM {table}");
            self.connection().query_row(&sql, [], |row| row.get(0))
        };
        (self.epoch, self.newest_event) = (newest("epoch")?, EventId(newest("event")?));
        Ok(())
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

    /// Brings some names into their tables, and forgets the log of those that are all there.
    fn move_names(&mut self) -> Result<(), StoreError> {
        let newest = name_log::newest(&self.reading)?;
        let mut flow = std::mem::take(&mut self.names);
        let names = Arc::clone(self.reading.names());
        let moved = match flow.next(&names, newest) {
            Some(step) => {
                name_log::note_step(self, &step, newest).and_then(|()| keys::write(self, step.names))
            }
            None => Ok(()),
        };
        self.names = flow;
        moved?;
        let upto = self.names.logged_upto;
        if self.trimmed_upto < upto && name_log::trim(self, upto, self.names.added)? {
            self.trimmed_upto = upto;
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
