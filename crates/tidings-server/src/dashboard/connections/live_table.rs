//! The connections of the page, one in a line, and the log of earlier ones.

use std::time::Duration;

use tidings_apns::Timestamp;
use tidings_client::{ConnectionEvent, ConnectionSnapshot, ConnectionState};
use tidings_delivery::{ConnectionReport, LaneConnection, LaneRecord, Road};

use super::super::sign::Sign;
use super::super::wording::{Foreign, Moment, grouped, latency, length};
use crate::connections::story;
use crate::server::BundleIds;

/// Connections that are shown.
const SHOWN: usize = 200;

/// Lines of the log that are shown.
const LOG_SHOWN: usize = 40;

/// A connection.
pub(super) struct ConnectionLine {
    pub(super) sign: Sign,
    pub(super) id: String,
    pub(super) remote: String,
    pub(super) app: Foreign,
    pub(super) environment: &'static str,
    pub(super) road: &'static str,
    pub(super) state: String,
    pub(super) streams: String,
    /// Of the streams that are allowed, in hundredths.
    pub(super) share: Option<u64>,
    pub(super) window: String,
    pub(super) round_trip: String,
    pub(super) answers: String,
}

/// Something that happened to a connection.
pub(super) struct LogLine {
    pub(super) sign: Sign,
    pub(super) at: Moment,
    pub(super) id: String,
    pub(super) app: Foreign,
    pub(super) environment: &'static str,
    pub(super) road: &'static str,
    pub(super) summary: Foreign,
}

/// The connections that are shown.
pub(super) fn connections(report: &ConnectionReport, names: &BundleIds) -> Vec<ConnectionLine> {
    let shown = report.connections.iter().take(SHOWN);
    shown.map(|lane| line(lane, names)).collect()
}

/// How many connections are not shown, in words; nothing if all are.
pub(super) fn more(report: &ConnectionReport) -> String {
    match report.connections.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("And {} more.", grouped(more as u64)),
    }
}

/// The log, the newest first.
pub(super) fn log(report: &ConnectionReport, names: &BundleIds, now: Timestamp) -> Vec<LogLine> {
    let newest = report.records.iter().rev().take(LOG_SHOWN);
    newest.map(|lane| log_line(lane, names, now)).collect()
}

fn line(lane: &LaneConnection, names: &BundleIds) -> ConnectionLine {
    let seen = &lane.connection;
    let (sign, state) = state(seen);
    ConnectionLine {
        sign,
        id: format!("№ {}", seen.id),
        remote: seen.remote.map(|address| address.to_string()).unwrap_or_default(),
        app: app(names, lane.app_id),
        environment: lane.environment.as_str(),
        road: road_in_words(lane.road),
        state,
        streams: streams(seen),
        share: seen.streams_allowed.map(|allowed| share(seen.streams, allowed)),
        window: window(seen.send_window),
        round_trip: round_trip(seen),
        answers: grouped(seen.answers),
    }
}

fn log_line(lane: &LaneRecord, names: &BundleIds, now: Timestamp) -> LogLine {
    let record = &lane.record;
    LogLine {
        sign: sign_of(&record.event),
        at: Moment::new(record.at.into(), now),
        id: format!("№ {}", record.connection),
        app: app(names, lane.app_id),
        environment: lane.environment.as_str(),
        road: road_in_words(lane.road),
        summary: Foreign::new(story::summary(&record.event)),
    }
}

fn sign_of(event: &ConnectionEvent) -> Sign {
    match event {
        ConnectionEvent::Closed { cause: None, .. } => Sign::Quiet,
        ConnectionEvent::GoAway { code, .. } if code.name() == Some("NO_ERROR") => Sign::Quiet,
        ConnectionEvent::NotOpened { .. } => Sign::Bad,
        _ => Sign::Watch,
    }
}

fn state(seen: &ConnectionSnapshot) -> (Sign, String) {
    let age = length(seen.age);
    match seen.state {
        ConnectionState::Connecting => (Sign::Quiet, format!("connecting since {age}")),
        ConnectionState::Ready => (Sign::Good, format!("open for {age}")),
        ConnectionState::Draining => (Sign::Watch, "takes no more, ends with its last answer".to_owned()),
        _ => (Sign::Quiet, "closed".to_owned()),
    }
}

fn streams(seen: &ConnectionSnapshot) -> String {
    let used = grouped(u64::from(seen.streams));
    match seen.streams_allowed {
        Some(allowed) => format!("{used} of {}", grouped(u64::from(allowed))),
        None => used,
    }
}

fn share(used: u32, allowed: u32) -> u64 {
    (u64::from(used) * 100 / u64::from(allowed.max(1))).min(100)
}

/// Negative only where the peer has made it smaller: then nothing fits.
fn window(bytes: i64) -> String {
    let bytes = u64::try_from(bytes).unwrap_or(0);
    if bytes < 10_000 {
        format!("{}\u{202F}B", grouped(bytes))
    } else {
        format!("{}\u{202F}KiB", grouped(bytes / 1024))
    }
}

/// The answer to a ping is the shortest way there and back; an answer to a request holds the work of APNs, too.
fn round_trip(seen: &ConnectionSnapshot) -> String {
    match (seen.answer_time, seen.ping_time) {
        (Some(answer), Some(ping)) => format!("{} (ping {})", short(answer), short(ping)),
        (Some(answer), None) => short(answer),
        (None, Some(ping)) => format!("ping {}", short(ping)),
        (None, None) => "–".to_owned(),
    }
}

fn short(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        return format!("{:.1}\u{202F}ms", time.as_secs_f64() * 1000.0);
    }
    latency(time)
}

const fn road_in_words(road: Option<Road>) -> &'static str {
    match road {
        Some(Road::Express) => "to few",
        Some(Road::ExpressProbation) => "to few, to device tokens that may be refused",
        Some(Road::Main) => "to many",
        Some(Road::Probation) => "to many, to device tokens that may be refused",
        None => "broadcast channels",
    }
}

fn app(names: &BundleIds, app: tidings_store::AppId) -> Foreign {
    Foreign::new(names.get(&app).map(ToString::to_string).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_never_longer_than_its_room() {
        assert_eq!(share(0, 0), 0);
        assert_eq!(share(500, 1000), 50);
        assert_eq!(share(7, 1), 100);
    }

    #[test]
    fn a_window_is_told_in_the_unit_that_fits() {
        assert_eq!(window(-5), "0\u{202F}B");
        assert_eq!(window(9_999), "9\u{202F}999\u{202F}B");
        assert_eq!(window(65_535), "63\u{202F}KiB");
    }
}
