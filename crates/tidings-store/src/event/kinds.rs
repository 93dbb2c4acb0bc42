//! The kinds of events. This table makes the code that writes them, the schema that the API publishes, and the page of
//! the book.

use serde::{Deserialize, Serialize};
use tidings_apns::{Environment, KeyId, TeamId, Timestamp};
use tidings_truth::{IncidentCause, IncidentEnd, TokenState};

use super::Happening;
use super::declaration::{Field, Shaped, happenings};
use crate::credential::CredentialForm;
use crate::ids::NotificationId;
use crate::notification::Counts;
use crate::recipient::RecipientOutcome;

happenings! {
    /// Nothing of a notification is left to be done.
    NotificationFinished "notification.finished" about "the id of the notification" {
        /// How many recipients ended how.
        counts: Counts,
    }
    /// A notification was cancelled. What is being sent then still ends as it ends; after that comes
    /// `notification.finished`.
    NotificationCancelled "notification.cancelled" about "the id of the notification" {}
    /// A recipient of a notification ended without being delivered, and was not cancelled. The first hundred of a
    /// notification are told one by one; all are counted by `notification.finished`, and listed by the notification's
    /// recipients.
    RecipientFailed "recipient.failed" about "the id of the notification" {
        /// The notification.
        notification_id: NotificationId,
        /// The fingerprint of the device token; null when it was forgotten meanwhile.
        device: Option<String>,
        /// How it ended.
        outcome: RecipientOutcome,
        /// The status of APNs's last answer.
        status: Option<u16>,
        /// The reason of APNs's last answer.
        reason: Option<Box<str>>,
        /// Where the last request went.
        environment: Option<Environment>,
        /// How many requests there were.
        attempts: u16,
    }
    /// It became known where device tokens belong: APNs accepted for them in an environment that their app had not
    /// claimed. Those that are learned together are told together.
    DeviceLearned "device.learned" about "the fingerprint of one of the device tokens" {
        /// Where they belong.
        environment: Environment,
        /// How many device tokens.
        count: u64,
        /// The fingerprints of some of them, twenty at most.
        devices: Vec<String>,
    }
    /// Something speaks against a device token that cannot be trusted yet. Nothing is sent to it, and what is meant for
    /// it waits.
    DeviceQuarantined "device.quarantined" about "the fingerprint of the device token" {
        /// Its state before.
        before: TokenState,
        /// Its state now.
        after: TokenState,
        /// What decided it, in one word.
        cause: &'static str,
        /// Its number.
        device_id: i64,
    }
    /// A device token is not sent to any more: APNs called it dead, or bad everywhere, or its installation registered
    /// another.
    DeviceRetired "device.retired" about "the fingerprint of the device token" {
        /// Its state before.
        before: TokenState,
        /// Its state now.
        after: TokenState,
        /// What decided it, in one word.
        cause: &'static str,
        /// Its number.
        device_id: i64,
    }
    /// A device token that was quarantined or retired is sent to again: it was registered again, released, or restored
    /// by somebody.
    DeviceRestored "device.restored" about "the fingerprint of the device token" {
        /// Its state before.
        before: TokenState,
        /// Its state now.
        after: TokenState,
        /// What decided it, in one word.
        cause: &'static str,
        /// Its number.
        device_id: i64,
    }
    /// A device token was forgotten because somebody asked for it.
    DeviceForgotten "device.forgotten" about "the fingerprint of the device token" {
        /// Its number.
        device_id: i64,
    }
    /// An app claims another environment for its device tokens than the one in which they are proven: its build says the
    /// wrong thing. Those that are noticed together are told together, and each is told once.
    RegistrationConflict "registration.conflict" about "the fingerprint of one of the device tokens" {
        /// What the app claims.
        claimed: Environment,
        /// Where APNs accepts.
        proven: Environment,
        /// How many device tokens.
        count: u64,
        /// The fingerprints of some of them, twenty at most.
        devices: Vec<String>,
    }
    /// APNs reported unusually many device tokens of an app as unregistered within an hour: five of a hundred of those
    /// that were alive, at least a hundred, and five times as many as in the hours with such reports before. Told once
    /// a day for an app.
    DeviceUnregisteredWave "device.unregistered_wave" about "the bundle id of the app" {
        /// When the hour began.
        since: Timestamp,
        /// How many device tokens were reported in it so far.
        count: u64,
        /// How many device tokens of the app could be sent to before.
        alive: u64,
        /// How many were reported in such an hour before, on the average.
        usual: f64,
    }
    /// A credential was added.
    CredentialAdded "credential.added" about "the id of the credential" {
        /// A signing key or a certificate.
        form: CredentialForm,
        /// Where it can be used.
        environments: Vec<Environment>,
        /// The id of the signing key.
        key_id: Option<KeyId>,
        /// The team.
        team_id: Option<TeamId>,
        /// What the secret is known by.
        fingerprint: String,
    }
    /// A credential was removed.
    CredentialRemoved "credential.removed" about "the id of the credential" {
        /// A signing key or a certificate.
        form: CredentialForm,
        /// Where it could be used.
        environments: Vec<Environment>,
        /// The id of the signing key.
        key_id: Option<KeyId>,
        /// The team.
        team_id: Option<TeamId>,
        /// What the secret is known by.
        fingerprint: String,
    }
    /// A push certificate ends soon. Told 30 days, 7 days and 1 day before, each once.
    CredentialExpiring "credential.expiring" about "the id of the credential" {
        /// When it ends.
        not_after: Timestamp,
        /// How many days are left at most: 30, 7 or 1.
        days_left: u64,
        /// A signing key or a certificate.
        form: CredentialForm,
        /// What the secret is known by.
        fingerprint: String,
    }
    /// An incident has opened: APNs refuses the credential, or device tokens that were good. Nothing but canaries is sent.
    IncidentOpened "incident.opened" about "the id of the incident" {
        /// Where.
        environment: Environment,
        /// What is refused.
        cause: IncidentCause,
        /// Since when answers are doubted.
        since: Timestamp,
        /// Nothing yet.
        end: Option<IncidentEnd>,
        /// What is known of it.
        details: serde_json::Value,
    }
    /// An incident has ended.
    IncidentEnded "incident.ended" about "the id of the incident" {
        /// Where.
        environment: Environment,
        /// What was refused.
        cause: IncidentCause,
        /// Since when answers were doubted.
        since: Timestamp,
        /// How it ended.
        end: Option<IncidentEnd>,
        /// What is known of it.
        details: serde_json::Value,
    }
    /// A webhook is not sent to any more, because its receiver said that it is gone, or because nothing was taken for as
    /// long as a message is tried.
    WebhookDisabled "webhook.disabled" about "the id of the webhook" {
        /// `gone` or `failing`.
        cause: &'static str,
        /// The host of its receiver.
        host: String,
        /// When the first attempt failed after which none succeeded.
        failing_since: Option<Timestamp>,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_a_meaning() {
        let mut names = BTreeSet::new();
        for kind in EventKind::ALL {
            assert!(names.insert(kind.as_str()), "{kind:?}");
            assert!(kind.meaning().trim().ends_with('.'), "{kind:?}");
            assert!(
                kind.fields().iter().all(|field| !field.meaning.is_empty()),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn what_is_written_is_what_is_declared() {
        let event = super::super::NewEvent::new(
            None,
            "0102",
            &DeviceQuarantined {
                before: TokenState::Active,
                after: TokenState::Quarantined,
                cause: "lane_unproven",
                device_id: 7,
            },
        );
        assert_eq!(event.kind.as_str(), "device.quarantined");
        let fields: BTreeSet<&str> = event.kind.fields().iter().map(|field| field.name).collect();
        let written: BTreeSet<&str> = event
            .data
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(fields, written);
    }
}
