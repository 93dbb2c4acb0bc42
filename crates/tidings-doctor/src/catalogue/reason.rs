//! The catalogue's entry for each reason of APNs: built upon what `tidings-apns` says of it.

use serde::Serialize;
use tidings_apns::{Fault, Guidance, Reason, Resend};

use super::{Entry, Family, catalogue};

/// A reason of APNs, explained.
#[derive(Clone, Debug, Serialize)]
pub struct ReasonEntry {
    /// The reason as it is spelled.
    pub reason: String,
    /// The statuses that it is documented to come with.
    pub statuses: &'static [u16],
    /// What it means, whose fault it is, and what to do.
    #[serde(skip)]
    pub guidance: &'static Guidance,
    /// What can have led to it, the most likely first.
    pub causes: Vec<&'static Entry>,
    /// What Tidings does by itself.
    pub tidings: &'static str,
}

/// The entry of a reason.
pub fn reason_entry(reason: &Reason) -> ReasonEntry {
    ReasonEntry {
        reason: reason.as_str().to_owned(),
        statuses: reason.documented_statuses(),
        guidance: reason.guidance(),
        causes: causes(reason),
        tidings: tidings(reason),
    }
}

impl ReasonEntry {
    /// Its address in the book.
    pub fn path(&self) -> String {
        format!("reference/reasons.html#{}", self.reason.to_lowercase())
    }
}

fn causes(reason: &Reason) -> Vec<&'static Entry> {
    let mut causes: Vec<&Entry> = catalogue().filter(|entry| entry.explains(reason)).collect();
    let first = first_families(reason);
    let rank = |family: Family| first.iter().position(|it| *it == family).unwrap_or(first.len());
    // What is only a name for the answer itself comes last.
    causes.sort_by_key(|entry| (entry.is_general(), rank(entry.family)));
    causes
}

/// Where the causes of a reason mostly lie; the rest follows in the order of the catalogue.
const fn first_families(reason: &Reason) -> &'static [Family] {
    match reason {
        Reason::BadDeviceToken => &[Family::Environment, Family::DeviceToken, Family::Topic],
        Reason::DeviceTokenNotForTopic => &[Family::Topic],
        Reason::Unregistered | Reason::ExpiredToken => &[Family::Gone, Family::Environment],
        _ => &[],
    }
}

fn tidings(reason: &Reason) -> &'static str {
    match reason {
        Reason::BadDeviceToken => {
            "Sends the same notification to the other environment at once, if a credential reaches it. A token refused in both is retired only \
             while the lane does well by others, and one that was accepted before only after a second refusal an hour later. Many proven tokens \
             refused at once open an incident, and none of them is given up."
        }
        Reason::DeviceTokenNotForTopic => {
            "Holds the token, and never gives it up. If proven tokens begin to say so, it opens an incident."
        }
        Reason::Unregistered | Reason::ExpiredToken => {
            "Retires the token, unless the app registered it after the time in the answer; then the token stays and is tried again later. The row \
             is kept for the retention, and the next registration brings it back."
        }
        Reason::ExpiredProviderToken => {
            "Makes a new provider token and sends again, on another connection. If that does not help, the lane pauses and an incident opens."
        }
        Reason::TooManyProviderTokenUpdates => {
            "Keeps the provider token, replaces the connection, and waits. No device token is blamed."
        }
        Reason::TooManyRequests => "Backs off for this device token only.",
        _ => tidings_by_fault(reason.guidance()),
    }
}

fn tidings_by_fault(guidance: &Guidance) -> &'static str {
    match (guidance.fault, guidance.resend) {
        (_, Resend::OnAnotherConnection) | (Fault::Apple | Fault::Load, Resend::Later) => {
            "Sends it again by itself, with growing pauses, until the notification expires. No device token is blamed."
        }
        (Fault::Credential, _) => {
            "Pauses the lane, opens an incident with a reading of the credential, and holds what is to be sent; a canary finds out when it is \
             mended. No device token is blamed."
        }
        (Fault::Unknown, _) => {
            "Keeps the reason as it was said, counts it, and treats it by its status. No device token is blamed."
        }
        (Fault::Request | Fault::DeviceToken | Fault::Load | Fault::Apple, _) => {
            "Fails the notification and names the field; what can be checked is checked before a notification is accepted. No device token is \
             blamed."
        }
    }
}
