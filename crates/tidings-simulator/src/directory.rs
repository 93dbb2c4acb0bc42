//! The folder with the root certificate and the world's credentials.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::simulator::StartError;

/// A folder, which is removed at the end if it was made for this simulator alone.
pub(crate) struct Directory {
    path: PathBuf,
    is_temporary: bool,
}

impl Directory {
    /// Makes the folder if it does not exist; without a path, one among the temporary files.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, StartError> {
        let is_temporary = path.is_none();
        let path = match path {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("tidings-simulator-{}", Uuid::new_v4())),
        };
        std::fs::create_dir_all(&path).map_err(|source| StartError::Write {
            path: path.clone(),
            source,
        })?;
        let path = std::path::absolute(&path).unwrap_or(path);
        Ok(Self { path, is_temporary })
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<PathBuf, StartError> {
        let path = self.path.join(name);
        match std::fs::write(&path, contents) {
            Ok(()) => Ok(path),
            Err(source) => Err(StartError::Write { path, source }),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.is_temporary {
            // What cannot be removed from among the temporary files does no harm there.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
