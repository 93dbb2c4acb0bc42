//! How much of everything is taken. Each number is a promise to memory, and each has a problem that names it.

use std::time::Duration;

/// A JSON body.
pub(crate) const JSON_BODY_BYTES: usize = 1 << 20;

/// A line of NDJSON.
pub(crate) const LINE_BYTES: usize = 64 << 10;

/// Lines of `notifications:batch`.
pub(crate) const BATCH_LINES: u64 = 10_000;

/// Lines of a batch that are on their way to the disk at once. They share its commits.
pub(crate) const BATCH_AT_ONCE: usize = 256;

/// Lines of an import that become durable at once.
pub(crate) const IMPORT_AT_ONCE: usize = 1_000;

/// Refused lines of an import that are told one by one; beyond, they are only counted.
pub(crate) const IMPORT_REFUSALS_TOLD: usize = 50_000;

/// Device tokens, users or installations that one notification names.
pub(crate) const NAMES: usize = 1_000;

/// Up to so many names, a notification is to few and hurries.
pub(crate) const FEW: usize = 100;

/// Tags of a device, and of each condition of an audience.
pub(crate) const TAGS: usize = 64;

/// A name of the caller's: a user, an installation, a tag, a version.
pub(crate) const NAME_BYTES: usize = 256;

/// An idempotency key.
pub(crate) const IDEMPOTENCY_KEY_BYTES: usize = 255;

/// Objects and lists inside of each other in a payload.
pub(crate) const PAYLOAD_DEPTH: usize = 32;

/// Rows of a page, when nothing is said, and at most.
pub(crate) const PAGE: usize = 100;
/// Rows of a page at most.
pub(crate) const PAGE_MOST: usize = 1_000;

/// A file with a credential, as JSON or as a form.
pub(crate) const CREDENTIAL_BYTES: usize = 2 << 20;

/// Apps that an API key can be restricted to.
pub(crate) const APPS_OF_A_KEY: usize = 100;

/// API keys that are remembered.
pub(crate) const REMEMBERED_KEYS: usize = 10_000;

/// The next piece of a streamed body must be here after so long.
pub(crate) const PIECE_TIMEOUT: Duration = Duration::from_secs(30);

/// How far ahead a notification may be scheduled.
pub(crate) const SCHEDULE_AHEAD: Duration = Duration::from_hours(24 * 366);

/// Event streams that are open at once.
pub(crate) const EVENT_STREAMS: usize = 256;

/// Events that a stream reads at once.
pub(crate) const EVENTS_AT_ONCE: usize = 256;

/// A stream on which nothing happens says so, that the way stays open.
pub(crate) const EVENT_SILENCE: Duration = Duration::from_secs(15);

/// Webhooks that are tried by hand at once.
pub(crate) const WEBHOOK_TESTS: usize = 8;

/// Deliveries that are named to be sent again.
pub(crate) const REPLAYED: usize = 100;
