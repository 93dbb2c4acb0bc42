//! When what is in the log goes into the database: after so many pages, and never again after the disk failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;

use crate::store_error::StoreError;

/// After so many pages in the log. Many changes of one page become one write; the log takes 32 MiB.
const AFTER_PAGES: u32 = 8_192;

/// After so many, readers are waited for, so that the log does not grow for ever.
const MANY_PAGES: u32 = 16 * AFTER_PAGES;

/// How long the log is, and when it is to be emptied.
pub(crate) struct Checkpoints {
    pages: Arc<AtomicU32>,
    last_pages: u32,
    next_at: u32,
}

impl Checkpoints {
    /// Begins to count the pages that a connection writes.
    pub(crate) fn watch(connection: &mut Connection) -> Result<Self, rusqlite::Error> {
        let pages = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&pages);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, now: std::ffi::c_int| {
            counted.store(u32::try_from(now).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            pages,
            last_pages: 0,
            next_at: AFTER_PAGES,
        })
    }

    /// Whether it is time for one, after a commit.
    pub(crate) fn is_due(&mut self) -> bool {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.last_pages {
            self.next_at = AFTER_PAGES;
        }
        self.last_pages = pages;
        pages >= self.next_at
    }

    /// Copies as much as readers let it. What is left is tried again after as many pages more; when it is very much, readers
    /// are waited for.
    pub(crate) fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.next_at = self.last_pages.saturating_add(AFTER_PAGES);
        let checkpoint = if self.last_pages < MANY_PAGES {
            "PRAGMA wal_checkpoint(PASSIVE)"
        } else {
            "PRAGMA wal_checkpoint(RESTART)"
        };
        connection.query_row(checkpoint, [], |_| Ok(()))?;
        Ok(())
    }
}
