//! The pages of the book that tell people what to type, followed as they stand there.
//!
//! All blocks of a page that are marked `sh` are run one after the other in one shell. What follows the mark says what is
//! particular: `terminal=NAME` is left running, as in a terminal of its own; `status=1` is expected to fail so. Blocks that
//! nobody can run here (other people's databases, Apple) are marked `console` or `text`.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::{Server, until};
use crate::support::{APP, KEY, Simulation, TEAM};

/// Ports that the pages name.
const PORTS: [u16; 7] = [8377, 8378, 8443, 8444, 8445, 8446, 8447];

/// A block of commands on a page.
struct Block<'a> {
    commands: &'a str,
    terminal: bool,
    status: &'a str,
}

fn page(path: &str) -> String {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src");
    std::fs::read_to_string(book.join(path)).unwrap()
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let parts = page.split("\n```sh").skip(1);
    parts
        .map(|part| {
            let (mark, rest) = part.split_once('\n').unwrap();
            Block {
                commands: rest.split_once("\n```").unwrap().0,
                terminal: mark.contains("terminal="),
                status: mark.split_once("status=").map_or("0", |(_, status)| status),
            }
        })
        .collect()
}

/// One script of all blocks, which ends with a mistake where one of them does not end as the page says.
fn script(page: &str) -> String {
    let mut script = String::from("set -ux\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    for (place, block) in blocks(page).iter().enumerate() {
        let commands = block.commands;
        // Writing to a string cannot fail.
        let _ = if block.terminal {
            writeln!(
                script,
                "({commands}) >terminal-{place} 2>terminal-{place}.log &\n\
                 for _ in $(seq 400); do [ -s terminal-{place} ] && break; sleep 0.05; done"
            )
        } else {
            writeln!(
                script,
                "set -e\ntrue\n{}\n{commands}\n{}",
                if block.status == "0" { "" } else { "set +e" },
                format_args!(
                    "[ $? = {} ] || {{ echo \"block {place} ended otherwise\" >&2; exit 1; }}",
                    block.status
                ),
            )
        };
    }
    script
}

/// Runs a script where the variables are set and `tidings` is the program of these tests.
fn run(script: &str, folder: &Path, variables: &[(&str, &str)]) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_tidings")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("bash")
        .args(["-c", script])
        .current_dir(folder)
        .env("PATH", path)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        ran.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    said
}

/// The first of ten ports that nobody uses.
fn free_ports() -> u16 {
    let tries = 20_000 + u16::try_from(std::process::id() % 1_000).unwrap() * 10;
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut firsts = (tries..30_000).chain(20_000..tries).step_by(10);
    firsts
        .find(|first| (0..10).all(|place| is_free(first + place)))
        .unwrap()
}

/// The same with these ports in place of those that the pages name.
fn with_ports(text: &str, first: u16) -> String {
    PORTS
        .iter()
        .zip(first..)
        .fold(text.to_owned(), |text, (port, other)| {
            text.replace(&port.to_string(), &other.to_string())
        })
}

/// A server with a credential and a registered phone, and everything that the guides ask for.
struct Guided {
    simulation: Simulation,
    server: Server,
}

impl Guided {
    fn new() -> Self {
        let simulation = Simulation::start();
        simulation.ask(
            "POST",
            &format!("/v1/devices/phone/installs/{APP}/launch"),
            r#"{"kinds": ["liveactivity-update"]}"#,
        );
        let channels = simulation.url("channels_sandbox").to_owned();
        let server = Server::start_with(
            Some(&simulation),
            &[("TIDINGS_DELIVERY__SANDBOX_CHANNELS_URL", &channels)],
        );
        server.upload_key(&simulation);
        let phone = format!("devices/{}", simulation.token("alert"));
        server.app("PUT", &phone, Some(&serde_json::json!({"user_id": "ada"})));
        Self { simulation, server }
    }

    /// Follows a page.
    fn follow(&self, path: &str, more: &[(&str, &str)]) -> String {
        let folder = self.simulation.folder.path();
        let tokens = ["alert", "voip", "liveactivity-start", "liveactivity-update"]
            .map(|kind| self.simulation.token(kind));
        let data = self.server.folder.display().to_string();
        let mut variables = vec![
            ("T", self.server.url()),
            ("KEY", &self.server.key),
            ("TIDINGS_SERVER", self.server.url()),
            ("TIDINGS_API_KEY", &self.server.key),
            ("APP", APP),
            ("DATA", &data),
            // Another server on the page must not send to Apple either.
            (
                "TIDINGS_DELIVERY__PRODUCTION_URL",
                self.simulation.url("production"),
            ),
            ("TIDINGS_DELIVERY__SANDBOX_URL", self.simulation.url("sandbox")),
            ("TOKEN", &tokens[0]),
            ("VOIP_TOKEN", &tokens[1]),
            ("START_TOKEN", &tokens[2]),
            ("UPDATE_TOKEN", &tokens[3]),
        ];
        variables.extend(more);
        run(
            &with_ports(&script(&page(path)), free_ports()),
            folder,
            &variables,
        )
    }

    /// Waits until notifications with these titles are on the phone.
    fn arrive(&self, titles: &[&str]) {
        until("all notifications of the page are on the phone", || {
            let shown = self.simulation.notifications();
            let has = |title: &&str| {
                shown
                    .iter()
                    .any(|shown| shown["payload"].to_string().contains(*title))
            };
            titles.iter().all(has).then_some(())
        });
    }
}

#[test]
fn following_the_tutorial_leads_to_a_push_a_410_and_a_push_again() {
    let folder = tempfile::tempdir().unwrap();
    // What people copy from the second terminal.
    let key = "export TIDINGS_API_KEY=$(grep -o 'tid_[A-Za-z0-9_-]*' terminal-3)";
    let tutorial = page("getting-started.md");
    assert!(tutorial.contains("export TIDINGS_API_KEY=tid_…"));
    let script = script(&tutorial.replace("export TIDINGS_API_KEY=tid_…", key));
    let ports = free_ports();
    let listen = with_ports("127.0.0.1:8377", ports);
    let said = run(
        &with_ports(&script, ports),
        folder.path(),
        &[
            ("TIDINGS_SERVER__LISTEN", &listen),
            ("TIDINGS_SERVER", &format!("http://{listen}")),
        ],
    );
    for words in [
        r#""environments":["production","sandbox"]"#,
        r#""state":"unproven""#,
        "finished: 1 of 1",
        r#""title":"Tea""#,
        "410 Unregistered",
        "unregistered since",
        "finished: 1 of 2",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
}

#[test]
fn following_the_guides_about_sending_leads_to_notifications_on_the_phone() {
    let guided = Guided::new();
    guided.follow("guides/users.md", &[]);
    guided.arrive(&["will be there at 5", "your tea is ready", "refresh"]);
    guided.follow("guides/everyone.md", &[]);
    guided.arrive(&["Tea is healthy"]);
    guided.follow("guides/later.md", &[]);
    guided.arrive(&["Taxi"]);
    guided.follow("guides/environments.md", &[]);
    guided.arrive(&["for every build", "Developers"]);
    guided.follow("guides/voip.md", &[]);
    guided.arrive(&["4711"]);
    guided.follow("guides/live-activities.md", &[]);
    guided.arrive(&["MatchAttributes", r#""away":0,"home":1"#]);
    guided.follow("guides/own-phone.md", &[]);
}

#[test]
fn following_the_guide_about_credentials_changes_the_key() {
    let guided = Guided::new();
    let made = guided.simulation.ask(
        "POST",
        "/v1/keys",
        &serde_json::json!({"team_id": TEAM}).to_string(),
    );
    let id = made["key_id"].as_str().unwrap();
    let file = guided.simulation.file(&format!("AuthKey_{id}.p8"));
    std::fs::write(&file, made["private_key_pem"].as_str().unwrap()).unwrap();

    let said = guided.follow(
        "guides/credentials.md",
        &[("NEW_KEY_FILE", &file.display().to_string())],
    );

    assert!(said.contains("finished: 1 of 1"), "{said}");
    let left = guided.server.app("GET", "credentials", None);
    let left = left["credentials"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["key_id"], id);
    assert_ne!(id, KEY);
}

#[test]
fn following_the_guide_about_backups_leads_to_another_server_that_knows_the_app() {
    let said = Guided::new().follow("guides/backup.md", &[]);
    assert!(
        said.ends_with(&format!("{APP}\"}}]}}\n")) || said.contains(APP),
        "{said}"
    );
}

#[test]
fn what_other_systems_export_is_imported_as_the_guide_to_moving_says() {
    let guided = Guided::new();
    let folder = guided.simulation.folder.path();
    let token = |place: u8| format!("{place:02x}").repeat(32);
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write(
        "devices.csv",
        format!(
            "token,user_id,updated_at\n{},u1,2026-01-31 12:00:00+00\n",
            token(1)
        ),
    );
    write(
        "rpush.csv",
        format!(
            "device_token,updated_at\n{},2026-01-31 12:00:00.123456\n",
            token(2)
        ),
    );
    write(
        "endpoints.json",
        serde_json::json!({"Endpoints": [{"EndpointArn": "arn:aws:sns:…", "Attributes":
            {"Enabled": "false", "Token": token(3), "CustomUserData": "u3"}}]})
        .to_string(),
    );
    write(
        "installations.json",
        serde_json::json!({"_id": "x", "deviceToken": token(4), "installationId": "i4", "_p_user": "_User$u4",
            "channels": ["news"], "_updated_at": {"$date": "2026-01-31T12:00:00.000Z"}, "deviceType": "ios"})
        .to_string(),
    );
    write(
        "onesignal.csv",
        format!(
            "id,identifier,language,device_type,tags,last_active,external_user_id\n\
             a,{},en,0,\"{{\"\"level\"\":\"\"gold\"\"}}\",2026-01-31 12:00:00 UTC,u5\nb,other,en,1,{{}},,u6\n",
            token(5)
        ),
    );

    let said = guided.follow("guides/moving.md", &[]);

    for (place, user) in [(1, "u1"), (3, "u3"), (4, "u4"), (5, "u5")] {
        let device = guided
            .server
            .app("GET", &format!("devices/{}", token(place)), None);
        assert_eq!(device["user_id"], user, "{said}");
    }
    let device = |place| {
        guided
            .server
            .app("GET", &format!("devices/{}", token(place)), None)
    };
    assert_eq!(
        device(2)["last_registered_at"],
        "2026-01-31T12:00:00.123Z",
        "{said}"
    );
    assert_eq!(device(4)["tags"], serde_json::json!(["news"]));
    assert_eq!(device(5)["tags"], serde_json::json!(["level:gold"]));
    guided.arrive(&["It is ready"]);
}
