//! What only the machine can tell about a configuration: whether files can be read and by whom, and what is in them.

mod doors;

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use tidings_apns::Environment;
use tidings_client::Credential;
use tidings_doctor::{Content, Severity, diagnose_credential};
use tidings_store::SealingKey;
use tidings_truth::EnvironmentSet;

use super::credential::{DeclaredCredential, DeclaredForm, Password};
use super::declared;
use super::examination::examine;
use super::mistake::{Gravity, Mistake};
use super::origin::Origin;
use super::settings::{DeliverySettings, Reach};
use super::{Configuration, Settings};
use crate::access::Url;
use crate::input::read_secret;

/// The variable of the environment that holds the sealing key.
pub(crate) const SEALING_KEY_VARIABLE: &str = "TIDINGS_SEALING_KEY";

/// How many files a server with its connections may need open at once.
const OPEN_FILES: u64 = 4096;

/// Looks at everything that the configuration names. `sealing_key` is what the variable of that name holds.
pub(crate) fn inspect(
    configuration: &Configuration,
    sealing_key: Option<&str>,
    now: SystemTime,
) -> Vec<Mistake> {
    let mut inspection = Inspection {
        configuration,
        found: Vec::new(),
    };
    inspection.listening();
    inspection.data_directory();
    inspection.sealing_key(sealing_key);
    inspection.delivery();
    inspection.apns_door();
    inspection.gorush_door();
    for credential in &configuration.settings.credentials {
        inspection.credential(credential, now);
    }
    inspection.limits();
    inspection.found
}

struct Inspection<'a> {
    configuration: &'a Configuration,
    found: Vec<Mistake>,
}

impl Inspection<'_> {
    fn settings(&self) -> &Settings {
        &self.configuration.settings
    }

    fn error(&mut self, key: &str, what: impl Into<String>, hint: impl Into<String>) {
        let origin = self.configuration.origin(key);
        self.found.push(Mistake::error(origin, what).with_hint(hint));
    }

    fn warning(&mut self, origin: Origin, what: impl Into<String>, hint: impl Into<String>) {
        self.found.push(Mistake::warning(origin, what).with_hint(hint));
    }

    /// The API is plain HTTP, and its keys go over it.
    fn listening(&mut self) {
        let server = &self.settings().server;
        let listen = server.listen;
        if !listen.ip().is_loopback() && server.reach == Reach::ThisMachine {
            self.error(
                "server.listen",
                format!("{listen} can be reached from other machines, and the API speaks plain HTTP"),
                "listen on 127.0.0.1 behind something that speaks TLS; or, if this is meant, set `server.reach` to \
                 \"network\"",
            );
        }
    }

    fn data_directory(&mut self) {
        let directory = self.settings().data.directory.clone();
        let shown = directory.display();
        match fs::metadata(&directory) {
            Ok(found) if !found.is_dir() => self.error(
                "data.directory",
                format!("{shown} is not a directory"),
                "give a directory, or a path where there is nothing yet",
            ),
            Ok(_) if !is_ours(&directory) => self.unusable_directory(&format!(
                "the data directory {shown} cannot be read, written and searched by {}",
                who()
            )),
            Ok(found) if is_open_to_others(&found, 0o022) => {
                let origin = self.configuration.origin("data.directory");
                self.warning(
                    origin,
                    format!("others may write to the data directory {shown}"),
                    format!("chmod 700 {shown}"),
                );
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                self.unusable_directory(&format!(
                    "the data directory {shown} cannot be used by {}: {error}",
                    who()
                ));
            }
        }
    }

    fn unusable_directory(&mut self, what: &str) {
        let directory = self.settings().data.directory.display().to_string();
        self.error(
            "data.directory",
            what,
            format!(
                "make it this user's own (chown {} {directory}), or give another",
                owner()
            ),
        );
    }

    fn sealing_key(&mut self, variable: Option<&str>) {
        if let Some(text) = variable {
            if let Err(error) = text.parse::<SealingKey>() {
                let origin = Origin::Variable(SEALING_KEY_VARIABLE.to_owned());
                let mistake = Mistake::error(origin, error.to_string());
                self.found.push(mistake.with_hint(error.hint()));
            }
            return;
        }
        let path = self.settings().data.sealing_key_file();
        let is_named = self.settings().data.sealing_key_file.is_some();
        match fs::metadata(&path) {
            // Where there is no directory that is ours, there is no key in it.
            Err(_) if !is_named && !is_ours(&self.settings().data.directory) => {}
            Ok(found) => self.sealing_key_file(&path, &found),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => {}
            Err(error) => self.error(
                "data.sealing_key_file",
                format!("cannot read the sealing key from {}: {error}", path.display()),
                format!("make one: (umask 077; openssl rand -hex 32 > {})", path.display()),
            ),
        }
    }

    fn sealing_key_file(&mut self, path: &Path, found: &Metadata) {
        if is_open_to_others(found, 0o077) {
            self.error(
                "data.sealing_key_file",
                format!("other users may read the sealing key {}", path.display()),
                format!("chmod 600 {}", path.display()),
            );
            return;
        }
        let why = match read_secret(path) {
            // Told with the directory that it is in.
            Err(error)
                if error.kind() == io::ErrorKind::PermissionDenied
                    && !is_ours(&self.settings().data.directory) =>
            {
                return;
            }
            Ok(bytes) => match std::str::from_utf8(&bytes)
                .unwrap_or_default()
                .parse::<SealingKey>()
            {
                Ok(_) => return,
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        self.error(
            "data.sealing_key_file",
            format!("cannot use {} as the sealing key: {why}", path.display()),
            "give the file that the credentials were sealed under: 64 hexadecimal digits",
        );
    }

    fn delivery(&mut self) {
        let delivery = self.settings().delivery.clone();
        self.ca_file(&delivery);
        for (key, url, environment) in [
            (
                "delivery.production_url",
                &delivery.production_url,
                Environment::Production,
            ),
            (
                "delivery.sandbox_url",
                &delivery.sandbox_url,
                Environment::Sandbox,
            ),
        ] {
            let other = environment.other();
            if url.as_ref().is_some_and(|url| is_of(url, other)) {
                self.error(
                    key,
                    format!(
                        "this is Apple's server for {other}, where every {environment} device token is bad"
                    ),
                    format!(
                        "give a server for {environment}, such as https://{}",
                        environment.host()
                    ),
                );
            }
        }
    }

    fn ca_file(&mut self, delivery: &DeliverySettings) {
        let Some(path) = &delivery.ca_file else { return };
        match fs::read(path) {
            Ok(pem)
                if pem
                    .windows(27)
                    .any(|window| window == b"-----BEGIN CERTIFICATE-----") => {}
            Ok(_) => self.error(
                "delivery.ca_file",
                format!("there is no certificate in {}", path.display()),
                "give a PEM file of root certificates (-----BEGIN CERTIFICATE-----)",
            ),
            Err(error) => self.error(
                "delivery.ca_file",
                format!(
                    "cannot read the root certificates from {}: {error}",
                    path.display()
                ),
                "check the path; in the file it is relative to the file",
            ),
        }
    }

    /// What cannot be used keeps the server from starting; what else the doctor finds, it can be started with.
    fn credential(&mut self, credential: &DeclaredCredential, now: SystemTime) {
        self.openness(credential);
        let examined = examine(credential);
        let file = match &examined.artefact.content {
            Content::Credential(file) => Some(file),
            _ => None,
        };
        let mut findings = diagnose_credential(&examined.configured, file, now.into());
        findings.retain(|finding| finding.severity != Severity::Info);
        let gravity = match declared::read(credential) {
            Ok(usable) => {
                self.environments(credential, &usable);
                Gravity::Warning
            }
            Err(error) => {
                if !findings.iter().any(|finding| finding.severity == Severity::Error) {
                    let (what, hint) = declared::told(&error);
                    let mistake = Mistake::error(credential.origin.clone(), what);
                    self.found.push(mistake.with_hint(hint));
                }
                Gravity::Error
            }
        };
        let told = findings.into_iter().map(|finding| {
            // What only deserves a warning is not why it cannot be used.
            let gravity = match finding.severity {
                Severity::Error => gravity,
                Severity::Warning | Severity::Info => Gravity::Warning,
            };
            Mistake::diagnosed(credential.origin.clone(), gravity, finding)
        });
        self.found.extend(told);
    }

    /// The server does not start with what contradicts itself.
    fn environments(&mut self, credential: &DeclaredCredential, usable: &Credential) {
        let Some(certificate) = usable.certificate() else {
            return;
        };
        let said = credential.environments.into_iter().flat_map(EnvironmentSet::iter);
        for environment in said.filter(|environment| !certificate.facts().allows(*environment)) {
            let path = credential.file.display();
            let what = format!("the certificate {path} is not for {environment}, as `environments` says");
            let mistake = Mistake::error(credential.origin.clone(), what);
            self.found
                .push(mistake.with_hint("leave `environments` out: the certificate says what it is for"));
        }
    }

    /// A credential that everybody can read is everybody's.
    fn openness(&mut self, credential: &DeclaredCredential) {
        let mut files = vec![&credential.file];
        if let DeclaredForm::Certificate {
            private_key_file,
            password,
        } = &credential.form
        {
            files.extend(private_key_file);
            if let Password::File(path) = password {
                files.push(path);
            }
        }
        for path in files {
            if fs::metadata(path).is_ok_and(|found| is_open_to_others(&found, 0o004)) {
                self.warning(
                    credential.origin.clone(),
                    format!("every user of this machine may read {}", path.display()),
                    format!("chmod 600 {}", path.display()),
                );
            }
        }
    }

    fn limits(&mut self) {
        #[cfg(unix)]
        {
            let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
            if limit.current.is_some_and(|limit| limit < OPEN_FILES) {
                let limit = limit.current.unwrap_or_default();
                self.warning(
                    Origin::Default,
                    format!("this process may open only {limit} files and connections"),
                    format!(
                        "raise it: ulimit -n {OPEN_FILES}, or LimitNOFILE={OPEN_FILES} in the unit of systemd"
                    ),
                );
            }
        }
    }
}

/// Whether the server is Apple's for an environment.
fn is_of(url: &Url, environment: Environment) -> bool {
    [environment.host(), environment.broadcast_host()]
        .iter()
        .any(|host| url.host.eq_ignore_ascii_case(host))
}

/// Whether this user can work in a directory.
#[cfg(unix)]
fn is_ours(directory: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(directory, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_ours(directory: &Path) -> bool {
    directory.is_dir()
}

/// This user, in words.
#[cfg(unix)]
pub(crate) fn who() -> String {
    format!("this user (uid {})", owner())
}

#[cfg(not(unix))]
pub(crate) fn who() -> String {
    "this user".to_owned()
}

#[cfg(unix)]
fn owner() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

#[cfg(not(unix))]
fn owner() -> String {
    "USER".to_owned()
}

#[cfg(unix)]
fn is_open_to_others(found: &Metadata, rights: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & rights != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_found: &Metadata, _rights: u32) -> bool {
    false
}
