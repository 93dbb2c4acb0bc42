//! A case as the rules look at it: credentials joined with their files, the answer as a reason, the app, the topic.

use tidings_apns::{Environment, Reason, Timestamp, Topic};

use crate::artefact::{Artefact, Content};
use crate::build::Build;
use crate::case::{Answer, Case, ConfiguredCredential, Probe, ProbeOutcome, ProbeStep};
use crate::catalogue::Sign;
use crate::credential::{CertificateEntry, CredentialFile};
use crate::message::Message;
use crate::precedence::is_variable;
use crate::profile::Profile;

/// A case, laid out for the rules.
pub(crate) struct Facts<'a> {
    pub(crate) case: &'a Case,
    /// The reason that APNs gave, in its answer or as somebody's message quotes it.
    pub(crate) reason: Option<Reason>,
    /// What else the failure shows itself by.
    pub(crate) signs: Vec<Sign>,
    pub(crate) message: Message,
    pub(crate) credentials: Vec<CredentialFacts<'a>>,
}

/// A credential: as configured, as a file, or both.
#[derive(Clone, Copy)]
pub(crate) struct CredentialFacts<'a> {
    pub(crate) configured: Option<&'a ConfiguredCredential>,
    pub(crate) path: Option<&'a str>,
    pub(crate) file: Option<&'a CredentialFile>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(case: &'a Case) -> Self {
        let message = Message::read(case.message.as_deref().unwrap_or_default());
        let reason = reason(case, &message);
        let signs = signs(case, &message, reason.as_ref());
        Self {
            case,
            reason,
            signs,
            message,
            credentials: credentials(case),
        }
    }

    /// Whether APNs gave this reason.
    pub(crate) fn is(&self, reason: &Reason) -> bool {
        self.reason.as_ref() == Some(reason)
    }

    /// Whether APNs gave one of these reasons.
    pub(crate) fn is_any(&self, reasons: &[Reason]) -> bool {
        self.reason
            .as_ref()
            .is_some_and(|reason| reasons.contains(reason))
    }

    /// Whether something failed, as far as is known.
    pub(crate) fn is_failing(&self) -> bool {
        self.reason.is_some() || !self.signs.is_empty()
    }

    pub(crate) fn is_accepted(&self) -> bool {
        self.case
            .answer
            .as_ref()
            .is_some_and(|answer| answer.status == 200)
    }

    /// The answer in words.
    pub(crate) fn answer_in_words(&self) -> String {
        let reason = self
            .reason
            .as_ref()
            .map_or(String::new(), |reason| format!(" {reason}"));
        match &self.case.answer {
            Some(answer) => format!("APNs answered {}{reason}", answer.status),
            None => format!("the message names{reason}"),
        }
    }

    /// Builds, each with its path.
    pub(crate) fn builds(&self) -> impl Iterator<Item = (&'a str, &'a Build)> {
        self.case
            .artefacts
            .iter()
            .filter_map(|artefact| match &artefact.content {
                Content::Build(build) => Some((artefact.path.as_str(), &**build)),
                _ => None,
            })
    }

    /// Profiles that were given on their own.
    pub(crate) fn loose_profiles(&self) -> impl Iterator<Item = (&'a str, &'a Profile)> {
        self.case
            .artefacts
            .iter()
            .filter_map(|artefact| match &artefact.content {
                Content::Profile(profile) => Some((artefact.path.as_str(), &**profile)),
                _ => None,
            })
    }

    /// Profiles, embedded in the apps of builds or on their own.
    pub(crate) fn profiles(&self) -> impl Iterator<Item = (&'a str, &'a Profile)> {
        let embedded = self
            .builds()
            .filter_map(|(path, build)| Some((path, build.app.profile.as_ref()?)));
        embedded.chain(self.loose_profiles())
    }

    /// What names an app: builds, profiles, executables, property lists. Credentials do not.
    pub(crate) fn apps(&self) -> impl Iterator<Item = &'a Artefact> {
        self.case.artefacts.iter().filter(|artefact| {
            !matches!(
                artefact.content,
                Content::Credential(_) | Content::ProviderToken(_) | Content::Unreadable(_)
            )
        })
    }

    /// The bundle ids of what names an app, each with its path. Wildcards and build variables are none.
    pub(crate) fn bundle_ids(&self) -> Vec<(&'a str, &'a str)> {
        let named = self
            .apps()
            .filter_map(|artefact| Some((artefact.path.as_str(), artefact.bundle_id()?)));
        named
            .filter(|(_, id)| !id.ends_with('*') && !is_variable(id))
            .collect()
    }

    /// The teams of what names an app, each with its path.
    pub(crate) fn teams(&self) -> Vec<(&'a Artefact, &'a str)> {
        self.apps()
            .filter_map(|artefact| Some((artefact, artefact.team_id()?)))
            .collect()
    }

    /// The app in question: as said, or the only one that the files name, or that of the topic.
    pub(crate) fn bundle_id(&self) -> Option<String> {
        if let Some(said) = &self.case.bundle_id {
            return Some(said.clone());
        }
        let ids = self.bundle_ids();
        let (_, first) = ids.first()?;
        ids.iter().all(|(_, id)| id == first).then(|| (*first).to_owned())
    }

    /// The topic that is sent to: as said, or the app as it was said.
    pub(crate) fn topic(&self) -> Option<&'a str> {
        self.case.topic.as_deref().or(self.case.bundle_id.as_deref())
    }

    /// The credentials that could be meant for the app.
    pub(crate) fn own_credentials(&self) -> impl Iterator<Item = &CredentialFacts<'a>> {
        let app = self.bundle_id();
        self.credentials.iter().filter(move |credential| {
            let theirs = credential.configured.and_then(|it| it.bundle_id.as_deref());
            theirs.is_none() || app.is_none() || theirs == app.as_deref()
        })
    }

    /// Answers to probes of a step.
    pub(crate) fn probed(&self, step: ProbeStep) -> impl Iterator<Item = (&'a Probe, &'a Answer)> {
        self.case
            .probes
            .iter()
            .filter_map(move |probe| match &probe.outcome {
                ProbeOutcome::Answered { answer, .. } if probe.step == step => Some((probe, answer)),
                _ => None,
            })
    }

    /// The environments in which a probe to the device token was accepted.
    pub(crate) fn accepted_in(&self) -> Vec<Environment> {
        let accepted = self
            .probed(ProbeStep::Device)
            .filter(|(_, answer)| answer.status == 200);
        accepted.map(|(probe, _)| probe.environment).collect()
    }
}

impl CredentialFacts<'_> {
    /// Where it stands, for people.
    pub(crate) fn place(&self) -> String {
        match (self.configured, self.path) {
            (Some(configured), _) if !configured.origin.is_empty() => configured.origin.clone(),
            (_, Some(path)) => path.to_owned(),
            _ => "the credential".to_owned(),
        }
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.configured?.key_id.as_deref()
    }

    pub(crate) fn team_id(&self) -> Option<&str> {
        self.configured
            .and_then(|it| it.team_id.as_deref())
            .or_else(|| self.certificate()?.team_id.as_deref())
    }

    pub(crate) fn key_id_in_name(&self) -> Option<&str> {
        self.file?.key_id_in_name.as_deref()
    }

    /// The certificates in its file that are nobody's authority.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &CertificateEntry> {
        let all = self.file.map_or(&[][..], |file| &file.certificates);
        all.iter().filter(|it| !it.is_authority)
    }

    /// The certificate that it would be used with.
    pub(crate) fn certificate(&self) -> Option<&CertificateEntry> {
        let mut own = self.certificates().filter(|it| it.is_for_push);
        let first = own.next()?;
        Some(if first.has_key {
            first
        } else {
            own.find(|it| it.has_key).unwrap_or(first)
        })
    }

    /// Whether it is a signing key, as far as can be told.
    pub(crate) fn is_signing_key(&self) -> bool {
        let configured = self.configured.is_some_and(|it| it.key_id.is_some());
        configured
            || self
                .file
                .is_some_and(|file| file.certificates.is_empty() && !file.keys.is_empty())
    }

    /// The environments that it reaches; empty where nothing restricts it.
    pub(crate) fn environments(&self) -> Vec<Environment> {
        let said = self
            .configured
            .map(|it| it.environments.clone())
            .unwrap_or_default();
        if said.is_empty() {
            return self
                .certificate()
                .map(|it| it.environments.clone())
                .unwrap_or_default();
        }
        said
    }

    pub(crate) fn reaches(&self, environment: Environment) -> bool {
        let all = self.environments();
        all.is_empty() || all.contains(&environment)
    }

    /// The topics that it is restricted to; empty where nothing restricts it.
    pub(crate) fn topics(&self) -> Vec<String> {
        let said = self.configured.map(|it| it.topics.clone()).unwrap_or_default();
        if !said.is_empty() {
            return said;
        }
        let Some(certificate) = self.certificate() else {
            return Vec::new();
        };
        let named = || certificate.user_id.iter().cloned().collect();
        if certificate.topics.is_empty() {
            named()
        } else {
            certificate.topics.clone()
        }
    }

    /// When it ends.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        let by_file = self.certificate().map(|it| it.not_after);
        by_file.or_else(|| self.configured?.expires_at)
    }
}

/// The bundle id in a topic, without the suffix of a kind.
pub(crate) fn base(topic: &str) -> String {
    topic
        .parse::<Topic>()
        .map_or_else(|_| topic.to_owned(), |topic| topic.bundle_id().to_string())
}

fn credentials(case: &Case) -> Vec<CredentialFacts<'_>> {
    let files = || {
        case.artefacts
            .iter()
            .filter_map(|artefact| match &artefact.content {
                Content::Credential(file) => Some((artefact.path.as_str(), file)),
                _ => None,
            })
    };
    let configured = case.credentials.iter().map(|configured| {
        let path = configured.path.as_deref();
        let file = files().find(|(at, _)| Some(*at) == path);
        CredentialFacts {
            configured: Some(configured),
            path,
            file: file.map(|(_, file)| file),
        }
    });
    let is_configured = |path: &str| {
        case.credentials
            .iter()
            .any(|configured| configured.path.as_deref() == Some(path))
    };
    let loose = files()
        .filter(|(path, _)| !is_configured(path))
        .map(|(path, file)| CredentialFacts {
            configured: None,
            path: Some(path),
            file: Some(file),
        });
    configured.chain(loose).collect()
}

fn reason(case: &Case, message: &Message) -> Option<Reason> {
    let Some(answer) = &case.answer else {
        return message.reason.clone();
    };
    match (&answer.reason, answer.status) {
        (_, 200) => None,
        (Some(reason), _) => Some(Reason::from_name(reason)),
        (None, 410) => Some(Reason::Unregistered),
        (None, 429) => Some(Reason::TooManyRequests),
        (None, 500) => Some(Reason::InternalServerError),
        (None, 503) => Some(Reason::ServiceUnavailable),
        (None, _) => Some(Reason::from_name("")),
    }
}

fn signs(case: &Case, message: &Message, reason: Option<&Reason>) -> Vec<Sign> {
    let mut signs = message.signs.clone();
    if case.answer.as_ref().is_some_and(|answer| answer.status == 200) {
        signs.push(Sign::Silence);
    }
    if reason.is_some_and(|reason| !reason.is_known())
        && case.answer.as_ref().is_some_and(|answer| answer.status >= 500)
    {
        signs.push(Sign::ApnsFails);
    }
    if case
        .probes
        .iter()
        .any(|probe| matches!(probe.outcome, ProbeOutcome::Failed { .. }))
    {
        signs.push(Sign::NoConnection);
    }
    signs
}
