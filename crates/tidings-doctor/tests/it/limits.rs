//! What is made to blow up is refused, quickly and in little memory.

use std::time::{Duration, Instant};

use tidings_doctor::{Artefact, Content, read};
use tidings_testkit::artefacts::{App, Compression, PlistForm, ZipEntry, dictionary, written, zip};
use tidings_testkit::plist::{Dictionary, Value};

/// Far more than any refusal needs, on a machine with much else to do; what blows up would take hours.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the doctor may take of memory, whatever it is given.
const MEBIBYTES: u64 = 256;

/// The most memory that this process has had, by Linux; nothing elsewhere.
pub(crate) fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() / 1024
}

fn quickly(bytes: &[u8]) -> Artefact {
    let started = Instant::now();
    let artefact = read("x", bytes, &[]);
    assert!(started.elapsed() < PATIENCE, "it took {:?}", started.elapsed());
    assert!(peak_mebibytes() < MEBIBYTES, "{} MiB", peak_mebibytes());
    artefact
}

fn assert_refused(bytes: &[u8], what: &str) {
    let artefact = quickly(bytes);
    assert!(
        matches!(artefact.content, Content::Unreadable(_)),
        "{what}: {artefact:?}"
    );
}

/// A binary property list whose objects are these, the last being the root.
fn binary(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for object in objects {
        offsets.push(u32::try_from(bytes.len()).expect("small"));
        bytes.extend(object);
    }
    let table = bytes.len() as u64;
    bytes.extend(offsets.iter().flat_map(|offset| offset.to_be_bytes()));
    bytes.extend([0, 0, 0, 0, 0, 0, 4, 2]);
    let count = objects.len() as u64;
    for number in [count, count - 1, table] {
        bytes.extend(number.to_be_bytes());
    }
    bytes
}

fn list_of(reference: u16, times: u16) -> Vec<u8> {
    let mut object = vec![0xaf, 0x11];
    object.extend(times.to_be_bytes());
    object.extend(reference.to_be_bytes().repeat(usize::from(times)));
    object
}

#[test]
fn a_list_of_lists_of_the_same_list_is_refused() {
    let mut objects = vec![vec![0x51, b'x']];
    for level in 0..20 {
        objects.push(list_of(level, 1000));
    }
    assert_refused(&binary(&objects), "1000 to the power of 20");
}

#[test]
fn a_long_text_that_is_named_again_and_again_is_refused() {
    let mut text = vec![0x5f, 0x12];
    text.extend(1_000_000_u32.to_be_bytes());
    text.extend(vec![b'x'; 1_000_000]);
    assert_refused(&binary(&[text, list_of(0, 60_000)]), "60 gigabytes of text");
}

#[test]
fn lists_that_overlap_are_refused() {
    // Each claims the whole of a large file as its references.
    let mut objects = vec![list_of(1, 60_000)];
    objects.extend((0..300_u16).map(|_| list_of(0, 60_000)));
    assert_refused(&binary(&objects), "lists in each other");
}

#[test]
fn a_list_in_itself_is_refused() {
    assert_refused(&binary(&[list_of(0, 1)]), "a list in itself");
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    for element in ["array", "dict", "a:array"] {
        let deep = format!("<plist>{}", format!("<{element}>").repeat(500_000));
        assert_refused(deep.as_bytes(), element);
        let closed = format!("{deep}{}</plist>", format!("</{element}>").repeat(500_000));
        assert_refused(closed.as_bytes(), element);
    }
    let objects: Vec<_> = std::iter::once(vec![0x51, b'x'])
        .chain((0..10_000).map(|level| list_of(level, 1)))
        .collect();
    assert_refused(&binary(&objects), "a chain of lists");
}

#[test]
fn a_list_of_too_many_is_refused() {
    let many = format!("<plist><array>{}</array></plist>", "<true/>".repeat(1_000_000));
    assert_refused(many.as_bytes(), "a million values");
}

#[test]
fn entities_are_not_expanded() {
    let laughs = "<!DOCTYPE plist [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><plist><dict>\
                  <key>CFBundleIdentifier</key><string>&b;</string></dict></plist>";
    assert_eq!(quickly(laughs.as_bytes()).bundle_id(), None);
}

#[test]
fn a_file_that_is_too_large_for_a_list_is_refused() {
    let large = format!("<plist>{}", " ".repeat(9 << 20));
    assert_refused(large.as_bytes(), "nine megabytes");
}

#[test]
fn signed_messages_in_each_other_are_refused() {
    let deep = [0x30_u8, 0x80].repeat(1_000_000);
    assert_refused(&deep, "nothing but beginnings");
    let mut head = vec![
        0x30, 0x80, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0, 0x80,
    ];
    head.extend([0x24_u8, 0x80].repeat(1_000_000));
    assert_refused(&head, "strings in strings");
}

#[test]
fn an_executable_that_inflates_too_much_is_left_out() {
    let mut app = App::signed(App::entitlements(Some("production")));
    app.executable.1.truncate(2000);
    app.executable.1.resize(80 << 20, 0);
    // The signature is said to lie far behind, so that all of it is inflated to get there.
    let at = app
        .executable
        .1
        .windows(4)
        .position(|window| window == [0x1d, 0, 0, 0])
        .expect("a command");
    app.executable.1[at + 8..at + 12].copy_from_slice(&(79_u32 << 20).to_le_bytes());
    let artefact = quickly(&app.ipa(Compression::Deflated));
    let Content::Build(build) = artefact.content else {
        panic!("it was refused: {artefact:?}");
    };
    let executable = build.app.executable.expect("its load commands can be read");
    assert!(
        executable.slices[0].problems[0].contains("inflates"),
        "{executable:?}"
    );
}

#[test]
fn a_property_list_that_inflates_too_much_is_left_out() {
    let mut files = App::signed(Dictionary::new()).files("Payload");
    for file in &mut files {
        if file.path.ends_with("Info.plist") {
            file.content = vec![b' '; 100 << 20];
        }
    }
    let Content::Build(build) = quickly(&zip(&files, Compression::Deflated)).content else {
        panic!("it was refused");
    };
    assert_eq!(build.app.info, None);
    assert!(
        build.app.problems[0].contains("too large"),
        "{:?}",
        build.app.problems
    );
}

#[test]
fn a_directory_of_too_many_entries_is_refused() {
    let entries: Vec<_> = (0..60_000)
        .map(|number| ZipEntry {
            path: format!("Payload/A.app/{number:0300}"),
            content: Vec::new(),
        })
        .collect();
    assert_refused(&zip(&entries, Compression::Stored), "a directory of 20 megabytes");
}

#[test]
fn bundles_in_bundles_end_somewhere() {
    let mut app = App::service_extension();
    for _ in 0..10 {
        app = App::service_extension().with("PlugIns", app);
    }
    let mut outer = App::signed(Dictionary::new()).with("PlugIns", app);
    for number in 0..100 {
        let mut extension = App::service_extension();
        extension.folder = format!("E{number}.appex");
        outer = outer.with("PlugIns", extension);
    }
    let Content::Build(build) = quickly(&outer.ipa(Compression::Deflated)).content else {
        panic!("it was refused");
    };
    assert!(build.nested.len() <= 64, "{}", build.nested.len());
    assert!(
        build.notes.iter().any(|note| note.contains("left out")),
        "{:?}",
        build.notes
    );
}

#[test]
fn paths_that_lead_out_are_left_out() {
    let mut files = App::signed(App::entitlements(Some("production"))).files("Payload");
    for path in [
        "../../etc/passwd.app/Info.plist",
        "/root/B.app/Info.plist",
        "a\\b.app/Info.plist",
    ] {
        files.push(ZipEntry {
            path: path.to_owned(),
            content: Vec::new(),
        });
    }
    let Content::Build(build) = quickly(&zip(&files, Compression::Deflated)).content else {
        panic!("it was refused");
    };
    assert_eq!(build.app.path, "Payload/Tidings.app");
    assert!(
        build.notes.iter().any(|note| note.starts_with('3')),
        "{:?}",
        build.notes
    );
}

#[test]
fn an_executable_named_out_of_its_folder_is_not_opened() {
    for name in ["../../../etc/passwd", "..", "", "a/b", "/etc/passwd"] {
        let mut app = App::signed(App::entitlements(Some("production")));
        app.info = dictionary([
            ("CFBundleIdentifier", "com.example".into()),
            ("CFBundleExecutable", Value::from(name)),
        ]);
        let Content::Build(build) = quickly(&app.ipa(Compression::Deflated)).content else {
            panic!("it was refused");
        };
        assert_eq!(build.app.executable, None, "{name}");
    }
}

#[test]
fn encrypted_entries_are_told() {
    let mut bytes = App::signed(App::entitlements(Some("production"))).ipa(Compression::Stored);
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<_> = (0..bytes.len() - 4)
            .filter(|at| bytes[*at..].starts_with(signature))
            .collect();
        for at in places {
            bytes[at + flags] |= 1;
        }
    }
    let Content::Build(build) = quickly(&bytes).content else {
        panic!("it was refused");
    };
    assert!(
        build.app.problems[0].ends_with("it is encrypted"),
        "{:?}",
        build.app.problems
    );
}

#[test]
fn a_profile_with_very_many_devices_is_counted() {
    let device = |number: usize| Value::from(format!("{number:040x}"));
    let list = dictionary([
        ("UUID", "x".into()),
        (
            "Entitlements",
            Value::Dictionary(dictionary([("get-task-allow", false.into())])),
        ),
        (
            "ProvisionedDevices",
            Value::Array((0..100_000).map(device).collect()),
        ),
    ]);
    let Content::Profile(profile) = quickly(&written(list, PlistForm::Xml)).content else {
        panic!("it was refused");
    };
    assert_eq!(profile.devices, Some(100_000));
}
