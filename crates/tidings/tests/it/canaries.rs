//! Recognisable secrets go in by every door, everything is asked for and goes wrong, and no output holds one of them: not
//! as it is, not in hexadecimal digits, not in base64. The few places that may show one are listed with the reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, until};
use crate::support::{APP, KEY, Ran, Simulation, TEAM, command};

const PASSWORD: &str = "planted-p12-password-7319";
const PROXY_PASSWORD: &str = "planted-proxy-password-2604";
const PAYLOAD: &str = "planted-payload-4417-alert";
const PAYLOAD_KEY: &str = "planted-payload-8802-data";
const IDEMPOTENCY: &str = "planted-idempotency-key-9163";
const USER: &str = "planted-user-3350";
const TAG: &str = "planted-tag-6128";
const DEAD: &str = "0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de0badc0de";
const URL_SECRET: &str = "planted-url-secret-5521";

/// Where something came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Standard error of a server, at the level `trace`.
    Log,
    /// What everybody can ask for: metrics, help, the document.
    Public,
    /// What a key with the scope `read` can ask for.
    Reader,
    /// What an admin key can ask for.
    Admin,
    /// An answer to something wrong, or to something that was sent.
    Refusal,
    /// A page of the dashboard, by role.
    Viewer,
    Operator,
    Administrator,
    /// What a command prints.
    Command,
    /// The stream of events, which goes to webhooks too.
    Events,
    /// A file of the data directory, or a backup.
    File,
}

/// What may be shown where, and why. Nothing else may.
const SHOWN: &[(&str, &[Place], &str)] = &[
    (
        "device token",
        &[Place::Reader, Place::Admin, Place::File],
        "the registry is of device tokens: whoever may read it reads them",
    ),
    (
        "dead device token",
        &[Place::Reader, Place::Admin, Place::File],
        "the registry is of device tokens: whoever may read it reads them",
    ),
    (
        "payload",
        &[Place::Operator, Place::Administrator, Place::File],
        "it is kept to be sent, and shown to people who may send",
    ),
    (
        "payload's data",
        &[Place::Operator, Place::Administrator, Place::File],
        "it is kept to be sent, and shown to people who may send",
    ),
    (
        "user id",
        &[
            Place::Reader,
            Place::Admin,
            Place::Viewer,
            Place::Operator,
            Place::Administrator,
            Place::File,
        ],
        "it is the caller's own name for a person, and devices are looked for by it",
    ),
    (
        "tag",
        &[
            Place::Reader,
            Place::Admin,
            Place::Viewer,
            Place::Operator,
            Place::Administrator,
            Place::File,
        ],
        "it is the caller's own name, and devices are looked for by it",
    ),
    (
        "webhook's URL",
        &[Place::Admin, Place::Administrator, Place::File],
        "it is shown to those who may make webhooks, and needed to send to it",
    ),
];

/// What was planted, in every form in which it could come out.
struct Canary {
    name: &'static str,
    forms: Vec<String>,
}

/// Bytes as characters of the same numbers: what is looked for need not be text.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

impl Canary {
    fn new(name: &'static str, secret: &[u8]) -> Self {
        let lower = secret.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        });
        let mut forms = vec![latin(secret), lower.to_uppercase(), lower];
        // Inside of a longer text that was encoded as a whole, it begins at one of three places.
        for shift in 0..3 {
            let padded = [&vec![0; shift][..], secret].concat();
            let text = base64(&padded);
            let begin = [0, 2, 3][shift];
            let whole = text.len() - text.len() % 4 - 4;
            let middle = text.get(begin..whole.max(begin)).unwrap().to_owned();
            forms.push(middle.replace('+', "-").replace('/', "_"));
            forms.push(middle);
        }
        forms.retain(|form| form.len() >= 8);
        Self { name, forms }
    }

    fn is_in(&self, output: &str) -> bool {
        self.forms.iter().any(|form| output.contains(form.as_str()))
    }

    fn may_be_shown(&self, place: Place) -> bool {
        SHOWN
            .iter()
            .any(|(name, places, _)| *name == self.name && places.contains(&place))
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes(group);
        for place in 0..=chunk.len() {
            let digit = (number >> (18 - 6 * place)) & 63;
            text.push(char::from(DIGITS[digit as usize]));
        }
    }
    text
}

/// Everything that came out.
#[derive(Default)]
struct Outputs(Vec<(Place, String, String)>);

impl Outputs {
    fn add(&mut self, place: Place, name: impl Into<String>, output: impl Into<Vec<u8>>) {
        self.0.push((place, name.into(), latin(&output.into())));
    }

    fn ran(&mut self, name: &str, ran: &Ran) {
        self.add(Place::Command, name, format!("{}{}", ran.stdout, ran.stderr));
    }

    fn files(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.files(&path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            // Where the sealing key rests is no secret, and the reserve of room is nothing but zeros.
            if path.file_name().is_some_and(|name| name != "sealing.key")
                && bytes.iter().any(|byte| *byte != 0)
            {
                self.add(Place::File, path.display().to_string(), bytes);
            }
        }
    }

    /// What came out where it may not.
    fn leaks(&self, canaries: &[Canary]) -> Vec<String> {
        let mut found = Vec::new();
        for (place, name, output) in &self.0 {
            for canary in canaries {
                if !canary.may_be_shown(*place) && canary.is_in(output) {
                    found.push(format!("{} came out in {place:?}: {name}", canary.name));
                }
            }
            if has_provider_token(output) {
                found.push(format!("a provider token came out in {place:?}: {name}"));
            }
        }
        found
    }
}

/// The header of any token that is signed with ES256 and names a key, in base64.
fn has_provider_token(output: &str) -> bool {
    let starts = ["eyJhbGciOi", "eyJraWQiOi", "eyJ0eXAiOi"];
    starts.iter().any(|start| output.contains(start))
}

/// Somebody who asks with `curl`, as a browser or a backend does.
fn curl(server: &Server, headers: &[&str], arguments: &[&str], path: &str) -> Vec<u8> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--include", "--max-time", "10"]);
    for header in headers {
        curl.args(["--header", header]);
    }
    curl.args(arguments).arg(format!("{}{path}", server.url()));
    curl.output().unwrap().stdout
}

/// A server with secrets in it, and what came out of it.
struct Exercise {
    simulation: Simulation,
    folder: TempDir,
    server: Server,
    canaries: Vec<Canary>,
    outputs: Outputs,
    /// The contents of the signing key's file.
    p8: String,
    /// The device token of a phone that is there.
    token: String,
    /// What stands in the paths of the document for one of each noun.
    ids: BTreeMap<&'static str, String>,
    reader: String,
}

impl Exercise {
    fn begin() -> Self {
        let simulation = Simulation::start();
        let folder = tempfile::tempdir().unwrap();
        let variables = [
            ("TIDINGS_LOG__LEVEL", "trace"),
            ("TIDINGS_WEBHOOKS__ALLOW_NETWORKS", "127.0.0.1/32"),
        ];
        let mut server = Server::start_in(&folder.path().join("data"), Some(&simulation), &variables);
        server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
        let p8 = std::fs::read_to_string(simulation.file(&format!("AuthKey_{KEY}.p8"))).unwrap();
        let mut exercise = Self {
            token: simulation.token("alert"),
            simulation,
            folder,
            server,
            canaries: Vec::new(),
            outputs: Outputs::default(),
            p8,
            ids: BTreeMap::new(),
            reader: String::new(),
        };
        exercise.plant_what_is_fixed();
        exercise.plant_what_was_made();
        exercise
    }

    fn plant(&mut self, name: &'static str, secret: impl AsRef<[u8]>) {
        self.canaries.push(Canary::new(name, secret.as_ref()));
    }

    fn plant_what_is_fixed(&mut self) {
        for (name, secret) in [
            ("p12 password", PASSWORD),
            ("proxy password", PROXY_PASSWORD),
            ("payload", PAYLOAD),
            ("payload's data", PAYLOAD_KEY),
            ("idempotency key", IDEMPOTENCY),
            ("user id", USER),
            ("tag", TAG),
            ("webhook's URL", URL_SECRET),
            ("dead device token", DEAD),
        ] {
            self.plant(name, secret);
        }
    }

    fn plant_what_was_made(&mut self) {
        let secret = secret_of(&self.server.key);
        self.plant("admin key", secret);
        let sealing = self.folder.path().join("data/sealing.key");
        let sealing = std::fs::read_to_string(sealing).unwrap();
        let digits = |place: usize| sealing.get(2 * place..2 * place + 2).unwrap();
        let byte = |place| u8::from_str_radix(digits(place), 16).unwrap();
        let bytes: Vec<u8> = (0..32).map(byte).collect();
        self.plant("sealing key", sealing.trim());
        self.plant("sealing key's bytes", bytes);
        let lines: Vec<_> = self.p8.lines().filter(|line| !line.starts_with('-')).collect();
        let (begin, end) = (lines[0].split_at(20).1.to_owned(), lines[1].to_owned());
        self.plant("private key's text", begin);
        self.plant("private key's end", end);
        let der = PrivateKeyDer::from_pem_slice(self.p8.as_bytes()).unwrap();
        // The number itself, where PKCS#8 has it.
        self.plant("private key's number", &der.secret_der()[36..68]);
        self.plant("device token", self.token.clone());
    }

    fn admin(&self) -> String {
        format!("authorization: Bearer {}", self.server.key)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.server.ask("POST", path, Some(body));
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    }

    /// The ways in that are right.
    fn use_all_doors(&mut self) {
        self.server.upload_key(&self.simulation);
        let credentials = self.server.app("GET", "credentials", None);
        self.know("credentials/{id}", &credentials["credentials"][0]["id"]);
        // Nobody's.
        self.know("problems/{problem}", &json!("0123456789abcdef"));
        self.know("replays/{id}", &json!("01900000-0000-7000-8000-000000000000"));
        let body = json!({"user_id": USER, "tags": [TAG], "environment": "sandbox", "installation_id": "1"});
        self.server
            .app("PUT", &format!("devices/{}", self.token), Some(&body));
        let body = json!({"user_id": USER, "environment": "sandbox", "installation_id": "2"});
        let device = self.server.app("PUT", &format!("devices/{DEAD}"), Some(&body));
        self.know("devices/{token}", &device["token"]);
        let hook = json!({"url": format!("https://127.0.0.1:1/?key={URL_SECRET}")});
        let hook = self.post("/v1/webhooks", &hook);
        self.know("webhooks/{id}", &hook["id"]);
        self.plant(
            "webhook secret",
            hook["secret"].as_str().unwrap().trim_start_matches("whsec_"),
        );
        let reader = self.post("/v1/api-keys", &json!({"name": "reader", "scopes": ["read"]}));
        reader["key"].as_str().unwrap().clone_into(&mut self.reader);
        self.plant("reader's key", secret_of(&self.reader));
        let channel = json!({"environment": "sandbox", "storage": "no_storage"});
        let channel = self.server.app("POST", "channels", Some(&channel));
        self.know("channels/{channel_id}", &channel["channel_id"]);
    }

    /// An id for the paths of the document.
    fn know(&mut self, place: &'static str, id: &Value) {
        let noun = place.split_once('{').unwrap().0;
        let id = id
            .as_str()
            .unwrap()
            .replace('/', "%2F")
            .replace('+', "%2B")
            .replace('=', "%3D");
        self.ids.insert(place, format!("{noun}{id}"));
    }

    fn id(&self, place: &str) -> &str {
        self.ids[place].split_once('/').unwrap().1
    }

    /// Sends under the planted idempotency key: the answer.
    fn send(&self, body: &Value) -> String {
        let key = format!("idempotency-key: {IDEMPOTENCY}");
        let path = format!("/v1/apps/{APP}/notifications");
        let answer = curl(
            &self.server,
            &[&self.admin(), &key],
            &["--json", &body.to_string()],
            &path,
        );
        String::from_utf8(answer).unwrap()
    }

    /// One is delivered, one device token is dead, and then the key is revoked at Apple, which opens an incident.
    fn send_well_and_badly(&mut self) {
        let aps = json!({"alert": PAYLOAD});
        let body = json!({"to": {"users": [USER]}, "aps": aps, "data": {"key": PAYLOAD_KEY}});
        let answer = self.send(&body);
        let accepted: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        self.know("notifications/{id}", &accepted["id"]);
        self.outputs.add(Place::Refusal, "an acceptance", answer);
        let notification = self.ids["notifications/{id}"].clone();
        until("a delivery", || {
            let told = self.server.app("GET", &notification, None);
            (told["counts"]["delivered"] == 1).then_some(())
        });
        let other = self.send(&json!({"to": {"users": [USER]}, "aps": {"badge": 1}}));
        assert!(other.contains("idempotency-mismatch"), "{other}");
        self.outputs.add(Place::Refusal, "a mismatch", other);
        self.simulation.control("DELETE", &format!("/v1/keys/{KEY}"));
        self.server.app("POST", "notifications", Some(&body));
        let incident = until("an incident", || {
            let list = self.server.app("GET", "incidents", None);
            list["incidents"].get(0).map(|one| one["id"].clone())
        });
        self.know("incidents/{id}", &incident);
    }

    /// The ways in that are wrong: nothing is quoted.
    fn go_wrong(&mut self) {
        let path = format!("/v1/apps/{APP}/credentials");
        let p8 = &self.p8;
        for wrong in [
            json!({"p12": "AAAA", "password": PASSWORD}),
            json!({"p12": {"password": PASSWORD}}),
            json!({"p12": "AAAA", "password": [PASSWORD]}),
            json!({"p8": [p8], "key_id": KEY, "team_id": TEAM}),
            json!({"p8": p8, "key_id": PASSWORD, "team_id": PASSWORD}),
            json!({"pem": p8}),
            json!({"p8": p8.replace('\n', " "), "key_id": KEY, "team_id": TEAM, "topics": PASSWORD}),
        ] {
            let answer = self.server.ask("POST", &path, Some(&wrong));
            assert_eq!(answer.status, 422, "{answer:?}");
            self.outputs
                .add(Place::Refusal, "a wrong credential", answer.body);
        }
        let broken = format!("{{\"p8\": \"{p8}");
        let answer = curl(&self.server, &[&self.admin()], &["--json", &broken], &path);
        self.outputs.add(Place::Refusal, "a broken body", answer);
        let key = &self.server.key;
        for key in [key.replace("tid_", "tod_"), key.to_uppercase(), format!("{key}x")] {
            let bearer = format!("authorization: Bearer {key}");
            let answer = curl(&self.server, &[&bearer], &[], "/v1/apps");
            self.outputs.add(Place::Refusal, "a wrong key", answer);
            let form = format!("key={key}");
            let answer = curl(&self.server, &[], &["--data", &form], "/dashboard/sign-in/key");
            self.outputs
                .add(Place::Refusal, "a wrong key of a person", answer);
        }
        let tested = format!("/v1/{}:test", self.ids["webhooks/{id}"]);
        let tested = self.server.ask("POST", &tested, None);
        self.outputs
            .add(Place::Refusal, "a test of a webhook", tested.body);
    }

    /// Everything that the document says can be asked for.
    fn ask_for_everything(&mut self) {
        let document = self.server.ask("GET", "/openapi.json", None).body;
        let document: Value = serde_json::from_str(&document).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            let Some(get) = item.get("get").filter(|_| path != "/v1/events") else {
                continue;
            };
            let mut path = path
                .replace("{bundle_id}", APP)
                .replace("{code}", "BadDeviceToken");
            for (place, id) in &self.ids {
                path = path.replace(place, id);
            }
            assert!(!path.contains('{'), "this test knows no id for {path}: teach it");
            if get.get("security").is_none() {
                self.outputs
                    .add(Place::Public, path.clone(), curl(&self.server, &[], &[], &path));
                continue;
            }
            let reader = format!("authorization: Bearer {}", self.reader);
            self.outputs.add(
                Place::Reader,
                path.clone(),
                curl(&self.server, &[&reader], &[], &path),
            );
            let answer = curl(&self.server, &[&self.admin()], &[], &path);
            self.outputs.add(Place::Admin, path, answer);
        }
        for format in ["tidings", "cloudevents"] {
            let path = format!("/v1/events?after=0&format={format}");
            let events = curl(
                &self.server,
                &[&self.admin()],
                &["--no-buffer", "--max-time", "1"],
                &path,
            );
            assert!(latin(&events).contains("event: credential.added"));
            self.outputs.add(Place::Events, path, events);
        }
    }

    /// Signs in by a link: the cookie.
    fn sign_in(&mut self, role: &str) -> String {
        let made = self.post("/v1/dashboard-links", &json!({"name": "Ada", "role": role}));
        let (_, link) = made["path"].as_str().unwrap().split_once("link=").unwrap();
        let form = format!("link={link}");
        let answer = curl(&self.server, &[], &["--data", &form], "/dashboard/sign-in");
        let answer = String::from_utf8(answer).unwrap();
        let (_, session) = answer.split_once("tidings_session=").expect(&answer);
        let session = session.split(';').next().unwrap().to_owned();
        self.plant("session", &session);
        self.plant("link", link);
        format!("cookie: tidings_session={session}")
    }

    fn look_at_pages(&mut self) {
        for (role, place) in [
            ("viewer", Place::Viewer),
            ("operator", Place::Operator),
            ("admin", Place::Administrator),
        ] {
            let cookie = self.sign_in(role);
            let devices = format!("/dashboard/devices?app={APP}");
            let listed = latin(&curl(&self.server, &[&cookie], &[], &devices));
            let (_, device) = listed.split_once("href=\"/dashboard/devices/").expect(&listed);
            let device = device.split(['"', '?']).next().unwrap();
            for path in [
                "/dashboard".to_owned(),
                "/dashboard/problems".to_owned(),
                "/dashboard/incidents".to_owned(),
                format!("/dashboard/incidents/{}", self.id("incidents/{id}")),
                format!("/dashboard/devices?app={APP}&find={USER}"),
                format!("/dashboard/devices/{device}"),
                devices.clone(),
                format!("/dashboard/notifications?app={APP}"),
                format!("/dashboard/apps/{APP}/{}", self.ids["notifications/{id}"]),
                "/dashboard/compose".to_owned(),
                "/dashboard/apps".to_owned(),
                format!("/dashboard/apps/{APP}"),
                "/dashboard/connections".to_owned(),
                "/dashboard/keys".to_owned(),
                "/dashboard/people".to_owned(),
                "/dashboard/account".to_owned(),
                "/dashboard/webhooks".to_owned(),
                format!("/dashboard/{}", self.ids["webhooks/{id}"]),
                format!("/dashboard/devices.csv?app={APP}"),
                format!("/dashboard/notifications.csv?app={APP}"),
                format!(
                    "/dashboard/apps/{APP}/{}/recipients.csv",
                    self.ids["notifications/{id}"]
                ),
                "/dashboard/audit".to_owned(),
                "/dashboard/settings".to_owned(),
                "/dashboard/nowhere".to_owned(),
            ] {
                let page = curl(&self.server, &[&cookie], &[], &path);
                self.outputs.add(place, format!("{path} by {role}"), page);
            }
        }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn run_commands(&mut self) {
        let proxy = format!("http://user:{PROXY_PASSWORD}@127.0.0.1:1");
        let elsewhere = self.file("elsewhere.toml", &format!("[delivery]\nproxy = \"{proxy}\"\n"));
        let key = self.file(&format!("AuthKey_{KEY}.p8"), &self.p8);
        let damaged = self.file("damaged.p12", "nonsense");
        for format in ["text", "json"] {
            for arguments in [
                &["config", "check", "--config", &elsewhere][..],
                &["doctor", &key],
                &["doctor", &damaged],
                &["explain", "BadDeviceToken"],
            ] {
                let ran = Ran::of(self.server.command(arguments).args(["--format", format]));
                self.outputs.ran(&arguments.join(" "), &ran);
            }
        }
        let mut send = command();
        send.args(["send", "--team-id", TEAM, "--bundle-id", APP, "--key", &key]);
        send.args(["--token", &self.token, "--body", PAYLOAD, "--proxy", &proxy]);
        self.outputs
            .ran("send by a proxy that is not there", &Ran::of(&mut send));
        let nowhere = ["devices", "list", "--app", APP, "--server", "http://127.0.0.1:1"];
        let ran = Ran::of(&mut self.server.command(&nowhere));
        self.outputs.ran("devices of a server that is not there", &ran);
        let mut by_wrong_key = self.server.command(&["devices", "list", "--app", APP]);
        by_wrong_key.env("TIDINGS_API_KEY", format!("{}x", self.server.key));
        self.outputs
            .ran("devices by a wrong key", &Ran::of(&mut by_wrong_key));
        let backup = self.folder.path().join("backup.sqlite");
        let ran = Ran::of(self.server.command(&["backup"]).arg(&backup));
        self.outputs.ran("a backup", &ran);
        self.outputs
            .add(Place::File, "the backup", std::fs::read(&backup).unwrap());
    }

    /// Ends the server, looks at what it leaves, and starts another on it, behind a proxy that is not there.
    fn end(self) -> (Outputs, Vec<Canary>) {
        let Self {
            server,
            mut outputs,
            canaries,
            folder,
            ..
        } = self;
        server.signal("-HUP");
        let (status, log) = server.terminate();
        assert_eq!(status, Some(0), "{log}");
        assert!(
            log.contains("answered") && log.contains("DEBUG"),
            "the log was looked at: {log}"
        );
        assert!(!log.contains("panicked"), "{log}");
        outputs.add(Place::Log, "the log", log);
        let proxy = format!("http://user:{PROXY_PASSWORD}@127.0.0.1:1");
        let variables = [
            ("TIDINGS_LOG__LEVEL", "trace"),
            ("TIDINGS_LOG__FORMAT", "json"),
            ("TIDINGS_DELIVERY__PROXY", proxy.as_str()),
        ];
        let data = folder.path().join("data");
        let second = Server::start_in(&data, None, &variables);
        outputs.add(Place::Command, "the second ready line", second.ready.to_string());
        let (_, log) = second.terminate();
        outputs.add(Place::Log, "the second log", log);
        outputs.files(&data);
        (outputs, canaries)
    }
}

/// What is secret of an API key.
fn secret_of(key: &str) -> String {
    key.rsplit_once('_').unwrap().1.to_owned()
}

#[test]
fn no_secret_comes_out() {
    let mut exercise = Exercise::begin();
    exercise.use_all_doors();
    exercise.send_well_and_badly();
    exercise.go_wrong();
    exercise.ask_for_everything();
    exercise.look_at_pages();
    exercise.run_commands();
    let (outputs, canaries) = exercise.end();
    let leaks = outputs.leaks(&canaries);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    // What may be shown somewhere is: else this test would look for nothing.
    for (name, places, _) in SHOWN {
        let canary = canaries.iter().find(|canary| canary.name == *name).unwrap();
        let shown =
            |(place, _, output): &(Place, String, String)| places.contains(place) && canary.is_in(output);
        assert!(outputs.0.iter().any(shown), "{name} is nowhere");
    }
}

#[test]
fn a_canary_is_found_in_every_form() {
    let canary = Canary::new("secret", b"a secret of some length");
    for found in [
        "before a secret of some length, and behind".to_owned(),
        "612073656372657420 6F6620".replace(' ', "") + "736F6D65206C656E677468",
        base64(b"a secret of some length"),
        base64(b"1a secret of some length, and more"),
        base64(b"12a secret of some length, and more"),
        base64(b"123a secret of some length, and more"),
    ] {
        assert!(canary.is_in(&found), "{found}");
    }
    assert!(!canary.is_in("a secret of another length"));
    assert!(has_provider_token("bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln"));
}
