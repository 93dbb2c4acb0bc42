//! Lines that were not taken: to a file, or the first of them to stderr.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::output::{DOUBTFUL, styled, tell};

/// How many are told on stderr.
const TOLD: u64 = 20;

/// Where refused lines go.
pub(super) struct Refusals {
    file: Option<BufWriter<File>>,
    count: u64,
}

#[derive(Serialize)]
struct Refused<'a> {
    line: u64,
    why: &'a str,
}

impl Refusals {
    /// They are added to the file, so that an import that goes on does not forget those of before.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let open = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.map(BufWriter::new)
                .with_context(|| format!("cannot write {}", path.display()))
        };
        Ok(Self {
            file: path.map(open).transpose()?,
            count: 0,
        })
    }

    pub(super) fn add(&mut self, line: u64, why: &str) -> anyhow::Result<()> {
        self.count += 1;
        match &mut self.file {
            Some(file) => {
                serde_json::to_writer(&mut *file, &Refused { line, why })?;
                file.write_all(b"\n")?;
            }
            None if self.count <= TOLD => {
                tell(format_args!(
                    "{} {why}",
                    styled(DOUBTFUL, format_args!("line {line}:"))
                ));
            }
            None => {}
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| Ok(file.flush()?))
    }

    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        self.flush()?;
        if self.file.is_none() && self.count > TOLD {
            tell(format_args!(
                "{} more; --refused FILE writes them down",
                self.count - TOLD
            ));
        }
        Ok(())
    }
}
