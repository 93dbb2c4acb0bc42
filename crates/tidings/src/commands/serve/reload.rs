//! Declared credentials while the server runs: when one of their files or the configuration changes, they are read again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tidings_delivery::Engine;

use crate::configuration::{
    Configuration, DeclaredCredential, DeclaredForm, Password, ReadConfigurationError, Source,
};
use crate::service::{Declared, Service};

/// How often there is a look.
const EVERY: Duration = Duration::from_secs(2);

/// Watches the files.
pub(super) struct Reload {
    source: Source,
    declared: Declared,
    engine: Engine,
    credentials: Vec<DeclaredCredential>,
    seen: Seen,
}

/// When each file was last written, and how large it is; nothing for one that is not there.
type Seen = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

impl Reload {
    pub(super) fn new(source: Source, configuration: Configuration, service: &Service) -> Self {
        let credentials = configuration.settings.credentials;
        Self {
            seen: look(&source, &credentials),
            declared: service.declared(),
            engine: service.engine.clone(),
            source,
            credentials,
        }
    }

    /// Waits until something has changed.
    pub(super) async fn changed(&self) {
        loop {
            tokio::time::sleep(EVERY).await;
            if look(&self.source, &self.credentials) != self.seen {
                return;
            }
        }
    }

    /// Reads everything again. What makes no sense changes nothing.
    pub(super) async fn now(&mut self) {
        let before = look(&self.source, &self.credentials);
        match self.source.read() {
            Ok(configuration) => self.apply(configuration.settings.credentials).await,
            Err(ReadConfigurationError::Mistakes(mistakes)) => {
                for mistake in mistakes {
                    tracing::error!(
                        hint = mistake.hint.as_deref().unwrap_or_default(),
                        "the configuration has changed, and is not used: {mistake}"
                    );
                }
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the configuration is not used"
            ),
        }
        // What was written while it was read is seen the next time.
        let now = look(&self.source, &self.credentials).into_iter();
        self.seen = now
            .map(|(path, stamp)| {
                let stamp = before.get(&path).copied().unwrap_or(stamp);
                (path, stamp)
            })
            .collect();
    }

    async fn apply(&mut self, credentials: Vec<DeclaredCredential>) {
        let now = SystemTime::now().into();
        match self.declared.apply(&credentials, now).await {
            Ok(apps) => {
                for app in &apps {
                    if let Err(error) = self.engine.credentials_changed(*app).await {
                        tracing::error!(%error, app = %app, "delivery does not know of the credential yet");
                    }
                }
                tracing::info!(apps = apps.len(), "the declared credentials were read again");
                self.credentials = credentials;
            }
            Err(error) => tracing::error!("the declared credentials are not used: {error:#}"),
        }
    }
}

fn look(source: &Source, credentials: &[DeclaredCredential]) -> Seen {
    let files = credentials.iter().flat_map(files).chain(source.file());
    files.map(|path| (path.to_owned(), seen(path))).collect()
}

fn files(credential: &DeclaredCredential) -> Vec<&Path> {
    let mut files = vec![credential.file.as_path()];
    if let DeclaredForm::Certificate {
        private_key_file,
        password,
    } = &credential.form
    {
        files.extend(private_key_file.as_deref());
        if let Password::File(path) = password {
            files.push(path);
        }
    }
    files
}

fn seen(path: &Path) -> Option<(SystemTime, u64)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}
