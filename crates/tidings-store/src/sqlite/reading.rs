//! A connection to read by.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};

use super::recent_names::RecentNames;
use crate::store_error::StoreError;

/// How many compiled statements a connection keeps.
const STATEMENTS: usize = 256;

/// A connection to read by. The writer has one, too.
pub(crate) struct Reading {
    connection: Connection,
    names: Arc<RecentNames>,
}

impl Reading {
    pub(crate) fn new(connection: Connection, names: Arc<RecentNames>) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Self { connection, names }
    }

    /// Names of devices that are not in the tables yet.
    pub(crate) fn names(&self) -> &Arc<RecentNames> {
        &self.names
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    /// A statement that is compiled once.
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// The one row, if there is one.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.statement(sql)?.query_row(params, read).optional()?)
    }

    /// All rows.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everything that is asked inside is answered from one snapshot.
    pub(crate) fn in_snapshot<T>(
        &self,
        question: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.statement("BEGIN")?.execute([])?;
        let answer = question(self);
        let ended = self.statement("COMMIT")?.execute([]);
        if ended.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        answer
    }
}
