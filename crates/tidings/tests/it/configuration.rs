//! `tidings config`: what it says of a file, of variables, and of what both name.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{APP, KEY, Ran, Simulation, TEAM, command, tidings};

/// A folder with a configuration in it.
struct Folder(TempDir);

impl Folder {
    fn with(text: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.path("tidings.toml"), text).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn check(&self) -> Ran {
        Ran::of(command().args(["config", "check"]).current_dir(self.0.path()))
    }
}

#[test]
fn an_unknown_key_is_shown_with_its_place_and_the_key_that_was_meant() {
    let folder = Folder::with("[server]\nlisen = \"127.0.0.1:1\"\n");
    let ran = folder.check();
    ran.assert_failed(1, &[]);
    let expected = "error: tidings.toml:2:1: unknown key `server.lisen`\n   |\n 2 | lisen = \"127.0.0.1:1\"\n   | ^^^^^\n\
                    hint: did you mean `server.listen`?\n";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
}

#[test]
fn what_is_set_is_told_with_what_set_it() {
    let folder = Folder::with("[data]\nreaders = 2\n");
    let ran = Ran::of(
        command()
            .args(["config", "check", "--format", "json"])
            .current_dir(folder.0.path())
            .env("TIDINGS_SERVER__LISTEN", "127.0.0.1:1"),
    );
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let json = ran.json();
    assert_eq!(json["ok"], true);
    assert_eq!(json["set"][0]["by"], "TIDINGS_SERVER__LISTEN");
    assert_eq!(json["set"][1]["by"], "tidings.toml:2:11");
}

#[test]
fn nothing_at_all_is_a_good_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Ran::of(command().args(["config", "check"]).current_dir(folder.path()));
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("no file"), "{ran:?}");
}

#[test]
fn what_is_dangerous_is_refused_and_what_is_strange_is_warned_of() {
    let simulation = Simulation::start();
    let p8 = std::fs::read_to_string(simulation.file(&format!("AuthKey_{KEY}.p8"))).unwrap();
    let door = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let declared = |more: &str| format!("[[credentials]]\napp = {APP:?}\nteam_id = {TEAM:?}\n{more}\n");
    for (text, status, said) in [
        (
            "[server]\nlisten = '0.0.0.0:1'",
            1,
            "can be reached from other machines",
        ),
        ("[server]\nlisten = '0.0.0.0:1'\nreach = 'network'", 0, ""),
        (
            "[data]\nsealing_key_file = 'open.key'",
            1,
            "other users may read the sealing key",
        ),
        (
            "[data]\nsealing_key_file = 'none.key'",
            1,
            "cannot read the sealing key",
        ),
        ("[data]\nsealing_key_file = 'bad.key'", 1, "64 hexadecimal digits"),
        ("[data]\nsealing_key_file = 'good.key'", 0, ""),
        ("[data]\ndirectory = 'good.key'", 1, "is not a directory"),
        (
            "[delivery]\nca_file = 'none.pem'",
            1,
            "cannot read the root certificates",
        ),
        ("[delivery]\nca_file = 'good.key'", 1, "no certificate in"),
        (
            "[delivery]\nproduction_url = 'https://api.sandbox.push.apple.com'",
            1,
            "Apple's server for sandbox",
        ),
        (
            "[apns_door]\nlisten = '127.0.0.1:0'",
            1,
            "`apns_door.certificate_file` is not",
        ),
        (
            "[apns_door]\nlisten = '127.0.0.1:0'\ncertificate_file = 'door.pem'\nkey_file = 'none.key'",
            1,
            "cannot read the private key of the door",
        ),
        (
            "[apns_door]\nlisten = '127.0.0.1:0'\ncertificate_file = 'good.key'\nkey_file = 'good.key'",
            1,
            "cannot open the door shaped like APNs",
        ),
        (
            "[apns_door]\nlisten = '127.0.0.1:0'\ncertificate_file = 'door.pem'\nkey_file = 'door.key'",
            0,
            "every user of this machine may read",
        ),
        (
            "[server]\nlisten = '0.0.0.0:1'\nreach = 'network'\n[gorush_door]\napp = 'com.example.app'\n\
             authentication = 'none'",
            0,
            "everybody who can reach the API can send",
        ),
        ("[gorush_door]\napp = 'no bundle id'", 1, "gorush_door.app"),
        (
            &declared("file = 'AuthKey_ABCDE12345.p8'"),
            1,
            "AuthKey_ABCDE12345.p8",
        ),
        (
            &declared("file = 'AuthKey_BAD4567890.p8'"),
            1,
            "AuthKey_BAD4567890.p8",
        ),
        (&declared("file = 'AuthKey_KEY1234567.p8'"), 0, ""),
        (
            &declared("file = 'AuthKey_KEY1234567.p8'\nkey_id = 'OTHER12345'"),
            0,
            "KEY1234567",
        ),
        (
            &declared("file = 'AuthKey_OPEN567890.p8'"),
            0,
            "every user of this machine may read",
        ),
    ] {
        let folder = Folder::with(text);
        folder.write("open.key", &"0".repeat(64), 0o644);
        folder.write("bad.key", "0", 0o600);
        folder.write("good.key", &"0".repeat(64), 0o600);
        folder.write("AuthKey_BAD4567890.p8", "no key", 0o600);
        folder.write("AuthKey_KEY1234567.p8", &p8, 0o600);
        folder.write("AuthKey_OPEN567890.p8", &p8, 0o644);
        folder.write("door.pem", &door.cert.pem(), 0o644);
        folder.write("door.key", &door.signing_key.serialize_pem(), 0o644);
        let ran = folder.check();
        assert_eq!(ran.status, Some(status), "{text}: {ran:?}");
        assert!(ran.stderr.contains(said), "{text}: {ran:?}");
    }
}

#[test]
fn a_secret_is_not_shown_with_the_mistake_in_its_line() {
    let folder = Folder::with("[delivery]\nproxy = 'socks5://u:s3cret@h:1'\n");
    let ran = folder.check();
    ran.assert_failed(1, &["delivery.proxy"]);
    assert!(!ran.stderr.contains("s3cret"), "{ran:?}");
}

#[test]
fn the_example_is_a_configuration_that_serves() {
    let example = tidings(&["config", "example"]);
    let folder = Folder::with(&example.stdout);
    assert_eq!(folder.check().status, Some(0));
}

#[test]
fn the_server_does_not_start_with_a_mistake_and_says_the_same() {
    let folder = Folder::with("[server]\nlisen = 1\n[log]\nlevel = 'loud'\n");
    let ran = Ran::of(command().arg("serve").current_dir(folder.0.path()));
    assert_eq!(ran.status, Some(78), "{ran:?}");
    for text in ["server.lisen", "log.level", "does not start"] {
        assert!(ran.stderr.contains(text), "{text}: {ran:?}");
    }
    assert!(!Path::new(&folder.path("tidings-data")).exists());
    let missing = Ran::of(command().args(["serve", "--config", "/no/such.toml"]));
    missing.assert_failed_with_hint(78, &["/no/such.toml"]);
}

#[test]
fn every_key_is_listed() {
    let keys = tidings(&["config", "keys", "--format", "json"]);
    let keys = keys.json_lines();
    assert!(keys.len() > 25);
    for key in keys {
        for field in ["name", "meaning", "variable"] {
            assert!(key[field].as_str().is_some_and(|text| !text.is_empty()), "{key}");
        }
    }
    assert_eq!(tidings(&["config", "keys", "nonsense"]).status, Some(1));
}
