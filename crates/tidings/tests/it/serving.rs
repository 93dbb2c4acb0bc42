//! `tidings serve`: from nothing to the first notification, and how it ends.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::server::{Server, serve, until};
use crate::support::{APP, Ran, Simulation};

#[test]
fn from_nothing_to_the_first_delivered_notification() {
    let simulation = Simulation::start();
    let server = Server::start(Some(&simulation));
    assert_eq!(server.ready["event"], "ready");
    assert_eq!(server.ask("GET", "/livez", None).status, 200);
    assert_eq!(server.ask("GET", "/readyz", None).status, 200);
    server.upload_key(&simulation);

    let token = simulation.token("alert");
    let body = json!({"user_id": "ann", "installation_id": "1"});
    let device = server.app("PUT", &format!("devices/{token}"), Some(&body));
    assert_eq!(
        (&device["state"], &device["action"]),
        (&json!("unproven"), &json!("ok"))
    );

    let body = json!({"to": {"users": ["ann"]}, "aps": {"alert": "Tea is ready"}});
    let accepted = server.app("POST", "notifications", Some(&body));
    let path = format!("notifications/{}", accepted["id"].as_str().unwrap());
    let status = until("delivery", || {
        let status = server.app("GET", &path, None);
        (status["state"] == "finished").then_some(status)
    });
    assert_eq!(status["counts"]["delivered"], 1, "{status}");
    assert_eq!(
        simulation.notifications()[0]["payload"]["aps"]["alert"],
        "Tea is ready"
    );

    // The phone's app was run from Xcode, and nobody had said so.
    let device = server.app("GET", &format!("devices/{token}"), None);
    assert_eq!(
        (&device["state"], &device["environment"]),
        (&json!("active"), &json!("sandbox"))
    );

    let key = server.key.clone();
    let (status, said) = server.terminate();
    assert_eq!(status, Some(0), "{said}");
    assert!(
        !said.contains(&key) && !said.contains(&token),
        "a secret in the log: {said}"
    );
}

#[test]
fn the_key_is_printed_once_and_good_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = Server::start_in(&data, None, &[]);
    let key = first.ready["admin_key"].as_str().unwrap().to_owned();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&data), mode(&data.join("sealing.key"))), (0o700, 0o600));
    assert_eq!(first.terminate().0, Some(0));

    let mut second = Server::start_in(&data, None, &[("TIDINGS_LOG__FORMAT", "json")]);
    assert!(second.ready.get("admin_key").is_none());
    assert!(second.ready.get("dashboard_link").is_none());
    second.key = key;
    assert_eq!(second.ask("GET", "/v1/apps", None).status, 200);
    let (_, said) = second.terminate();
    for line in said.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_names_the_first() {
    let server = Server::start(None);
    let began = std::time::Instant::now();
    let second = Ran::of(&mut serve(&server.folder));
    second.assert_failed_with_hint(78, &[&server.pid(), server.folder.to_str().unwrap()]);
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
    assert_eq!(server.ask("GET", "/readyz", None).status, 200);
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    Ran::of(&mut serve(&file)).assert_failed(
        78,
        &["file is not a directory", "--data", "hint: give a directory"],
    );
    let below = file.join("data");
    Ran::of(&mut serve(&below)).assert_failed(78, &["file/data"]);
    let data = folder.path().join("data");
    Server::start_in(&data, None, &[]).terminate();
    std::fs::remove_file(data.join("sealing.key")).unwrap();
    Ran::of(&mut serve(&data)).assert_failed_with_hint(78, &["sealing key", "is missing"]);
    Ran::of(serve(&data).env("TIDINGS_SEALING_KEY", "0".repeat(64)))
        .assert_failed_with_hint(78, &["another key"]);
    Ran::of(serve(&data).env("TIDINGS_SEALING_KEY", "x")).assert_failed(78, &["TIDINGS_SEALING_KEY"]);
}

#[test]
fn a_damaged_database_is_refused_and_a_backup_brings_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start_in(&data, None, &[]);
    server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
    server.app("PUT", "devices/00ff", Some(&json!({})));
    let copy = folder.path().join("copy.db");
    let backup = Ran::of(server.command(&["backup", "--format", "json"]).arg(&copy));
    assert_eq!(backup.status, Some(0), "{backup:?}");
    assert_eq!(backup.json()["bytes"], std::fs::metadata(&copy).unwrap().len());
    let key = server.key.clone();
    server.terminate();

    let database = data.join("tidings.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&database, bytes).unwrap();
    Ran::of(&mut serve(&data)).assert_failed_with_hint(78, &["damaged", "tidings restore"]);

    let restored = folder.path().join("restored");
    let arguments = [
        "restore",
        copy.to_str().unwrap(),
        "--data",
        restored.to_str().unwrap(),
    ];
    let ran = crate::support::tidings(&arguments);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    crate::support::tidings(&arguments).assert_failed_with_hint(78, &["already"]);
    std::fs::copy(data.join("sealing.key"), restored.join("sealing.key")).unwrap();
    let mut server = Server::start_in(&restored, None, &[]);
    server.key = key;
    assert_eq!(server.app("GET", "devices/00ff", None)["state"], "unproven");
}

#[test]
fn told_to_end_twice_it_ends_at_once() {
    let simulation = Simulation::start();
    let server = Server::start(Some(&simulation));
    server.upload_key(&simulation);
    let token = simulation.token("alert");
    server.app(
        "PUT",
        &format!("devices/{token}"),
        Some(&json!({"environment": "sandbox"})),
    );
    simulation.fault(&json!({"kind": "stall"}));
    let body = json!({"to": {"tokens": [token]}, "aps": {"alert": "Tea"}});
    server.app("POST", "notifications", Some(&body));
    until("a request on its way", || {
        let metrics = server.ask("GET", "/metrics", None).body;
        let in_flight = metrics
            .lines()
            .filter(|line| line.contains("in_flight") && !line.starts_with('#'));
        in_flight
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .any(|count| count > 0.0)
            .then_some(())
    });
    server.signal("-TERM");
    let authority = server.url().strip_prefix("http://").unwrap().to_owned();
    until("the end of listening", || {
        std::net::TcpStream::connect(&authority).is_err().then_some(())
    });
    let began = std::time::Instant::now();
    let (status, said) = server.terminate();
    assert_eq!(status, Some(1), "{said}");
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
    assert!(said.contains("told a second time"), "{said}");
}

#[test]
fn a_declared_credential_is_used_and_read_again_when_it_changes() {
    let simulation = Simulation::start();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tidings.toml");
    let key = simulation.file(&format!("AuthKey_{}.p8", crate::support::KEY));
    let declared = |environments: &str| {
        format!(
            "[[credentials]]\napp = {APP:?}\nfile = {:?}\nteam_id = {:?}\nenvironments = {environments}\n",
            key.display(),
            crate::support::TEAM
        )
    };
    std::fs::write(&config, declared("['production']")).unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start_in(
        &data,
        Some(&simulation),
        &[("TIDINGS_CONFIG", config.to_str().unwrap())],
    );
    server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
    let environments = |server: &Server| {
        let list = server.app("GET", "credentials", None);
        let list = list["credentials"].as_array().unwrap().clone();
        list.iter()
            .map(|credential| credential["environments"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(environments(&server), [json!(["production"])]);

    std::fs::write(&config, declared("['production', 'sandbox']")).unwrap();
    server.signal("-HUP");
    until("the change", || {
        (environments(&server) == [json!(["production", "sandbox"])]).then_some(())
    });

    // A mistake changes nothing.
    std::fs::write(&config, "[[credentials]]\n").unwrap();
    server.signal("-HUP");
    std::fs::write(&config, "").unwrap();
    server.signal("-HUP");
    until("the removal", || environments(&server).is_empty().then_some(()));
    let (status, said) = server.terminate();
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn the_sealing_key_is_rotated_while_the_server_does_not_run() {
    let simulation = Simulation::start();
    let server = Server::start(Some(&simulation));
    server.upload_key(&simulation);
    let data = server.folder.to_str().unwrap().to_owned();
    let rotate = ["keys", "rotate", "--data", &data];
    crate::support::tidings(&rotate).assert_failed_with_hint(78, &["in use"]);
    let (folder, key) = (server.folder.clone(), server.key.clone());
    let temporary = server.keep();
    let before = std::fs::read_to_string(folder.join("sealing.key")).unwrap();
    let ran = crate::support::tidings(&rotate);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("1 credentials"), "{ran:?}");
    assert_ne!(
        std::fs::read_to_string(folder.join("sealing.key")).unwrap(),
        before
    );
    let mut server = Server::start_in(&folder, Some(&simulation), &[]);
    server.key = key;
    let token = simulation.token("alert");
    server.app(
        "PUT",
        &format!("devices/{token}"),
        Some(&json!({"user_id": "ann"})),
    );
    let send = server
        .command(&[
            "send",
            "--server",
            server.url(),
            "--bundle-id",
            APP,
            "--user",
            "ann",
        ])
        .args(["--body", "Tea", "--wait"])
        .output();
    let send = Ran::from(send.unwrap());
    assert_eq!(send.status, Some(0), "{send:?}");
    drop(temporary);
}

#[test]
fn health_is_told_by_the_exit_status() {
    let server = Server::start(None);
    let url = server.url().to_owned();
    let ran = crate::support::tidings(&["health", "--server", &url, "--format", "json"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let readiness: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(readiness["ready"], true);
    assert_eq!(server.terminate().0, Some(0));
    crate::support::tidings(&["health", "--server", &url]).assert_failed_with_hint(1, &["cannot"]);
}

#[test]
fn a_lost_admin_key_is_replaced_while_the_server_does_not_run() {
    let server = Server::start(None);
    let data = server.folder.to_str().unwrap().to_owned();
    let admin = ["keys", "admin", "--data", &data, "--name", "after the move"];
    crate::support::tidings(&admin).assert_failed_with_hint(78, &["in use"]);
    let folder = server.folder.clone();
    let temporary = server.keep();
    let ran = crate::support::tidings(&admin);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    // The sealing key may be in no file at all.
    let sealing_key = folder.join("sealing.key");
    let text = std::fs::read_to_string(&sealing_key).unwrap();
    let elsewhere = folder.join("elsewhere.key");
    std::fs::rename(&sealing_key, &elsewhere).unwrap();
    crate::support::tidings(&admin).assert_failed_with_hint(1, &["TIDINGS_SEALING_KEY"]);
    let mut by_variable = crate::support::command();
    by_variable.args(admin).env("TIDINGS_SEALING_KEY", text.trim());
    let again = Ran::of(&mut by_variable);
    assert_eq!(again.status, Some(0), "{again:?}");
    std::fs::rename(&elsewhere, &sealing_key).unwrap();
    let mut server = Server::start_in(&folder, None, &[]);
    server.key = ran.stdout.trim().to_owned();
    let keys = server.ask("GET", "/v1/api-keys", None);
    assert_eq!(keys.status, 200, "{keys:?}");
    assert!(keys.body.contains("after the move"), "{keys:?}");
    drop(temporary);
}

#[test]
fn a_notification_is_sent_through_the_server_and_told_in_words() {
    let simulation = Simulation::start();
    let server = Server::start(Some(&simulation));
    server.upload_key(&simulation);
    let token = simulation.token("alert");
    let body = json!({"user_id": "ann", "tags": ["tea"]});
    server.app("PUT", &format!("devices/{token}"), Some(&body));
    let send = |arguments: &[&str]| {
        let through = [
            "send",
            "--server",
            server.url(),
            "--bundle-id",
            APP,
            "--body",
            "Tea",
        ];
        Ran::of(server.command(&through).args(arguments))
    };
    for whom in [["--user", "ann"], ["--tag", "tea"], ["--token", &token]] {
        let ran = send(&[&whom[..], &["--wait"]].concat());
        assert_eq!(ran.status, Some(0), "{whom:?}: {ran:?}");
        assert!(ran.stdout.contains("finished: 1 of 1"), "{ran:?}");
    }
    let json = send(&[
        "--everyone",
        "--data",
        "cup=1",
        "--wait",
        "20s",
        "--format",
        "json",
    ])
    .json();
    assert_eq!(json["counts"]["delivered"], 1, "{json}");
    let shown = simulation.notifications();
    assert_eq!(shown.len(), 4);
    assert_eq!(shown[3]["payload"]["cup"], "1");
    let accepted = send(&["--user", "ann"]);
    assert!(accepted.stdout.contains("accepted"), "{accepted:?}");
    let nobody = send(&["--user", "nobody", "--wait"]);
    assert_eq!(nobody.status, Some(1), "{nobody:?}");
    send(&["--user", "ann", "--everyone"]).assert_failed_with_hint(2, &["one sort of recipients"]);
    send(&[]).assert_failed_with_hint(2, &["nobody to send to"]);
    send(&[
        "--user",
        "ann",
        "--collapse-id",
        "x",
        "--push-type",
        "background",
        "--priority",
        "10",
        "--no-lint",
    ])
    .assert_failed_with_hint(1, &["422", "/priority"]);
}

#[test]
fn told_to_end_under_load_it_loses_nothing_and_doubles_nothing() {
    let simulation = Simulation::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start_in(&data, Some(&simulation), &[]);
    server.key = server.ready["admin_key"].as_str().unwrap().to_owned();
    server.upload_key(&simulation);
    let token = simulation.token("alert");
    server.app(
        "PUT",
        &format!("devices/{token}"),
        Some(&json!({"environment": "sandbox"})),
    );
    simulation.fault(&json!({"kind": "latency", "milliseconds": 100}));
    let accepted = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // Until nobody listens any more.
                while server.submit(&token) == Some(202) {
                    accepted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
        until("some load", || {
            (accepted.load(std::sync::atomic::Ordering::Relaxed) > 50).then_some(())
        });
        server.signal("-TERM");
    });
    let key = server.key.clone();
    let (status, said) = server.wait();
    assert_eq!(status, Some(0), "{said}");
    let mut server = Server::start_in(&data, Some(&simulation), &[]);
    server.key = key;
    let accepted = usize::try_from(accepted.into_inner()).unwrap();
    let shown = until("the rest", || {
        let shown = simulation.notifications();
        (shown.len() >= accepted).then_some(shown)
    });
    let ids: std::collections::BTreeSet<_> = shown.iter().map(|shown| shown["apns_id"].to_string()).collect();
    assert_eq!((shown.len(), ids.len()), (accepted, accepted), "lost or doubled");
}
