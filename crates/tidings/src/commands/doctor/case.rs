//! The case that the command line describes.

use std::path::Path;
use std::time::SystemTime;

use anyhow::Context as _;
use tidings_apns::{Reason, Timestamp};
use tidings_doctor::{Answer, Artefact, Case, ConfiguredCredential, Content, Registration};
use zeroize::Zeroizing;

use super::args::{Args, CredentialArgs, FailureArgs};
use super::files;
use crate::configuration::{DeclaredCredential, Source, examine};
use crate::failure::Failure;
use crate::input;

/// The case, and what of the configuration it was made from.
pub(super) struct Gathered {
    pub(super) case: Case,
    /// The credentials of the configuration.
    pub(super) declared: Vec<DeclaredCredential>,
}

/// Reads everything that was named.
pub(super) fn gather(args: &Args) -> anyhow::Result<Gathered> {
    let failure = &args.failure;
    let mut case = Case::new(Timestamp::from(SystemTime::now()));
    let passwords = args.credential.passwords()?;
    let passwords: Vec<&str> = passwords.iter().map(|password| password.as_str()).collect();
    input::check_stdin_once(args.files.iter().filter_map(|path| path.to_str()))?;
    for path in &args.files {
        case.artefacts.extend(files::at(path, &passwords));
    }
    case.credentials
        .extend(named(&args.credential, failure, &case.artefacts));
    let declared = match &args.registry.config {
        Some(path) => add_configured(&mut case, path, failure)?,
        None => Vec::new(),
    };
    case.bundle_id = failure.app.as_ref().map(ToString::to_string);
    case.topic.clone_from(&failure.topic);
    case.device_token.clone_from(&failure.token);
    case.environment = failure.environment;
    case.answer = failure.answer();
    case.message.clone_from(&failure.error);
    case.reach = failure.affects.map(Into::into);
    case.registration = failure.registration();
    if is_empty(&case) && !args.online.online {
        return Err(Failure::usage(
            "there is nothing to look at",
            "give files (a build, a profile, a key, a certificate), or say what went wrong: --status 400 --reason BadDeviceToken",
        )
        .into());
    }
    Ok(Gathered { case, declared })
}

/// Whether nothing is known that could be looked at. A configuration without credentials is something.
fn is_empty(case: &Case) -> bool {
    Case {
        bundle_id: None,
        environment: None,
        reach: None,
        ..case.clone()
    } == Case::new(case.now)
}

/// The credential that `--key-id` and `--team-id` describe: that of the one signing key among the files.
fn named(
    args: &CredentialArgs,
    failure: &FailureArgs,
    artefacts: &[Artefact],
) -> Option<ConfiguredCredential> {
    let (key_id, team_id) = (args.key_id.as_ref(), args.team_id.as_ref());
    let origin = match (key_id, team_id) {
        (Some(_), Some(_)) => "--key-id and --team-id",
        (Some(_), None) => "--key-id",
        (None, Some(_)) => "--team-id",
        (None, None) => return None,
    };
    let mut keys = artefacts.iter().filter(|artefact| is_signing_key(artefact));
    let key = keys.next().filter(|_| keys.next().is_none());
    Some(ConfiguredCredential {
        origin: origin.to_owned(),
        bundle_id: failure.app.as_ref().map(ToString::to_string),
        path: key.map(|key| key.path.clone()),
        key_id: key_id.map(ToString::to_string),
        team_id: team_id.map(ToString::to_string),
        ..ConfiguredCredential::default()
    })
}

fn is_signing_key(artefact: &Artefact) -> bool {
    matches!(&artefact.content, Content::Credential(file) if file.certificates.is_empty())
}

/// The credentials of a configuration; those of one app, if one was named.
fn add_configured(
    case: &mut Case,
    path: &Path,
    failure: &FailureArgs,
) -> anyhow::Result<Vec<DeclaredCredential>> {
    let configuration = Source::new(Some(path)).read().with_context(|| {
        let hint = format!(
            "tidings config check {} shows every mistake with its place",
            path.display()
        );
        Failure::new("cannot use the configuration", hint)
    })?;
    let mut declared = configuration.settings.credentials;
    declared.retain(|credential| failure.app.as_ref().is_none_or(|app| *app == credential.app));
    for credential in &declared {
        let examined = examine(credential);
        case.credentials.push(examined.configured);
        case.artefacts.push(examined.artefact);
    }
    if declared.is_empty() && case.artefacts.is_empty() && !failure.is_said() {
        let hint =
            "give --server and --app to ask a running server, which has the credentials that were uploaded";
        let what = format!("{} declares no credential to look at", path.display());
        return Err(Failure::new(what, hint).into());
    }
    Ok(declared)
}

impl CredentialArgs {
    /// The passwords to try.
    pub(super) fn passwords(&self) -> anyhow::Result<Vec<Zeroizing<String>>> {
        let mut passwords: Vec<_> = self.password.iter().cloned().map(Zeroizing::new).collect();
        if let Some(path) = &self.password_file {
            let bytes = input::secret_file("the password", path)?;
            let text = std::str::from_utf8(&bytes)
                .with_context(|| format!("the password in {} is not text", path.display()))?;
            passwords.push(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
        }
        Ok(passwords)
    }
}

impl FailureArgs {
    /// Whether anything was said of a failure.
    const fn is_said(&self) -> bool {
        self.status.is_some() || self.reason.is_some() || self.error.is_some() || self.token.is_some()
    }

    /// The answer. A reason says with which status it comes, and 410 is the status that has a timestamp.
    fn answer(&self) -> Option<Answer> {
        let of_reason = || {
            let reason = Reason::from_name(self.reason.as_deref()?);
            reason.documented_statuses().first().copied()
        };
        let is_said = self.status.is_some() || self.reason.is_some() || self.timestamp.is_some();
        is_said.then(|| Answer {
            status: self
                .status
                .or_else(of_reason)
                .unwrap_or(if self.timestamp.is_some() { 410 } else { 400 }),
            reason: self.reason.clone(),
            timestamp: self.timestamp,
        })
    }

    fn registration(&self) -> Option<Registration> {
        let is_said = self.kind.is_some() || self.registered_at.is_some();
        is_said.then(|| Registration {
            kind: self.kind.unwrap_or_default(),
            registered_at: self.registered_at,
            ..Registration::default()
        })
    }
}
