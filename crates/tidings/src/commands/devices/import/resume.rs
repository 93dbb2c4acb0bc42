//! How far an import is, kept in a file so that it can go on where it was interrupted.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What became of the lines so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Tally {
    /// Lines that were read and are durable, refused or left out.
    pub(super) records: u64,
    /// Device tokens that were new.
    pub(super) created: u64,
    /// Device tokens that were known and learned something.
    pub(super) updated: u64,
    /// Device tokens that were known, and newer than what was imported.
    pub(super) unchanged: u64,
    /// Lines whose state says that the token is dead.
    pub(super) left_out: u64,
    /// Lines that were refused.
    pub(super) refused: u64,
    /// Whether that is all.
    pub(super) done: bool,
}

/// The file.
#[derive(Debug)]
pub(super) struct Resume {
    path: Option<PathBuf>,
    input: Input,
    tally: Tally,
}

/// What is being imported: to go on with another file would lose lines.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Input {
    file: PathBuf,
    bytes: Option<u64>,
}

#[derive(Deserialize, Serialize)]
struct Kept<I> {
    #[serde(flatten)]
    input: I,
    #[serde(flatten)]
    tally: Tally,
}

impl Resume {
    /// Reads how far it is, if it was begun before.
    pub(super) fn open(path: Option<&Path>, file: &Path) -> anyhow::Result<Self> {
        let input = Input {
            file: fs::canonicalize(file).unwrap_or_else(|_not_a_file| file.to_owned()),
            bytes: fs::metadata(file).ok().map(|found| found.len()),
        };
        let mut resume = Self {
            path: path.map(Path::to_owned),
            input,
            tally: Tally::default(),
        };
        if let Some(path) = path
            && let Some(kept) = read(path)?
        {
            if kept.input != resume.input {
                let message = format!(
                    "{} is about another file, or the file has changed",
                    path.display()
                );
                let hint = "give another --resume for another file; remove it to begin anew";
                return Err(Failure::new(message, hint).into());
            }
            resume.tally = kept.tally;
        }
        Ok(resume)
    }

    pub(super) fn is_done(&self) -> bool {
        self.tally.done
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Writes down how far it is now.
    pub(super) fn write(&mut self, tally: Tally) -> anyhow::Result<()> {
        self.tally = tally;
        let Some(path) = &self.path else { return Ok(()) };
        let kept = Kept {
            input: &self.input,
            tally,
        };
        let text = serde_json::to_vec(&kept)?;
        // Written beside it and put in its place, so that it is whole at any moment.
        let mut beside = path.clone().into_os_string();
        beside.push(".new");
        fs::write(&beside, text)
            .and_then(|()| fs::rename(&beside, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

fn read(path: &Path) -> anyhow::Result<Option<Kept<Input>>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let hint = "give the file that an import wrote, or a path where there is nothing yet";
    let read = serde_json::from_slice(&text);
    read.map(Some).with_context(|| {
        Failure::new(
            format!("{} does not say how far an import is", path.display()),
            hint,
        )
    })
}
