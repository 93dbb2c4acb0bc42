//! Every sample cut off everywhere and with bits flipped: read or refused, never a panic, and never slow.

use std::io::Cursor;
use std::time::{Duration, Instant};

use tidings_doctor::{Content, read, read_ipa};
use tidings_testkit::artefacts::{Sample, corpus};

/// About so many variants of each sample are tried.
const VARIANTS: usize = 150;

/// Far more than any needs, on a machine with much else to do; what blows up would take hours.
const PATIENCE: Duration = Duration::from_mins(1);

fn try_out(sample: &Sample, bytes: &[u8], what: &str) {
    let started = Instant::now();
    let artefact = read("misnamed.p8", bytes, &["secret"]);
    let _ = (
        artefact.kind(),
        artefact.bundle_id(),
        artefact.team_id(),
        artefact.environments(),
        artefact.distribution(),
        artefact.topics(),
    );
    assert!(started.elapsed() < PATIENCE, "{} {what}", sample.name);
    if let Content::Unreadable(why) = &artefact.content {
        assert!(
            !why.why.is_empty() && !why.advice.is_empty(),
            "{} {what}",
            sample.name
        );
    }
}

#[test]
fn every_sample_is_read_as_what_it_is_under_a_wrong_name() {
    for sample in corpus() {
        let right = read(&sample.name, &sample.bytes, &[]);
        let wrong = read("AuthKey_ABCDE12345.p8", &sample.bytes, &[]);
        assert!(
            !matches!(right.content, Content::Unreadable(_)),
            "{}: {right:?}",
            sample.name
        );
        assert_eq!(right.content, wrong.content, "{}", sample.name);
    }
}

#[test]
fn every_sample_may_be_cut_off_anywhere() {
    for sample in corpus() {
        let step = (sample.bytes.len() / VARIANTS).max(1);
        for end in (0..sample.bytes.len()).step_by(step) {
            try_out(&sample, &sample.bytes[..end], &format!("cut off at {end}"));
        }
    }
}

#[test]
fn every_sample_may_have_any_bit_flipped() {
    for sample in corpus() {
        let bits = sample.bytes.len() * 8;
        let mut bytes = sample.bytes.clone();
        // A step that is odd reaches each of the eight places in a byte.
        let step = (bits / VARIANTS) | 1;
        for bit in (0..bits).step_by(step) {
            bytes[bit / 8] ^= 1 << (bit % 8);
            try_out(&sample, &bytes, &format!("bit {bit} flipped"));
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn the_beginning_of_every_sample_may_be_anything() {
    // Magic numbers, lengths and counts stand at the beginning.
    for sample in corpus() {
        let mut bytes = sample.bytes.clone();
        for at in 0..bytes.len().min(64) {
            for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let before = bytes[at];
                bytes[at] = value;
                try_out(&sample, &bytes, &format!("{value:#x} at {at}"));
                bytes[at] = before;
            }
        }
    }
}

#[test]
fn what_is_no_archive_is_refused_as_one() {
    for sample in corpus() {
        let artefact = read_ipa("x", Cursor::new(&sample.bytes));
        let is_zip = sample.bytes.starts_with(b"PK");
        assert_eq!(
            matches!(artefact.content, Content::Build(_)),
            is_zip,
            "{}",
            sample.name
        );
    }
}
