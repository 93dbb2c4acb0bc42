//! The HTTP API of Tidings: registration, notifications, incidents, credentials, events, metrics.
