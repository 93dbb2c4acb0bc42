//! Room on the disk that is given up when all else is full, so that results can still be written.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// How much must be free beside the reserve before something new is taken again.
const MARGIN: u64 = 1 << 20;

/// A file that only takes room.
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
}

impl Reserve {
    pub(crate) fn new(directory: &Path, bytes: u64) -> Self {
        Self {
            path: directory.join("tidings.reserve"),
            bytes,
        }
    }

    /// Takes the room, if there is that and some more; else none of it.
    pub(crate) fn take(&self) -> io::Result<()> {
        let taken = self.allocate().and_then(|()| self.check_margin());
        if taken.is_err() {
            self.release();
        }
        taken
    }

    /// Gives the room up.
    pub(crate) fn release(&self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the reserve on the disk cannot be released");
        }
    }

    fn allocate(&self) -> io::Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&self.path)?;
        match fallocate(&file, FallocateFlags::empty(), 0, self.bytes) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => fill(&file, self.bytes),
            Err(error) => Err(error.into()),
        }
    }

    fn check_margin(&self) -> io::Result<()> {
        let disk = statvfs(self.path.parent().unwrap_or(&self.path))?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < MARGIN {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

/// For file systems that cannot set room aside.
fn fill(mut file: &File, bytes: u64) -> io::Result<()> {
    let mut zeros = io::Read::take(io::repeat(0), bytes);
    io::copy(&mut zeros, &mut file).map(drop)
}
