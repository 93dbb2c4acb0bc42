//! The Apple Push Notification service as values: tokens, topics, payloads, requests, answers and reasons.
