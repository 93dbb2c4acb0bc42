//! What `--online` tries out, put together from the options and the files; and that it is said before it is done.

use std::path::Path;
use std::time::SystemTime;

use anyhow::Context as _;
use tidings_apns::{Environment, KeyId, TeamId, Topic};
use tidings_client::{ClientCertificate, Credential, Proxy, SigningKey, Trust};
use tidings_doctor::{Case, Content, CredentialFile, Probe};

use super::args::{Args, OnlineArgs};
use super::case::Gathered;
use super::online::{Endpoint, Plan, probe};
use crate::access::{app_of, parsed};
use crate::configuration::declared;
use crate::failure::Failure;
use crate::input;
use crate::output::{DIM, STRONG, styled, tell};
use crate::runtime;

/// Says what will be done, and does it.
pub(super) fn probes(args: &Args, gathered: &Gathered) -> anyhow::Result<Vec<Probe>> {
    let plan = plan(args, gathered)?;
    tell(styled(STRONG, "Online, the doctor will now:"));
    for line in plan.announcement() {
        tell(styled(DIM, format!("  · {line}")));
    }
    runtime::on_this_thread(probe(&plan, SystemTime::now))
}

fn plan(args: &Args, gathered: &Gathered) -> anyhow::Result<Plan> {
    let credential = credential(args, gathered)?;
    let device = match (&args.failure.token, args.online.send_to_device) {
        (Some(token), true) => Some(parsed("--token", token)?),
        _ => None,
    };
    Ok(Plan {
        endpoints: endpoints(args)?,
        topic: topic(args, &gathered.case, credential.as_ref()),
        credential,
        device,
        trust: args.online.trust()?,
        proxy: args.online.proxy()?,
        timeout: args.online.timeout,
    })
}

fn endpoints(args: &Args) -> anyhow::Result<Vec<Endpoint>> {
    let environment = args.failure.environment;
    let Some(url) = &args.online.url else {
        let all = Environment::ALL.into_iter();
        let wanted = all.filter(|one| environment.is_none_or(|environment| environment == *one));
        return Ok(wanted.flat_map(Endpoint::apple).collect());
    };
    let environment = environment.ok_or_else(|| {
        Failure::usage(
            "--url names one server, and it is not said for which environment",
            "give --environment production or --environment sandbox",
        )
    })?;
    Ok(vec![Endpoint {
        environment,
        host: url.host.clone(),
        port: url.port,
    }])
}

/// The topic that was named; else that of the app, of the one build, or of the certificate.
fn topic(args: &Args, case: &Case, credential: Option<&Credential>) -> Option<Topic> {
    let builds = case
        .artefacts
        .iter()
        .filter(|artefact| matches!(artefact.content, Content::Build(_)));
    let mut bundle_ids: Vec<&str> = builds.filter_map(|artefact| artefact.bundle_id()).collect();
    bundle_ids.dedup();
    let of_build = match bundle_ids[..] {
        [one] => Some(one),
        _ => None,
    };
    let named = args.failure.topic.as_deref();
    let named = named.or_else(|| args.failure.app.as_ref().map(tidings_apns::BundleId::as_str));
    match named.or(of_build) {
        Some(text) => text.parse().ok(),
        None => app_of(credential)?.as_str().parse().ok(),
    }
}

/// The first credential that can be used, of the files or else of the configuration.
fn credential(args: &Args, gathered: &Gathered) -> anyhow::Result<Option<Credential>> {
    for path in &args.files {
        let shown = path.display().to_string();
        let read = gathered
            .case
            .artefacts
            .iter()
            .find(|artefact| artefact.path == shown);
        let Some(Content::Credential(file)) = read.map(|artefact| &artefact.content) else {
            continue;
        };
        if file.unusable.is_none() && path != Path::new("-") {
            return of_file(args, gathered, path, file).map(Some);
        }
    }
    let usable = gathered
        .declared
        .iter()
        .find_map(|declared| declared::read(declared).ok());
    Ok(usable)
}

fn of_file(
    args: &Args,
    gathered: &Gathered,
    path: &Path,
    file: &CredentialFile,
) -> anyhow::Result<Credential> {
    let bytes = input::secret_file("the credential", path)?;
    let cannot = || format!("cannot ask APNs with {}", path.display());
    if file.certificates.is_empty() {
        let (key_id, team_id) = names(args, &gathered.case, file)?;
        let key = SigningKey::from_pem(&bytes, key_id, team_id).with_context(cannot)?;
        return Ok(key.into());
    }
    if declared::is_pem(&bytes) {
        let certificate = ClientCertificate::from_pem(&bytes).with_context(cannot)?;
        return Ok(certificate.into());
    }
    let passwords = args.credential.passwords()?;
    let opened = passwords
        .iter()
        .find_map(|password| ClientCertificate::from_pkcs12(&bytes, password).ok());
    match opened {
        Some(certificate) => Ok(certificate.into()),
        None => Ok(ClientCertificate::from_pkcs12(&bytes, "")
            .with_context(cannot)?
            .into()),
    }
}

/// The id of the key, by its name if nothing else is said; the team, by what it signed if nothing else is said.
fn names(args: &Args, case: &Case, file: &CredentialFile) -> Result<(KeyId, TeamId), Failure> {
    let named = file.key_id_in_name.as_deref().and_then(|id| id.parse().ok());
    let mut teams: Vec<&str> = case
        .artefacts
        .iter()
        .filter_map(|artefact| artefact.team_id())
        .collect();
    teams.dedup();
    let signed = match teams[..] {
        [team] => team.parse().ok(),
        _ => None,
    };
    let missing = |what: &str, option: &str| {
        Failure::usage(
            format!("to ask APNs with a signing key, {what} is needed"),
            format!("give {option}, as shown at developer.apple.com"),
        )
    };
    let key_id = args.credential.key_id.clone().or(named);
    let team_id = args.credential.team_id.clone().or(signed);
    Ok((
        key_id.ok_or_else(|| missing("its id", "--key-id"))?,
        team_id.ok_or_else(|| missing("the id of its team", "--team-id"))?,
    ))
}

impl OnlineArgs {
    fn trust(&self) -> anyhow::Result<Trust> {
        Ok(match &self.ca {
            Some(path) => Trust::pem(input::file("the root certificates", path)?),
            None if self.bundled_roots => Trust::Bundled,
            None => Trust::System,
        })
    }

    fn proxy(&self) -> anyhow::Result<Option<Proxy>> {
        let proxy = self.proxy.as_deref();
        proxy.map(|proxy| parsed("--proxy", proxy)).transpose()
    }
}
