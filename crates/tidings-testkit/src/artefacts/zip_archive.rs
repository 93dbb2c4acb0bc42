//! Zip archives, whole and hostile.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    Stored,
    /// Deflated.
    Deflated,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZipEntry {
    /// Its path.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// An archive of these entries.
///
/// # Panics
///
/// Never: writing to memory does not fail.
pub fn zip(entries: &[ZipEntry], compression: Compression) -> Vec<u8> {
    let method = match compression {
        Compression::Stored => CompressionMethod::Stored,
        Compression::Deflated => CompressionMethod::Deflated,
    };
    let options = SimpleFileOptions::default().compression_method(method);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        writer.start_file(&entry.path, options).expect("memory takes it");
        writer.write_all(&entry.content).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}
