//! Events as lines of a story.

use tidings_apns::Timestamp;
use tidings_store::Event;

use super::wording::{Foreign, Moment, words};
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
    let told = |event: &Event| {
        (
            event.kind,
            event.app_id,
            change(event).map(|(a, b)| (a.to_owned(), b.to_owned())),
        )
    };
    change(one).is_some() && told(one) == told(other)
}

/// The states of a device token before and after, where that is what happened.
fn change(event: &Event) -> Option<(&str, &str)> {
    event.data["before"].as_str().zip(event.data["after"].as_str())
}

/// Whether it is worth a line: that everybody was delivered to is what is expected.
fn is_notable(event: &Event) -> bool {
    if event.kind.as_str() != "notification.finished" {
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
        let is_one = alike.len() == 1;
        Some(Self {
            at: Moment::new(event.at, now),
            text: Foreign::new(if is_one { text(event) } else { text_of_many(alike) }),
            more: if is_one {
                more(event, app.as_deref())
            } else {
                devices(event, app.as_deref())
            },
            app: app.map(Foreign::new),
        })
    }
}

fn text_of_many(alike: &[&Event]) -> String {
    let (before, after) = alike.first().and_then(|event| change(event)).unwrap_or_default();
    let count = super::wording::grouped(alike.len() as u64);
    format!("{count} devices are {after}; they were {before}.")
}

/// The list of devices in the state that these have come to.
fn devices(event: &Event, app: Option<&str>) -> Option<String> {
    let state = event.data["after"].as_str()?;
    Some(format!("/dashboard/devices?app={}&state={state}", app?))
}

/// What happened, by the name of the event: an event that is not known here is told by its name.
fn text(event: &Event) -> String {
    if let Some((before, after)) = change(event) {
        return format!("Device {} is {after}; it was {before}.", event.subject);
    }
    let word = |name: &str| event.data[name].as_str().unwrap_or("unknown").to_owned();
    match event.kind.as_str() {
        "device.forgotten" => format!("Device {} was forgotten.", event.subject),
        "credential.added" => "A credential was added.".to_owned(),
        "credential.removed" => "A credential was removed.".to_owned(),
        "notification.finished" => finished(event),
        "notification.cancelled" => "A notification was cancelled.".to_owned(),
        "incident.opened" => format!("An incident opened in {}.", word("environment")),
        "incident.ended" => format!("The incident in {} ended: {}.", word("environment"), word("end")),
        other => format!("{}: {}", words(other), event.subject),
    }
}

fn finished(event: &Event) -> String {
    let (delivered, recipients) = delivered(event);
    format!(
        "A notification finished: {} of {} delivered.",
        super::wording::grouped(delivered),
        super::wording::grouped(recipients)
    )
}

/// How many were delivered to, of how many.
fn delivered(event: &Event) -> (u64, u64) {
    let counts = event.data.get("counts").unwrap_or(&event.data);
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    (count("delivered"), count("recipients"))
}

fn more(event: &Event, app: Option<&str>) -> Option<String> {
    if let Some(id) = event.data["device_id"]
        .as_i64()
        .filter(|_| change(event).is_some())
    {
        return Some(format!("/dashboard/devices/{id}"));
    }
    let (noun, _) = event.kind.as_str().split_once('.')?;
    match noun {
        "notification" | "recipient" => Some(format!(
            "/dashboard/apps/{}/notifications/{}",
            app?, event.subject
        )),
        "incident" => Some(format!("/dashboard/incidents/{}", event.subject)),
        "credential" => Some(format!("/dashboard/apps/{}", app?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidings_store::{AppId, EventId, EventKind};

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
}
