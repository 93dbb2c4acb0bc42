//! The durable delivery of notifications: fan-out, attempts, backoff, reroute, incidents.
