//! Everything durable of Tidings behind one Store: apps, credentials, device tokens, notifications, work, incidents, events.
