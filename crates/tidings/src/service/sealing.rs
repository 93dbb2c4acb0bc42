//! The key under which credentials are sealed: where it is, and how it is made at the first start.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tidings_store::SealingKey;

use crate::configuration::{SEALING_KEY_VARIABLE, Settings};
use crate::failure::Failure;
use crate::input::read_secret;

/// The file of the database: where it is, a key must have been.
const DATABASE: &str = "tidings.db";

/// Where the sealing key comes from.
#[derive(Debug)]
pub(crate) enum SealingKeySource {
    /// It was given.
    Given(SealingKey),
    /// It is in a file.
    File {
        path: PathBuf,
        /// Whether somebody named the file, who then has to make it.
        is_named: bool,
    },
}

/// The source that the settings and the environment name.
pub(crate) fn sealing_key(settings: &Settings) -> anyhow::Result<SealingKeySource> {
    if let Ok(text) = std::env::var(SEALING_KEY_VARIABLE) {
        let key: Result<SealingKey, _> = text.parse();
        let hint = "give 64 hexadecimal digits: openssl rand -hex 32 makes them";
        let message = format!("{SEALING_KEY_VARIABLE} holds no sealing key");
        return key
            .map(SealingKeySource::Given)
            .with_context(|| Failure::configuration(message, hint));
    }
    Ok(SealingKeySource::File {
        path: settings.data.sealing_key_file(),
        is_named: settings.data.sealing_key_file.is_some(),
    })
}

/// The key of a data directory, for who works on it while no server does.
pub(crate) fn read_sealing_key(directory: &Path) -> anyhow::Result<SealingKey> {
    let mut settings = Settings::default();
    directory.clone_into(&mut settings.data.directory);
    match sealing_key(&settings)? {
        SealingKeySource::Given(key) => Ok(key),
        SealingKeySource::File { path, .. } => {
            let hint = "give the data directory of a server that was started before, or the key in TIDINGS_SEALING_KEY";
            read_file(&path, hint)
        }
    }
}

/// The key in a file.
pub(crate) fn read_sealing_key_file(path: &Path) -> anyhow::Result<SealingKey> {
    let hint =
        "give the data directory of a server that was started before, or the file with --sealing-key-file";
    read_file(path, hint)
}

fn read_file(path: &Path, hint: &'static str) -> anyhow::Result<SealingKey> {
    let bytes = read_secret(path);
    let bytes = bytes.with_context(|| {
        Failure::new(
            format!("cannot read the sealing key from {}", path.display()),
            hint,
        )
    })?;
    read(path, &bytes)
}

/// The key. At the first start it is made.
pub(super) fn read_or_make(source: &SealingKeySource, directory: &Path) -> anyhow::Result<SealingKey> {
    let (path, is_named) = match source {
        SealingKeySource::Given(key) => return Ok(key.clone()),
        SealingKeySource::File { path, is_named } => (path, *is_named),
    };
    match read_secret(path) {
        Ok(bytes) => read(path, &bytes),
        Err(error) if error.kind() == ErrorKind::NotFound && !is_named => {
            refuse_if_it_was_there(path, directory)?;
            make_sealing_key(path)
        }
        Err(error) => {
            let message = format!("cannot read the sealing key from {}", path.display());
            let hint = format!("make one: (umask 077; openssl rand -hex 32 > {})", path.display());
            Err(anyhow::Error::from(error).context(Failure::configuration(message, hint)))
        }
    }
}

fn read(path: &Path, bytes: &[u8]) -> anyhow::Result<SealingKey> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let hint = "give the file that the credentials were sealed under: 64 hexadecimal digits";
    let message = || format!("cannot use {} as the sealing key", path.display());
    text.parse()
        .with_context(|| Failure::configuration(message(), hint))
}

/// A database without its key: a new key would only hide what is missing.
fn refuse_if_it_was_there(path: &Path, directory: &Path) -> anyhow::Result<()> {
    if !directory.join(DATABASE).exists() {
        return Ok(());
    }
    let message = format!(
        "there is a database, but its sealing key {} is missing",
        path.display()
    );
    let hint = "put the file back, or give the key in TIDINGS_SEALING_KEY: without it the stored credentials cannot be used";
    Err(Failure::configuration(message, hint).into())
}

/// Makes a key, for its owner's eyes alone.
pub(crate) fn make_sealing_key(path: &Path) -> anyhow::Result<SealingKey> {
    let key = SealingKey::generate();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(path).and_then(|mut file| {
        file.write_all(key.to_hex().as_bytes())?;
        file.write_all(b"\n")?;
        // What is sealed under a key that is lost is lost, too.
        file.sync_all()
    });
    let hint = "give a data directory that this user may write, or make the key elsewhere and name it with \
                `data.sealing_key_file`";
    written.with_context(|| {
        Failure::configuration(
            format!("cannot write the sealing key to {}", path.display()),
            hint,
        )
    })?;
    Ok(key)
}
