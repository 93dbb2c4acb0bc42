//! Events as lines of a story.

use tidings_apns::Timestamp;
use tidings_store::{Event, EventKind};

use super::wording::{Foreign, Moment, grouped, plural, words};
use crate::server::BundleIds;

/// Something that happened.
pub(crate) struct Happening {
    pub(crate) at: Moment,
    pub(crate) text: Foreign,
    pub(crate) app: Option<Foreign>,
    /// The page of what it happened to.
    pub(crate) more: Option<String>,
}

/// The newest events as lines, so many at most; what happened to many devices at once is one.
pub(crate) fn tell(events: &[Event], names: &BundleIds, now: Timestamp, most: usize) -> Vec<Happening> {
    let notable: Vec<_> = events.iter().filter(|event| is_notable(event)).collect();
    let alike = notable.chunk_by(|one, other| are_alike(one, other));
    alike
        .take(most)
        .filter_map(|events| Happening::new(events, names, now))
        .collect()
}

/// Whether two events tell the same of two devices.
fn are_alike(one: &Event, other: &Event) -> bool {
    if (one.kind, one.app_id) != (other.kind, other.app_id) {
        return false;
    }
    match one.kind {
        EventKind::RecipientFailed => one.subject == other.subject && failure(one) == failure(other),
        _ => change(one).is_some() && change(one) == change(other),
    }
}

/// The states of a device token before and after, where that is what happened.
fn change(event: &Event) -> Option<(&str, &str)> {
    event.data["before"].as_str().zip(event.data["after"].as_str())
}

/// Whether it is worth a line: that everybody was delivered to is what is expected.
fn is_notable(event: &Event) -> bool {
    if event.kind != EventKind::NotificationFinished {
        return true;
    }
    let (delivered, recipients) = delivered(event);
    delivered < recipients || recipients > 1
}

impl Happening {
    fn new(alike: &[&Event], names: &BundleIds, now: Timestamp) -> Option<Self> {
        let event = alike.first()?;
        let app = event
            .app_id
            .and_then(|app| names.get(&app))
            .map(ToString::to_string);
        Some(Self {
            at: Moment::new(event.at, now),
            text: Foreign::new(text(event, alike.len() as u64)),
            more: more(event, alike.len() as u64, app.as_deref()),
            app: app.map(Foreign::new),
        })
    }
}

/// What happened so many times in the same way: an event that is not known here is told by its name.
fn text(event: &Event, times: u64) -> String {
    if let Some((before, after)) = change(event) {
        return match times {
            1 => format!("Device {} is {after}; it was {before}.", event.subject),
            _ => format!("{} devices are {after}; they were {before}.", grouped(times)),
        };
    }
    let word = |name: &str| event.data[name].as_str().unwrap_or("unknown");
    let number = |name: &str| event.data[name].as_u64().unwrap_or_default();
    match event.kind {
        EventKind::NotificationFinished => finished(event),
        EventKind::NotificationCancelled => "A notification was cancelled.".to_owned(),
        EventKind::RecipientFailed => {
            let whom = plural(times, "recipient");
            format!("A notification failed for {whom}: {}.", failure(event))
        }
        EventKind::DeviceLearned => {
            let (devices_belong, whose) = devices_belong(event);
            let place = word("environment");
            format!("{devices_belong} to {place}, which {whose} app had not said.")
        }
        EventKind::RegistrationConflict => {
            let (devices_belong, whose) = devices_belong(event);
            let (proven, claimed) = (word("proven"), word("claimed"));
            format!("{devices_belong} to {proven}, and {whose} app says {claimed}.")
        }
        EventKind::DeviceForgotten => format!("Device {} was forgotten.", event.subject),
        EventKind::DeviceUnregisteredWave => format!(
            "APNs gave up {} of {} devices within an hour; usual are {:.0}.",
            grouped(number("count")),
            grouped(number("alive")),
            event.data["usual"].as_f64().unwrap_or_default()
        ),
        EventKind::CredentialAdded => "A credential was added.".to_owned(),
        EventKind::CredentialRemoved => "A credential was removed.".to_owned(),
        EventKind::CredentialExpiring => {
            let left = plural(number("days_left"), "day");
            format!("A certificate ends in {left} or less.")
        }
        EventKind::IncidentOpened => format!("An incident opened in {}.", word("environment")),
        EventKind::IncidentEnded => {
            format!("The incident in {} ended: {}.", word("environment"), word("end"))
        }
        EventKind::WebhookDisabled => {
            format!(
                "The webhook to {} was disabled: it is {}.",
                word("host"),
                word("cause")
            )
        }
        other => format!("{}: {}", words(other.as_str()), event.subject),
    }
}

/// Why a recipient was not delivered to: what APNs said, or how it ended without.
fn failure(event: &Event) -> String {
    let outcome = event.data["outcome"].as_str().unwrap_or("unknown");
    let said = event.data["status"].as_u64().zip(event.data["reason"].as_str());
    match said {
        Some((status, reason)) => format!("{status} {reason}"),
        None => words(outcome),
    }
}

/// The beginning of a sentence on the devices that an event tells of together, and whose their app is.
fn devices_belong(event: &Event) -> (String, &'static str) {
    match event.data["count"].as_u64() {
        Some(count) if count > 1 => (format!("{} devices belong", grouped(count)), "their"),
        _ => (format!("Device {} belongs", event.subject), "its"),
    }
}

fn finished(event: &Event) -> String {
    let (delivered, recipients) = delivered(event);
    let (delivered, recipients) = (grouped(delivered), grouped(recipients));
    format!("A notification finished: {delivered} of {recipients} delivered.")
}

/// How many were delivered to, of how many.
fn delivered(event: &Event) -> (u64, u64) {
    let counts = event.data.get("counts").unwrap_or(&event.data);
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    (count("delivered"), count("recipients"))
}

/// The page that tells more: of the one device, or of all in the state that these have come to.
fn more(event: &Event, times: u64, app: Option<&str>) -> Option<String> {
    if let Some((_, state)) = change(event) {
        return if times == 1 {
            let id = event.data["device_id"].as_i64()?;
            Some(format!("/dashboard/devices/{id}"))
        } else {
            Some(format!("/dashboard/devices?app={}&state={state}", app?))
        };
    }
    let subject = &event.subject;
    match event.kind {
        EventKind::NotificationFinished | EventKind::NotificationCancelled | EventKind::RecipientFailed => {
            Some(format!("/dashboard/apps/{}/notifications/{subject}", app?))
        }
        EventKind::DeviceLearned | EventKind::RegistrationConflict => {
            Some(format!("/dashboard/devices?app={}&find={subject}", app?))
        }
        EventKind::DeviceUnregisteredWave => {
            Some(format!("/dashboard/devices?app={}&state=unregistered", app?))
        }
        EventKind::CredentialAdded | EventKind::CredentialRemoved | EventKind::CredentialExpiring => {
            Some(format!("/dashboard/apps/{}", app?))
        }
        EventKind::IncidentOpened | EventKind::IncidentEnded => {
            Some(format!("/dashboard/incidents/{subject}"))
        }
        EventKind::WebhookDisabled => Some(format!("/dashboard/webhooks/{subject}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidings_store::{AppId, EventId};

    use super::*;

    fn event(id: i64, kind: EventKind, data: serde_json::Value) -> Event {
        Event {
            id: EventId(id),
            at: Timestamp::from_unix_millis(0),
            app_id: Some(AppId(1)),
            kind,
            subject: "subject".to_owned(),
            data,
        }
    }

    #[test]
    fn what_happens_to_many_at_once_is_one_line_and_what_is_expected_is_none() {
        let mut kinds = EventKind::ALL.iter();
        let kind_of_device = *kinds.find(|kind| kind.as_str().starts_with("device.")).unwrap();
        let changed = |id| {
            let data = json!({"before": "active", "after": "quarantined", "device_id": id});
            event(id, kind_of_device, data)
        };
        let all_well = json!({"delivered": 1, "recipients": 1});
        let events = [
            changed(5),
            changed(4),
            event(3, EventKind::NotificationFinished, all_well),
            changed(2),
            event(1, EventKind::IncidentOpened, json!({"environment": "production"})),
            changed(0),
        ];
        let names = BundleIds::from([(AppId(1), "com.example.app".parse().unwrap())]);
        let told = tell(&events, &names, Timestamp::from_unix_millis(0), 10);
        let texts: Vec<_> = told.iter().map(|line| line.text.to_string()).collect();
        assert_eq!(
            texts,
            [
                "<bdi>3 devices are quarantined; they were active.</bdi>",
                "<bdi>An incident opened in production.</bdi>",
                "<bdi>Device subject is quarantined; it was active.</bdi>",
            ]
        );
        assert_eq!(told[2].more.as_deref(), Some("/dashboard/devices/0"));
        assert_eq!(tell(&events, &names, Timestamp::from_unix_millis(0), 1).len(), 1);
    }

    #[test]
    fn every_kind_of_event_is_told_in_a_sentence() {
        let data = json!({
            "counts": {"delivered": 3, "recipients": 1_234},
            "outcome": "rejected", "status": 400, "reason": "BadTopic",
            "environment": "sandbox", "claimed": "production", "proven": "sandbox", "end": "recovered",
            "count": 1, "alive": 2_000, "usual": 3.4, "days_left": 7, "host": "example.com", "cause": "gone",
        });
        let changed = json!({"before": "active", "after": "quarantined"});
        let told = |kind: EventKind| {
            let is_changed = kind.fields().iter().any(|field| field.name == "before");
            let data = if is_changed { &changed } else { &data };
            text(&event(1, kind, data.clone()), 1)
        };
        for kind in EventKind::ALL {
            let text = told(*kind);
            assert!(
                text.ends_with('.') && text.starts_with(char::is_uppercase),
                "{text}"
            );
            assert!(!text.contains("unknown"), "{text}");
        }
        for (kind, expected) in [
            (
                EventKind::RecipientFailed,
                "A notification failed for 1 recipient: 400 BadTopic.",
            ),
            (
                EventKind::DeviceLearned,
                "Device subject belongs to sandbox, which its app had not said.",
            ),
            (
                EventKind::RegistrationConflict,
                "Device subject belongs to sandbox, and its app says production.",
            ),
            (
                EventKind::CredentialExpiring,
                "A certificate ends in 7 days or less.",
            ),
            (
                EventKind::WebhookDisabled,
                "The webhook to example.com was disabled: it is gone.",
            ),
        ] {
            assert_eq!(told(kind), expected);
        }
    }

    #[test]
    fn a_notification_that_failed_for_many_in_one_way_is_one_line() {
        let failed = |id, reason| {
            let data = json!({"outcome": "rejected", "status": 400, "reason": reason});
            event(id, EventKind::RecipientFailed, data)
        };
        let events = [
            failed(4, "BadTopic"),
            failed(3, "BadTopic"),
            failed(2, "TopicDisallowed"),
        ];
        let told = tell(&events, &BundleIds::default(), Timestamp::from_unix_millis(0), 10);
        let texts: Vec<_> = told.iter().map(|line| line.text.to_string()).collect();
        assert_eq!(
            texts,
            [
                "<bdi>A notification failed for 2 recipients: 400 BadTopic.</bdi>",
                "<bdi>A notification failed for 1 recipient: 400 TopicDisallowed.</bdi>",
            ]
        );
    }
}
