//! Why a device token is in its state, as a story for people, and what would change it.

use tidings_apns::{Environment, Timestamp, TokenKind};

use crate::evidence::{Evidence, RestoreCause};
use crate::history::History;
use crate::standing::{Cause, Sending, Standing, TokenState};

/// Why a device token is in its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The state and what decided it, in a sentence.
    pub summary: String,
    /// What to do, or what will happen by itself.
    pub advice: String,
    /// What was seen, oldest first.
    pub story: Vec<StoryLine>,
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLine {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// Tells the story of a device token.
pub fn explain(history: &History, kind: TokenKind, standing: &Standing) -> Explanation {
    Explanation {
        summary: summary(standing),
        advice: advice(kind, standing),
        story: story(history),
    }
}

fn summary(standing: &Standing) -> String {
    let place = |environment: &Environment| format!("in {environment}");
    match &standing.cause {
        Cause::Registered => "The app registered this token, and nothing has been sent to it yet.".to_owned(),
        Cause::Accepted => match standing.environment {
            Some(environment) => format!(
                "APNs accepts notifications to this token {}. That proves the address, not that the app is still there.",
                place(&environment)
            ),
            None => "APNs accepts notifications to this token.".to_owned(),
        },
        Cause::TryingOther { bad_in } => format!(
            "APNs did not know this token {}; it is being tried {}.",
            place(bad_in),
            place(&bad_in.other())
        ),
        Cause::DiedBeforeRegistration => {
            "APNs said that this token was dead, but of a time before the app registered it again: the app is back, \
             and the token stays. It is tried again after a pause."
                .to_owned()
        }
        Cause::DeadTwiceBeforeRegistration => {
            "APNs says again that this token is dead, and dates that before the newest registration. Both cannot be \
             true, so nothing is sent to it."
                .to_owned()
        }
        Cause::Dead { dead_at } => {
            format!("APNs said that this token is no longer in use, confirmed at {dead_at}.")
        }
        Cause::TooOld => "The Live Activity that this token updated has ended by its age.".to_owned(),
        Cause::BadEverywhere => "APNs does not know this token anywhere that the app's credentials reach.".to_owned(),
        Cause::OtherUnreachable { other } => format!(
            "APNs did not know this token {}, and no credential of the app reaches {other}, where it may belong.",
            place(&other.other())
        ),
        Cause::ProvenAndBad { environment } => format!(
            "APNs accepted this token {} before and calls it bad now. Such an answer is not believed until it was given twice, while others did well.",
            place(environment)
        ),
        Cause::LaneUnproven => {
            "APNs does not know this token in either environment. Until it says so again, while it does well by others, \
             the mistake may be ours."
                .to_owned()
        }
        Cause::WrongTopic { environment } => format!(
            "The token is live {} but belongs to another app, or to another kind of this one.",
            place(environment)
        ),
        Cause::Incident { .. } => {
            "What APNs said against this token was said during an incident, and is not believed for now.".to_owned()
        }
        Cause::Confirmed { .. } => {
            "APNs refused this token during an incident, and somebody confirmed that it was right.".to_owned()
        }
        Cause::SupersededBy { fingerprint } => {
            format!("The same installation has since registered another token ({fingerprint}).")
        }
    }
}

fn advice(kind: TokenKind, standing: &Standing) -> String {
    if standing.claim_is_wrong && standing.state == TokenState::Active {
        return "The app claims the other environment than the one it is in. Let it read its embedded provisioning \
                profile rather than guess by the build configuration."
            .to_owned();
    }
    match (&standing.cause, standing.sending) {
        (Cause::OtherUnreachable { other }, _) => {
            format!("Upload a credential that reaches {other}; what waits is then sent by itself.")
        }
        (Cause::WrongTopic { .. }, _) => format!(
            "Register the token under the app and the kind that it was given to; here it is registered as `{kind}`."
        ),
        (Cause::Incident { .. }, _) => {
            "Look at the incident. When it ends, or is released, what waits is sent by itself.".to_owned()
        }
        (Cause::DeadTwiceBeforeRegistration, _) => {
            "The next registration by the app brings it back. Check that this machine's clock is right."
                .to_owned()
        }
        (_, Sending::NotBefore(at, _)) => {
            format!("It is tried again with the first notification after {at}.")
        }
        (_, Sending::Held) => "Upload a credential that reaches it.".to_owned(),
        (_, Sending::Never) => {
            "The next registration by the app brings it back; `restore` does so by hand.".to_owned()
        }
        (_, Sending::To(_) | Sending::OnProbation(_)) => "Nothing.".to_owned(),
    }
}

fn story(history: &History) -> Vec<StoryLine> {
    let mut story = vec![StoryLine {
        at: history.first_registered_at,
        text: "registered for the first time".to_owned(),
    }];
    for environment in Environment::ALL {
        if let Some(accepted) = history.accepted(environment) {
            story.push(StoryLine {
                at: accepted.first_at,
                text: format!("accepted by APNs in {environment} for the first time"),
            });
            if accepted.last_at != accepted.first_at {
                story.push(StoryLine {
                    at: accepted.last_at,
                    text: format!("accepted by APNs in {environment}, most recently as noted"),
                });
            }
        }
    }
    story.extend(history.exceptions().iter().map(|evidence| StoryLine {
        at: evidence.known_at(),
        text: tell(evidence),
    }));
    if history.registered_at != history.first_registered_at {
        let claim = history
            .claimed
            .map_or(String::new(), |claimed| format!(", claiming {claimed}"));
        story.push(StoryLine {
            at: history.registered_at,
            text: format!("registered most recently{claim}"),
        });
    }
    story.sort_by_key(|line| line.at);
    story
}

fn tell(evidence: &Evidence) -> String {
    let dead = |reason: &str, environment: &Environment, dead_at: &Option<Timestamp>| match dead_at {
        Some(at) => format!("APNs answered 410 {reason} in {environment}, and dated it {at}"),
        None => format!("APNs answered 410 {reason} in {environment}, without a date"),
    };
    match evidence {
        Evidence::Registered { .. } => "registered".to_owned(),
        Evidence::Accepted { environment, .. } => format!("accepted by APNs in {environment}"),
        Evidence::Unregistered {
            environment, dead_at, ..
        } => dead("Unregistered", environment, dead_at),
        Evidence::Expired {
            environment, dead_at, ..
        } => dead("ExpiredToken", environment, dead_at),
        Evidence::BadToken {
            environment,
            credible,
            ..
        } => {
            let lane = if *credible {
                "while others did well"
            } else {
                "while no other token was known to do well"
            };
            format!("APNs answered 400 BadDeviceToken in {environment}, {lane}")
        }
        Evidence::WrongTopic { environment, .. } => {
            format!("APNs answered 400 DeviceTokenNotForTopic in {environment}")
        }
        Evidence::Superseded { by, .. } => format!("the installation registered another token ({by})"),
        Evidence::Doubted {
            environment,
            since,
            incident,
            ..
        } => format!("incident {incident} opened: what {environment} answered since {since} is doubted"),
        Evidence::Confirmed { incident, .. } => format!("the answers of incident {incident} were confirmed"),
        Evidence::Restored { why, .. } => match why {
            RestoreCause::Operator => "restored by hand".to_owned(),
            RestoreCause::IncidentReleased { incident } => format!("restored: incident {incident} ended"),
            RestoreCause::CredentialChanged => "restored: the app was given another credential".to_owned(),
        },
    }
}

impl TokenState {
    /// The state in a clause that completes "the token is".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Unproven => "registered, and not yet proven by an acceptance",
            Self::Active => "good",
            Self::Quarantined => "held back, because what speaks against it cannot be trusted yet",
            Self::Unregistered => "dead, as APNs said",
            Self::Rejected => "unknown to APNs",
            Self::Superseded => "replaced by another of the same installation",
        }
    }
}
