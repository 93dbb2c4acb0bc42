//! A build of 200 MB: read in under a second of processor time, and in little memory, also without optimisation:
//! `cargo nextest run -p tidings-doctor large --run-ignored only --no-capture`.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};

use tidings_apns::Environment::Production;
use tidings_doctor::{Content, read_ipa};
use tidings_testkit::artefacts::{
    App, Authority, Profile, ProfileEncoding, ProfileSort, Seal, Slice, executable,
};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::limits::peak_mebibytes;

/// Bytes of code in the executable.
const CODE: usize = 110 << 20;

/// Bytes of each of ten resources.
const RESOURCE: usize = 13 << 20;

#[test]
#[ignore = "makes a file of 200 MB, and measures by Linux; by hand, with --ignored"]
fn a_build_of_200_mb_is_read_in_under_a_second() {
    let path = std::env::temp_dir().join(format!("tidings-large-{}.ipa", std::process::id()));
    write_large(&path);
    let size = fs::metadata(&path).expect("it was written").len();
    // From here on the peak is counted anew.
    fs::write("/proc/self/clear_refs", "5").expect("Linux counts memory");
    let (before, peak_before) = (processor_milliseconds(), peak_mebibytes());
    let artefact = read_ipa(
        "large.ipa",
        BufReader::new(File::open(&path).expect("it was written")),
    );
    let spent = processor_milliseconds() - before;
    let grown = peak_mebibytes() - peak_before;
    fs::remove_file(&path).expect("it is ours");
    println!("{size} bytes: {spent} ms of processor time; peak memory grew by {grown} MiB");
    let Content::Build(build) = artefact.content else {
        panic!("{artefact:?}");
    };
    assert_eq!(build.shipped_environment().environment(), Some(Production));
    assert_eq!(build.app.problems, [""; 0]);
    assert!(size > 200_000_000, "{size}");
    assert!(grown < 32, "{grown} MiB");
    assert!(spent < 1000, "{spent} ms");
}

/// Half of the code compresses as code does, and half does not.
fn write_large(path: &std::path::Path) {
    let mut app = App::signed(App::entitlements(Some("production")));
    let mut seal = Seal::with(App::entitlements(Some("production")));
    seal.pages = CODE / 4096;
    let slice = Slice {
        code: noise(CODE),
        ..Slice::signed(seal)
    };
    app.executable.1 = executable(&[slice], None);
    app.profile =
        Some(Profile::of(ProfileSort::AdHoc).written(&Authority::named_as_apple(), ProfileEncoding::Der));
    let mut writer = ZipWriter::new(BufWriter::new(File::create(path).expect("a file")));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for file in app.files("Payload") {
        writer.start_file(&file.path, options).expect("an entry");
        writer.write_all(&file.content).expect("its content");
    }
    drop(app);
    let resource = noise(RESOURCE);
    let options = options.compression_method(CompressionMethod::Stored);
    for number in 0..10 {
        writer
            .start_file(format!("Payload/Tidings.app/film{number}.mov"), options)
            .expect("an entry");
        writer.write_all(&resource).expect("its content");
    }
    writer.finish().expect("an archive");
}

/// Bytes of which every second eight are random.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
        bytes.extend([0xc0, 0x03, 0x5f, 0xd6, 0, 0, 0, 0x14]);
    }
    bytes.truncate(length);
    bytes
}

/// Processor time of this process, by Linux: hundredths of a second.
fn processor_milliseconds() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || {
        fields
            .next()
            .and_then(|field| field.parse::<u64>().ok())
            .unwrap_or_default()
    };
    (ticks() + ticks()) * 10
}
