//! How an app does in each environment, as a sentence.

use std::time::Duration;

use tidings_apns::{Environment, Timestamp};
use tidings_delivery::{LaneHealth, LaneStatus};
use tidings_store::{App, CredentialForm, CredentialRow, DeviceCount, IncidentRow};
use tidings_truth::TokenState;

use super::sign::Sign;
use super::wording::{Foreign, grouped, length, plural, title};
use crate::problem::Problem;
use crate::server::Shared;

/// So long before its end, a certificate is worth a word.
const SOON: Duration = Duration::from_hours(24 * 30);

/// What is known of an app.
pub(crate) struct AppFacts {
    pub(crate) app: App,
    pub(crate) credentials: Vec<CredentialRow>,
    pub(crate) counts: Vec<DeviceCount>,
    pub(crate) lanes: Vec<LaneStatus>,
    pub(crate) incidents: Vec<IncidentRow>,
    pub(crate) now: Timestamp,
}

/// How an app does in one environment.
pub(crate) struct EnvironmentHealth {
    pub(crate) title: &'static str,
    pub(crate) sign: Sign,
    pub(crate) sentence: Foreign,
    /// The page on which there is more, where there is one.
    pub(crate) more: Option<String>,
}

impl AppFacts {
    /// All that is known of all apps.
    pub(crate) async fn all(server: &Shared) -> Result<Vec<Self>, Problem> {
        let open = server.store.open_incidents().await?;
        let mut all = Vec::new();
        for app in server.store.apps().await? {
            all.push(Self::of(app, &open, server).await?);
        }
        Ok(all)
    }

    /// All that is known of one app.
    pub(crate) async fn of(app: App, open: &[IncidentRow], server: &Shared) -> Result<Self, Problem> {
        let lanes = server.engine.lanes();
        Ok(Self {
            credentials: server.store.credentials(app.id).await?,
            counts: server.store.count_devices(app.id).await?,
            lanes: lanes.into_iter().filter(|lane| lane.app_id == app.id).collect(),
            incidents: open.iter().filter(|row| row.app_id == app.id).cloned().collect(),
            now: server.clock.now(),
            app,
        })
    }

    /// How it does in both.
    pub(crate) fn health(&self) -> Vec<EnvironmentHealth> {
        Environment::ALL
            .map(|environment| self.health_in(environment))
            .into()
    }

    fn health_in(&self, environment: Environment) -> EnvironmentHealth {
        let (sign, sentence, more) = self.judge(environment);
        EnvironmentHealth {
            title: title(environment),
            sign,
            sentence: Foreign::new(sentence),
            more,
        }
    }

    fn judge(&self, environment: Environment) -> (Sign, String, Option<String>) {
        let mut incidents = self.incidents.iter();
        if let Some(row) = incidents.find(|row| row.environment == environment) {
            let since = length(self.now.saturating_since(row.incident.opened_at));
            let sentence = format!(
                "Stopped by an incident for {since}: APNs answers {}. Notifications wait, and nothing is lost.",
                row.incident.cause.reason().as_str()
            );
            return (
                Sign::Bad,
                sentence,
                Some(format!("/dashboard/incidents/{}", row.incident.id)),
            );
        }
        let here = Some(format!("/dashboard/apps/{}", self.app.bundle_id));
        let Some(credential) = self.credential(environment) else {
            let waiting = self.count(|count| count.environment == Some(environment));
            return match waiting {
                0 => (
                    Sign::Quiet,
                    "No credential reaches it, and no device needs one.".to_owned(),
                    here,
                ),
                count => (
                    Sign::Bad,
                    format!(
                        "No credential reaches it: {} cannot be sent to.",
                        plural(count, "device token")
                    ),
                    here,
                ),
            };
        };
        let lane = self.lanes.iter().find(|lane| lane.environment == environment);
        let (sign, sentence) = self.with_credential(credential, lane);
        (sign, sentence, here)
    }

    fn with_credential(&self, credential: &CredentialRow, lane: Option<&LaneStatus>) -> (Sign, String) {
        let name = credential_name(credential);
        let ends = credential
            .not_after
            .filter(|end| end.saturating_since(self.now) <= SOON);
        let ending = ends.map_or(String::new(), |end| {
            format!(" It expires in {}.", length(end.saturating_since(self.now)))
        });
        let sign = if ending.is_empty() {
            Sign::Good
        } else {
            Sign::Watch
        };
        match lane.map(|lane| (&lane.health, lane.in_flight)) {
            Some((LaneHealth::Cautious { allowance }, _)) => (
                Sign::Watch,
                format!(
                    "APNs is not well, so at most {} at once are sent with {name}.{ending}",
                    plural(*allowance, "request")
                ),
            ),
            Some((_, 0)) => (sign, format!("Works with {name}.{ending}")),
            Some((_, on_the_way)) => (
                sign,
                format!(
                    "Works with {name}; {} on their way.{ending}",
                    plural(on_the_way, "request")
                ),
            ),
            None => (
                if ending.is_empty() { Sign::Quiet } else { sign },
                format!("Ready with {name}; nothing was sent since the server started.{ending}"),
            ),
        }
    }

    /// The credential that is used in an environment: the newest that reaches it and has not expired.
    pub(crate) fn credential(&self, environment: Environment) -> Option<&CredentialRow> {
        self.credentials.iter().find(|row| {
            row.environments.contains(environment) && row.not_after.is_none_or(|end| end > self.now)
        })
    }

    /// How many device tokens are so.
    pub(crate) fn count(&self, is_meant: impl Fn(&DeviceCount) -> bool) -> u64 {
        let meant = self.counts.iter().filter(|count| is_meant(count));
        meant.map(|count| count.count).sum()
    }

    /// How many device tokens are in each state that some are in.
    pub(crate) fn by_state(&self) -> Vec<(TokenState, u64)> {
        let counted = TokenState::ALL.map(|state| (state, self.count(|count| count.state == state)));
        counted.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// How many devices can be reached, as far as that can be known.
    pub(crate) fn audience(&self) -> String {
        let good = self.count(|count| count.state == TokenState::Active);
        let unproven = self.count(|count| count.state == TokenState::Unproven);
        let held = self.count(|count| count.state == TokenState::Quarantined);
        match (good, unproven + held) {
            (0, 0) => "No device can be reached.".to_owned(),
            (good, 0) => format!("{} can be reached.", plural(good, "device")),
            (good, unsure) => format!(
                "Between {} and {} devices can be reached: {} not proven yet, {} held back.",
                grouped(good),
                grouped(good + unsure),
                grouped(unproven),
                grouped(held)
            ),
        }
    }
}

/// A credential in a few words.
pub(crate) fn credential_name(row: &CredentialRow) -> String {
    match (row.form, &row.key_id) {
        (CredentialForm::SigningKey, Some(key_id)) => format!("signing key {key_id}"),
        (CredentialForm::SigningKey, None) => "a signing key".to_owned(),
        _ => format!("certificate {}", row.fingerprint.get(..8).unwrap_or_default()),
    }
}
