//! What is wrong with a credential, or will be, in words.

use std::time::Duration;

use serde::Serialize;
use tidings_apns::{Environment, Timestamp};
use tidings_store::{CredentialForm, CredentialRow};
use utoipa::ToSchema;

/// So long before its end, a certificate is worth a warning.
const SOON: Duration = Duration::from_hours(24 * 30);

/// Something about a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Finding)]
pub(crate) struct FindingBody {
    /// A stable name.
    code: &'static str,
    /// `error`, `warning` or `info`.
    severity: &'static str,
    /// What was found.
    text: String,
    /// What to do about it.
    advice: String,
}

/// What there is to say about a credential of an app at an instant.
pub(crate) fn findings(bundle_id: &str, row: &CredentialRow, now: Timestamp) -> Vec<FindingBody> {
    [expiry(row, now), topics(bundle_id, row), reach(row)]
        .into_iter()
        .flatten()
        .collect()
}

fn expiry(row: &CredentialRow, now: Timestamp) -> Option<FindingBody> {
    let end = row.not_after?;
    if end <= now {
        return Some(FindingBody {
            code: "expired",
            severity: "error",
            text: format!("It expired at {end}; APNs refuses it, and it is not used."),
            advice: "Make a new certificate and upload it; or use a signing key, which does not expire."
                .to_owned(),
        });
    }
    let left = end.saturating_since(now);
    (left <= SOON).then(|| FindingBody {
        code: "expires-soon",
        severity: "warning",
        text: format!("It expires in {} days, at {end}.", left.as_secs() / 86_400),
        advice:
            "Make a new certificate and upload it before then; or use a signing key, which does not expire."
                .to_owned(),
    })
}

/// A topic of the app is its bundle id, or begins with it and a dot.
fn topics(bundle_id: &str, row: &CredentialRow) -> Option<FindingBody> {
    let is_of_the_app = |topic: &String| {
        let rest = topic.strip_prefix(bundle_id);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if row.topics.is_empty() || row.topics.iter().any(is_of_the_app) {
        return None;
    }
    Some(FindingBody {
        code: "wrong-topic",
        severity: "error",
        text: format!(
            "It is for {}, and the app is {bundle_id}: APNs will refuse the topic.",
            row.topics.join(", ")
        ),
        advice: "Upload it to the app that it was made for, and the app's own here.".to_owned(),
    })
}

fn reach(row: &CredentialRow) -> Option<FindingBody> {
    let missing = Environment::ALL
        .into_iter()
        .find(|environment| !row.environments.contains(*environment))?;
    let there = missing.other();
    Some(FindingBody {
        code: "one-environment",
        severity: "info",
        text: format!("It reaches {there} only: device tokens of {missing} need another credential."),
        advice: match row.form {
            CredentialForm::SigningKey => {
                "If the key is good for both, upload it again without `environments`."
            }
            CredentialForm::Certificate => "If the app has such devices, upload a certificate for both.",
        }
        .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use tidings_store::{AppId, CredentialId};
    use tidings_truth::EnvironmentSet;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);

    fn codes(change: impl FnOnce(&mut CredentialRow)) -> Vec<&'static str> {
        let mut row = CredentialRow {
            id: CredentialId(Uuid::nil()),
            app_id: AppId(1),
            form: CredentialForm::Certificate,
            environments: EnvironmentSet::BOTH,
            key_id: None,
            team_id: None,
            topics: vec!["com.example.app".to_owned(), "com.example.app.voip".to_owned()],
            not_after: Some(NOW.saturating_add(SOON * 2)),
            fingerprint: String::new(),
            created_at: NOW,
        };
        change(&mut row);
        findings("com.example.app", &row, NOW)
            .into_iter()
            .map(|finding| finding.code)
            .collect()
    }

    #[test]
    fn nothing_is_said_of_a_good_credential() {
        assert!(codes(|_| ()).is_empty());
        assert!(codes(|row| (row.topics, row.not_after) = (Vec::new(), None)).is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(codes(|row| row.not_after = Some(NOW)), ["expired"]);
        assert_eq!(
            codes(|row| row.not_after = Some(NOW.saturating_add(SOON))),
            ["expires-soon"]
        );
        assert_eq!(
            codes(|row| row.topics = vec!["com.example.application".to_owned()]),
            ["wrong-topic"]
        );
        let sandbox = EnvironmentSet::NONE.with(Environment::Sandbox);
        assert_eq!(codes(|row| row.environments = sandbox), ["one-environment"]);
    }
}
