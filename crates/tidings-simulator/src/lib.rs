//! The Apple Push Notification service on this machine: a world of apps and devices, ordered validation, faults, a control API.
