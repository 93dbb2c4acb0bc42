//! Who did what. Each record carries a hash over itself and the one before, so that nothing can be changed unseen.

use tidings_apns::Timestamp;

use crate::ids::AppId;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: an API key's id, or `tidings`.
    pub actor: String,
    /// What, such as `credential.added`.
    pub action: String,
    /// The app, where it concerns one.
    pub app_id: Option<AppId>,
    /// To what.
    pub subject: String,
    /// More, without secrets.
    pub data: serde_json::Value,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// Its number: 1, 2, 3, …
    pub number: i64,
    /// What was done.
    pub entry: AuditEntry,
    /// The hash over the one before and this.
    pub hash: [u8; 32],
}

/// Whether the audit log is as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// It is.
    Intact {
        /// How many records it has.
        records: u64,
    },
    /// It is not: this record was changed, or the one before is missing.
    Broken {
        /// Its number.
        number: i64,
    },
}
