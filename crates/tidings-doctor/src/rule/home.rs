//! Where the device token in question lives, by the best evidence that there is.

use tidings_apns::Environment;

use crate::artefact::Artefact;
use crate::distribution::Distribution;
use crate::facts::Facts;
use crate::finding::Confidence;
use crate::precedence::{self, Source};

/// Where a device token lives.
pub(crate) struct Home {
    pub(crate) environment: Environment,
    pub(crate) by: HomeSource,
    pub(crate) evidence: Vec<String>,
}

/// What tells it, from the strongest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HomeSource {
    /// A probe was accepted.
    Probe,
    /// APNs accepted it before.
    Proven,
    /// The build says so, and how it is distributed.
    Build(Source, Option<Distribution>),
    /// The registration comes from a simulator.
    Simulator,
    /// The app claims it.
    Claim,
}

impl HomeSource {
    /// How sure it is.
    pub(crate) const fn confidence(self) -> Confidence {
        match self {
            Self::Probe | Self::Proven | Self::Build(..) => Confidence::Certain,
            Self::Simulator | Self::Claim => Confidence::Likely,
        }
    }
}

/// Where the device token lives; nothing if that is not known.
pub(crate) fn home(facts: &Facts<'_>) -> Option<Home> {
    probed(facts)
        .or_else(|| proven(facts))
        .or_else(|| built(facts))
        .or_else(|| simulated(facts))
        .or_else(|| claimed(facts))
}

fn probed(facts: &Facts<'_>) -> Option<Home> {
    let environment = *facts.accepted_in().first()?;
    Some(Home {
        environment,
        by: HomeSource::Probe,
        evidence: vec![format!(
            "probe: APNs accepted a notification to the token in {environment}"
        )],
    })
}

fn proven(facts: &Facts<'_>) -> Option<Home> {
    let [environment] = facts.case.registration.as_ref()?.proven[..] else {
        return None;
    };
    Some(Home {
        environment,
        by: HomeSource::Proven,
        evidence: vec![format!(
            "registry: APNs accepted the token in {environment} before"
        )],
    })
}

/// The build, as far as all that decide agree.
pub(crate) fn built(facts: &Facts<'_>) -> Option<Home> {
    let decided = decided(facts);
    let strongest = decided.iter().map(|(source, ..)| *source).min()?;
    let (_, environment, artefact) = decided.iter().find(|(source, ..)| *source == strongest)?;
    // Builds decide before profiles, and all of them must agree.
    let agree = decided
        .iter()
        .filter(|(source, ..)| is_build(*source) == is_build(strongest));
    agree
        .clone()
        .all(|(_, other, _)| other == environment)
        .then(|| Home {
            environment: *environment,
            by: HomeSource::Build(strongest, artefact.distribution()),
            evidence: agree
                .map(|(source, environment, artefact)| line(artefact, *source, *environment))
                .collect(),
        })
}

/// What decides the environment, with its artefact.
pub(crate) fn decided<'a>(facts: &Facts<'a>) -> Vec<(Source, Environment, &'a Artefact)> {
    let readings = facts.apps().filter_map(|artefact| {
        let (source, environment) = precedence::decided(artefact)?;
        Some((source, environment, artefact))
    });
    readings.collect()
}

const fn is_build(source: Source) -> bool {
    !matches!(source, Source::Profile)
}

/// A line of evidence: where, and the value.
pub(crate) fn line(artefact: &Artefact, source: Source, environment: Environment) -> String {
    let path = &artefact.path;
    let how = artefact
        .distribution()
        .map_or(String::new(), |it| format!(" ({})", it.in_words()));
    match source {
        Source::Simulator => format!("{path}: built for the Simulator"),
        Source::NoProfile => format!("{path}: holds no profile, as apps from the App Store do"),
        _ => format!(
            "{path}: aps-environment = {} in {}{how}",
            value(environment),
            source.in_words()
        ),
    }
}

/// As Apple spells it in entitlements.
pub(crate) const fn value(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "production",
        Environment::Sandbox => "development",
    }
}

fn simulated(facts: &Facts<'_>) -> Option<Home> {
    let model = facts.case.registration.as_ref()?.device_model.as_ref()?;
    is_simulator(model).then(|| Home {
        environment: Environment::Sandbox,
        by: HomeSource::Simulator,
        evidence: vec![format!(
            "registry: the device's model is `{model}`, which is a simulator's"
        )],
    })
}

/// Whether a model is a simulator's: it says so, or names the Mac's processor.
fn is_simulator(model: &str) -> bool {
    model.to_ascii_lowercase().contains("simulator") || matches!(model, "arm64" | "x86_64" | "i386")
}

fn claimed(facts: &Facts<'_>) -> Option<Home> {
    let environment = facts.case.registration.as_ref()?.claimed?;
    Some(Home {
        environment,
        by: HomeSource::Claim,
        evidence: vec![format!("registry: the app claims {environment}")],
    })
}
