//! The data directory: that it is there for us alone, and what to say when it cannot be used.

use std::fs::DirBuilder;
use std::path::Path;

use anyhow::Context as _;
use tidings_store::OpenStoreError;

use crate::configuration::who;
use crate::failure::Failure;

/// Makes the directory if it is not there, for its owner alone.
pub(super) fn make(directory: &Path) -> anyhow::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    let message = || format!("the data directory {} cannot be used", directory.display());
    builder
        .create(directory)
        .with_context(|| Failure::configuration(message(), permission_hint()))
}

/// The error of opening a store, with what to do about it and the exit status that goes with it.
pub(crate) fn with_open_hint(error: OpenStoreError) -> anyhow::Error {
    let hint = match &error {
        OpenStoreError::Directory { .. } => permission_hint(),
        other => other.hint().to_owned(),
    };
    let message = "the data directory cannot be opened";
    let failure = match &error {
        // These are no matter of how it was set up: the same start may succeed later.
        OpenStoreError::Database(_) | OpenStoreError::Resume(_) => Failure::new(message, hint),
        _ => Failure::configuration(message, hint),
    };
    anyhow::Error::from(error).context(failure)
}

fn permission_hint() -> String {
    let who = who();
    format!(
        "give a directory that {who} may read, write and search, with `data.directory`, TIDINGS_DATA__DIRECTORY or --data"
    )
}
