//! Production or sandbox: where the device token lives, and where it was sent.

use tidings_apns::{Environment, Reason};

use super::home::{Home, HomeSource, built, decided, home, line};
use crate::case::{Answer, ProbeStep, Reach};
use crate::catalogue::{Entry, device_token, environment as entries};
use crate::distribution::Distribution;
use crate::facts::Facts;
use crate::finding::Confidence;
use crate::precedence::Source;
use crate::remark::Remark;

/// The token is sent to the environment where it does not live.
pub(super) fn mismatch(facts: &Facts<'_>) -> Vec<Remark> {
    // A token that APNs accepts, or knows under another topic, is in the right environment.
    if facts.is_accepted() || facts.is(&Reason::DeviceTokenNotForTopic) {
        return Vec::new();
    }
    let (Some(sent), Some(home)) = (facts.case.environment, home(facts)) else {
        return Vec::new();
    };
    if home.environment == sent {
        return Vec::new();
    }
    vec![misdirected(facts, &home, sent)]
}

fn misdirected(facts: &Facts<'_>, home: &Home, sent: Environment) -> Remark {
    let environment = home.environment;
    // A dead token may be dead wherever it lives.
    let confidence = if facts.is(&Reason::Unregistered) {
        Confidence::Likely
    } else {
        home.by.confidence()
    };
    let (entry, whose) = kind(home);
    let title = format!("{whose} {environment}, and is sent to {sent}.");
    Remark::with(entry, confidence, title)
        .evidences(home.evidence.iter().cloned())
        .evidence(format!("sent to: {sent} ({})", sent.host()))
        .question(format!(
            "Does {environment} ({}) accept this device token?",
            environment.host()
        ))
        .fix(format!(
            "Send this device token to {environment} ({}), and keep the environment with every token.",
            environment.host()
        ))
}

/// What it is a case of, and how its sentence begins.
fn kind(home: &Home) -> (&'static Entry, String) {
    let by_environment = match home.environment {
        Environment::Sandbox => &entries::SANDBOX_TOKEN_TO_PRODUCTION,
        Environment::Production => &entries::PRODUCTION_TOKEN_TO_SANDBOX,
    };
    match home.by {
        HomeSource::Probe => (
            &entries::TOKEN_OF_THE_OTHER_ENVIRONMENT,
            "The device token is accepted in".to_owned(),
        ),
        HomeSource::Proven => (
            &entries::TOKEN_OF_THE_OTHER_ENVIRONMENT,
            "The device token was accepted before in".to_owned(),
        ),
        HomeSource::Simulator | HomeSource::Build(Source::Simulator, _) => (
            &entries::SIMULATOR_TOKEN,
            "The device token comes from a simulator, so it belongs to".to_owned(),
        ),
        HomeSource::Build(_, Some(how @ (Distribution::AdHoc | Distribution::Enterprise)))
            if home.environment == Environment::Production =>
        {
            (
                &entries::AD_HOC_IS_PRODUCTION,
                format!("The device token of {} belongs to", how.in_words()),
            )
        }
        HomeSource::Build(_, Some(how)) => (
            by_environment,
            format!("The device token of {} belongs to", how.in_words()),
        ),
        HomeSource::Build(_, None) => (
            by_environment,
            "The device token of this build belongs to".to_owned(),
        ),
        HomeSource::Claim => (by_environment, "The device token was registered for".to_owned()),
    }
}

/// The app claims another environment than it is in.
pub(super) fn claims(facts: &Facts<'_>) -> Vec<Remark> {
    let claimed = facts
        .case
        .registration
        .as_ref()
        .and_then(|registration| registration.claimed);
    match (claimed, home(facts)) {
        (Some(claimed), Some(home))
            if home.environment != claimed && home.by.confidence() == Confidence::Certain =>
        {
            vec![wrong_claim(facts, claimed, &home)]
        }
        (None, _) => fallback_of_the_app(facts).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn wrong_claim(facts: &Facts<'_>, claimed: Environment, home: &Home) -> Remark {
    let remark = if claimed == Environment::Sandbox && has_no_profile(facts) {
        let title = "The app registered as sandbox, but it is from the App Store: it found no profile in itself and took that for a \
                     development build.";
        Remark::certain(&entries::MISSING_PROFILE_READ_AS_SANDBOX, title)
    } else {
        let title = format!(
            "The app registered its device token as {claimed}, and it belongs to {}.",
            home.environment
        );
        Remark::certain(&entries::CLAIM_IS_WRONG, title)
    };
    remark
        .evidence(format!("registry: the app claims {claimed}"))
        .evidences(home.evidence.iter().cloned())
}

/// The app is the store's, and everybody's token went to the sandbox: its code may have chosen that.
fn fallback_of_the_app(facts: &Facts<'_>) -> Option<Remark> {
    let everybody = matches!(facts.case.reach, Some(Reach::All));
    let to_sandbox = facts.case.environment == Some(Environment::Sandbox);
    (everybody && to_sandbox && facts.is(&Reason::BadDeviceToken) && has_no_profile(facts)).then(|| {
        let title = "All devices with the store's build fail in the sandbox, and the build holds no profile.";
        let question =
            "Does the app read embedded.mobileprovision, and register as sandbox when there is none?";
        Remark::ask(&entries::MISSING_PROFILE_READ_AS_SANDBOX, title, question)
    })
}

/// Whether the app is one that is shipped without a profile.
fn has_no_profile(facts: &Facts<'_>) -> bool {
    let is_stores = |distribution| distribution == Some(Distribution::AppStore);
    facts
        .builds()
        .any(|(_, build)| build.app.profile.is_none() && is_stores(build.distribution()))
}

/// Tables of device tokens, and what happened to them.
pub(super) fn records(facts: &Facts<'_>) -> Vec<Remark> {
    [
        without_environment(facts),
        from_testing(facts),
        all_at_once(facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn without_environment(facts: &Facts<'_>) -> Option<Remark> {
    let mixed = facts.is(&Reason::BadDeviceToken) && facts.case.reach == Some(Reach::Some);
    if !mixed || home(facts).is_some() {
        return None;
    }
    let title = "Some device tokens are refused while others do well, and nothing says to which environment each belongs.";
    let question = "Does the other environment accept the device tokens that fail here?";
    let recorded = facts.case.registration.as_ref();
    Some(match recorded {
        Some(_) => Remark::likely(&entries::ENVIRONMENT_NOT_RECORDED, title)
            .question(question)
            .evidence("registry: the app claimed no environment, and none is proven"),
        None => Remark::ask(&entries::ENVIRONMENT_NOT_RECORDED, title, question),
    })
}

fn from_testing(facts: &Facts<'_>) -> Option<Remark> {
    let registration = facts.case.registration.as_ref()?;
    let registered_at = registration.registered_at?;
    let relevant = facts.is(&Reason::BadDeviceToken)
        && facts.case.environment == Some(Environment::Production)
        && registration.proven.is_empty();
    let profiles = facts.profiles().map(|(_, profile)| profile);
    let profiles = profiles.filter(|profile| profile.environment() == Some(Environment::Production));
    let first = profiles.filter_map(|profile| profile.created_at).min()?;
    (relevant && registered_at < first).then(|| {
        let title = "The device token was registered before the profile for production was made: it is left from testing.";
        Remark::likely(&entries::LEFT_FROM_TESTING, title)
            .evidence(format!("registry: last registered at {registered_at}"))
            .evidence(format!("profile: made at {first}"))
            .question("Was there an earlier build for production?")
    })
}

fn all_at_once(facts: &Facts<'_>) -> Option<Remark> {
    let about_tokens = facts.is_any(&[Reason::BadDeviceToken, Reason::DeviceTokenNotForTopic]);
    (about_tokens && facts.case.reach == Some(Reach::AllApps)).then(|| {
        let title = "Device tokens of all apps are refused at once: the sender's configuration changed, not the tokens.";
        Remark::likely(&entries::CONFIGURATION_CHANGED, title)
            .evidence("reach: all device tokens of all apps")
            .question("What was deployed or configured just before the first refusal?")
    })
}

/// `BadDeviceToken`, and nothing says where the token lives.
pub(super) fn asked(facts: &Facts<'_>) -> Vec<Remark> {
    if !facts.is(&Reason::BadDeviceToken) {
        return Vec::new();
    }
    if let Some(remark) = refused_everywhere(facts) {
        return vec![remark];
    }
    if let Some(home) = home(facts) {
        return in_the_right_place(facts, &home).into_iter().collect();
    }
    let remark = match facts.case.environment {
        Some(Environment::Production) => Remark::ask(
            &entries::SANDBOX_TOKEN_TO_PRODUCTION,
            "Production does not know the device token; builds from Xcode have sandbox tokens.",
            "Was the app on the failing devices run from Xcode, or exported for development?",
        ),
        Some(Environment::Sandbox) => Remark::ask(
            &entries::PRODUCTION_TOKEN_TO_SANDBOX,
            "The sandbox does not know the device token; builds of TestFlight, the App Store, Ad Hoc and enterprises have production tokens.",
            "Was the app on the failing devices installed from TestFlight, the App Store, or by Ad Hoc or enterprise distribution?",
        ),
        None => Remark::ask(
            &entries::TOKEN_OF_THE_OTHER_ENVIRONMENT,
            "APNs does not know the device token in the environment that it was sent to; mostly it belongs to the other.",
            "To which environment was it sent, and how was the app installed (Xcode, TestFlight, App Store, Ad Hoc)?",
        ),
    };
    vec![remark]
}

/// The other environment was tried as well: then it is not the environment.
fn refused_everywhere(facts: &Facts<'_>) -> Option<Remark> {
    let other = facts.case.environment?.other();
    let refused = |answer: &Answer| answer.reason.as_deref() == Some(Reason::BadDeviceToken.as_str());
    let mut probes = facts.probed(ProbeStep::Device);
    probes
        .any(|(probe, answer)| probe.environment == other && refused(answer))
        .then(|| {
            let title = "APNs knows the device token in neither environment.";
            let question = "Is it, digit by digit, the token that the app prints when it registers now?";
            Remark::ask(&device_token::TOKEN_DAMAGED, title, question)
        })
}

/// It was sent where it should live, and is refused: then the token is another's, or something changed.
fn in_the_right_place(facts: &Facts<'_>, home: &Home) -> Option<Remark> {
    if facts.case.environment != Some(home.environment) {
        return None;
    }
    Some(match home.by {
        HomeSource::Probe | HomeSource::Proven => Remark::ask(
            &entries::CONFIGURATION_CHANGED,
            format!(
                "APNs accepted the device token in {} before, and calls it bad there now.",
                home.environment
            ),
            "Are other device tokens that were accepted before refused since the same time, and what changed then?",
        ),
        HomeSource::Build(..) | HomeSource::Simulator | HomeSource::Claim => Remark::ask(
            &entries::TOKEN_OF_THE_OTHER_ENVIRONMENT,
            format!(
                "By what was given the device token should live in {}, where APNs does not know it.",
                home.environment
            ),
            "Is this the build that registered the device token, and does the other environment accept it?",
        ),
    })
}

/// The files are of both environments, so none of them decides.
pub(super) fn disagreement(facts: &Facts<'_>) -> Vec<Remark> {
    let decided = decided(facts);
    let of = |environment| decided.iter().any(|(_, it, _)| *it == environment);
    if !(of(Environment::Production) && of(Environment::Sandbox)) {
        return Vec::new();
    }
    let lines = decided
        .iter()
        .map(|(source, environment, artefact)| line(artefact, *source, *environment));
    let title = "The files are of both environments: some are for production, some for the sandbox.";
    let remark = Remark::certain(&entries::ARTEFACTS_DISAGREE, title).evidences(lines);
    let mut remarks = vec![remark];
    if built(facts).is_none() && facts.is(&Reason::BadDeviceToken) {
        let (entry, question) = (
            &entries::TOKEN_OF_THE_OTHER_ENVIRONMENT,
            "Which of these builds is on the failing device?",
        );
        remarks.push(Remark::ask(
            entry,
            "The builds at hand belong to different environments.",
            question,
        ));
    }
    remarks
}
