//! Rules for instants: seconds and not milliseconds, instants and not lengths of time.

use serde_json::Value;

use super::subject::Subject;
use super::{Findings, LintCode};
use crate::expiration::Expiration;
use crate::unix_seconds::UnixSeconds;

/// The year 5138 in seconds; 1973 in milliseconds.
const TOO_LATE: f64 = 100_000_000_000.0;

/// September 2001: before there was anything to push to.
const TOO_EARLY: f64 = 1_000_000_000.0;

/// How far clocks of providers may be apart, in seconds.
const CLOCK_TOLERANCE: f64 = 60.0;

const TIMESTAMP: &str = "timestamp";
const STALE_DATE: &str = "stale-date";
/// A dismissal date may be long ago: it removes the activity at once.
const DISMISSAL_DATE: &str = "dismissal-date";

pub(super) fn units(subject: &Subject<'_>, findings: &mut Findings) {
    for (name, seconds) in dates(subject) {
        if seconds >= TOO_LATE {
            findings.add(
                LintCode::DateMilliseconds,
                format!("`{name}` is {seconds}, which looks like milliseconds"),
            );
        } else if seconds < TOO_EARLY && name != DISMISSAL_DATE {
            findings.add(
                LintCode::DateRelative,
                format!("`{name}` is {seconds}, which was before 2002"),
            );
        }
    }
}

pub(super) fn against_clock(subject: &Subject<'_>, now: UnixSeconds, findings: &mut Findings) {
    let now = as_number(now.0);
    for (name, seconds) in dates(subject).filter(|(_, seconds)| (TOO_EARLY..TOO_LATE).contains(seconds)) {
        match name {
            TIMESTAMP if seconds > now + CLOCK_TOLERANCE => {
                findings.add(
                    LintCode::TimestampAhead,
                    format!("`{name}` is {} s in the future", seconds - now),
                );
            }
            TIMESTAMP | DISMISSAL_DATE => {}
            _ if seconds < now => {
                findings.add(
                    LintCode::DatePassed,
                    format!("`{name}` was {} s ago", now - seconds),
                );
            }
            _ => {}
        }
    }
}

/// Every instant in the headers and the payload, in seconds, with its name.
fn dates(subject: &Subject<'_>) -> impl Iterator<Item = (&'static str, f64)> {
    let expiration = match subject.expiration {
        Some(Expiration::At(seconds)) if seconds != 0 => Some(("apns-expiration", as_number(seconds))),
        Some(Expiration::At(_) | Expiration::Once) | None => None,
    };
    let keys = [TIMESTAMP, STALE_DATE, DISMISSAL_DATE];
    let keys = keys
        .into_iter()
        .filter_map(|key| Some((key, subject.key(key)?.as_f64()?)));
    expiration.into_iter().chain(keys)
}

/// As JSON numbers are compared: exact to the second for millions of years.
fn as_number(seconds: u64) -> f64 {
    Value::from(seconds).as_f64().unwrap_or(f64::MAX)
}
