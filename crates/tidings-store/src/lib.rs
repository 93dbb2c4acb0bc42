//! Everything durable of Tidings behind one `Store`.
//!
#![doc = include_str!("../README.md")]

mod addressee;
mod api_key;
mod app;
mod attempt;
mod audience;
mod audit;
mod backup;
mod cohort;
mod conservation;
mod credential;
mod dashboard;
mod device;
mod event;
mod fingerprint;
mod hex;
mod idempotency;
mod ids;
mod incident;
mod notification;
mod person;
mod problem;
mod recipient;
mod replay_plan;
mod retention;
mod sealing;
mod sqlite;
mod store;
mod store_error;
mod webhook;
mod work;

pub use addressee::{Addressee, AudiencePage};
pub use api_key::{ApiKeyRow, NewApiKey, Scope, UnknownScope};
pub use app::App;
pub use attempt::{Attempt, AttemptLog, Decision};
pub use audience::Audience;
pub use audit::{AuditEntry, AuditRecord, AuditVerdict};
pub use backup::BackupReport;
pub use cohort::{Cohort, CohortSample, CohortTraits};
pub use conservation::{Conservation, QueueDepth};
pub use credential::{CredentialForm, CredentialRow, NewCredential};
pub use dashboard::{DashboardPass, DashboardRole, UnknownRole};
pub use device::{
    Before, Change, Device, DeviceCount, DeviceFilter, ImportLine, ImportReport, ImportedDevice, Registered,
    Registration,
};
pub use event::{Event, EventKind, Field, NewEvent, Shape};
pub use fingerprint::fingerprint;
pub use idempotency::{Idempotency, Remembered};
pub use ids::{
    AppId, CredentialId, DeviceId, EventId, IncidentId, NotificationId, PersonId, ReplayId,
    WebhookDeliveryId, WebhookId,
};
pub use incident::IncidentRow;
pub use notification::{
    Accepted, Counts, NewNotification, NotificationState, NotificationView, OnUnknown, Urgency,
};
pub use person::{DashboardSession, Person, PersonSecret, SignedInBy};
pub use problem::{Problem, ProblemCause, ProblemId, ProblemStage, ReadProblemIdError};
pub use recipient::{
    DueRecipient, RecentException, RecipientException, RecipientOutcome, RecipientState, RecipientView,
};
pub use replay_plan::{LeftOut, ReplayOrigin, ReplayPlan, ReplayStep, ReplayStepName, StepCourse, StepWish};
pub use retention::{PurgeReport, Retention};
pub use sealing::{ReadSealingKeyError, SealingKey};
pub use store::{Health, OpenStoreError, Store, StoreConfig};
pub use store_error::StoreError;
pub use webhook::{
    AttemptEnd, AttemptReport, Disabled, DisabledCause, DueDelivery, LastAttempt, NewWebhook, Replay,
    Revision, WebhookAttempt, WebhookChange, WebhookDelivery, WebhookDeliveryState, WebhookFormat,
    WebhookRow,
};
pub use work::{DirectOutcome, Epoch, OpenPage, PageOutcome, ReadyNotification};
