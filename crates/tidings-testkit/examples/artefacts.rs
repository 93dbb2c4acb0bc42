//! Writes the made-up artefacts to a folder: `cargo run -p tidings-testkit --example artefacts -- FOLDER` for a look at
//! them, and with `--seeds` as seeds of the fuzz targets (`fuzz/seeds`).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use tidings_testkit::artefacts::{Sample, corpus};

/// Larger ones slow a fuzzer down.
const MAX_SEED: usize = 24 << 10;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("give a folder")?;
    let as_seeds = arguments.next().as_deref() == Some("--seeds");
    for sample in corpus() {
        if as_seeds {
            write_seed(Path::new(&folder), &sample)?;
        } else {
            write(&Path::new(&folder).join(&sample.name), &sample.bytes)?;
        }
    }
    Ok(())
}

fn write_seed(folder: &Path, sample: &Sample) -> Result<()> {
    if sample.bytes.len() > MAX_SEED {
        return Ok(());
    }
    for target in [target(&sample.bytes, &sample.name), "doctor_file"] {
        write(&folder.join(target).join(&sample.name), &sample.bytes)?;
    }
    Ok(())
}

/// The fuzz target that a sample is for.
fn target(bytes: &[u8], name: &str) -> &'static str {
    if bytes.starts_with(b"PK") {
        "doctor_ipa"
    } else if name.ends_with(".mobileprovision") {
        "doctor_profile"
    } else if name.contains('.') {
        "doctor_property_list"
    } else {
        "doctor_executable"
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
