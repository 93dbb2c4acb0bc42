//! A client for the Apple Push Notification service: one notification out, one answer back, or a million in batches.
