//! The control API over a real socket.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::scene::{APP, Scene, TEAM};

async fn call(scene: &Scene, method: &str, path: &str, body: &str) -> (u16, String, Value) {
    let address = scene.simulator.control_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(body).unwrap()
    };
    (status, head.to_ascii_lowercase(), body)
}

#[tokio::test]
async fn a_world_is_made_by_http_alone() {
    let scene = Scene::new().await;
    let key = json!({"team_id": TEAM, "environments": ["sandbox"], "topics": [APP]}).to_string();
    let (status, _, key) = call(&scene, "POST", "/v1/keys", &key).await;
    assert_eq!((status, key["environments"].clone()), (201, json!(["sandbox"])));
    assert!(
        key["private_key_pem"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN PRIVATE KEY-----")
    );
    let app = json!({"team_id": TEAM, "bundle_id": "com.example.new"}).to_string();
    assert_eq!(call(&scene, "POST", "/v1/apps", &app).await.0, 201);
    let (_, _, device) = call(&scene, "POST", "/v1/devices", "{}").await;
    let device = format!("/v1/devices/{}", device["device_id"].as_str().unwrap());
    let install = json!({"bundle_id": "com.example.new", "build": "testflight", "kinds": ["alert", "voip"]});
    let installs = format!("{device}/installs");
    let (status, _, installed) = call(&scene, "POST", &installs, &install.to_string()).await;
    assert_eq!((status, &installed["environment"]), (201, &json!("production")));
    assert!(installed["tokens"]["voip"].is_string());
    let launch = format!("{installs}/com.example.new/launch");
    assert_eq!(call(&scene, "POST", &launch, "").await.2, installed);
    let (_, _, online) = call(
        &scene,
        "PUT",
        &format!("{device}/connectivity"),
        r#"{"online":false}"#,
    )
    .await;
    assert_eq!(online["online"], false);
    let (status, _, restored) = call(&scene, "POST", &format!("{device}/restore"), "").await;
    assert_eq!(status, 201);
    assert_ne!(
        restored["installs"]["com.example.new"]["tokens"],
        installed["tokens"]
    );
    let removal = format!("{installs}/com.example.new?report_after=60");
    assert_eq!(call(&scene, "DELETE", &removal, "").await.0, 204);
    assert_eq!(call(&scene, "DELETE", &removal, "").await.0, 404);
    let (_, _, notifications) = call(&scene, "GET", &format!("{device}/notifications"), "").await;
    assert_eq!(notifications, json!([]));
    let revoked = format!("/v1/keys/{}", key["key_id"].as_str().unwrap());
    assert_eq!(call(&scene, "DELETE", &revoked, "").await.0, 204);
}

#[tokio::test]
async fn certificates_come_as_pem_and_pkcs12() {
    let scene = Scene::new().await;
    let order = json!({
        "team_id": TEAM, "bundle_id": APP, "kinds": ["alert", "voip"], "environments": ["sandbox"],
        "not_after": "2020-01-01T00:00:00Z",
    });
    let (status, _, made) = call(&scene, "POST", "/v1/certificates", &order.to_string()).await;
    assert_eq!(status, 201);
    for field in [
        "certificate_pem",
        "private_key_pem",
        "pkcs12_base64",
        "password",
        "fingerprint",
    ] {
        assert!(made[field].is_string(), "{field}");
    }
    let revoke = format!("/v1/certificates/{}", made["fingerprint"].as_str().unwrap());
    assert_eq!(call(&scene, "DELETE", &revoke, "").await.0, 204);
}

#[tokio::test]
async fn faults_clock_and_statistics_are_at_hand() {
    let scene = Scene::new().await;
    let fault =
        json!({"kind": "status", "status": 503, "reason": "Shutdown", "retry_after": 5, "probability": 0.5});
    let (status, _, fault) = call(&scene, "POST", "/v1/faults", &fault.to_string()).await;
    assert_eq!(status, 201);
    let lift = format!("/v1/faults/{}", fault["fault_id"].as_str().unwrap());
    assert_eq!(call(&scene, "DELETE", &lift, "").await.0, 204);
    assert_eq!(call(&scene, "DELETE", &lift, "").await.0, 404);
    let (_, _, clock) = call(&scene, "POST", "/v1/clock", r#"{"advance_seconds":3600}"#).await;
    assert_eq!(clock["ahead_seconds"], 3600);
    let (_, _, stats) = call(&scene, "GET", "/v1/stats", "").await;
    assert_eq!(stats["requests"], 0);
}

#[tokio::test]
async fn mistakes_are_problems_with_the_field_that_is_to_blame() {
    let scene = Scene::new().await;
    for (method, path, body, status, field) in [
        ("POST", "/v1/keys", r#"{"team_id":"a b"}"#, 422, json!("team_id")),
        (
            "POST",
            "/v1/keys",
            r#"{"team_id":"T","private_key_pem":"x"}"#,
            422,
            json!("private_key_pem"),
        ),
        (
            "POST",
            "/v1/apps",
            r#"{"team_id":"T","bundle_id":""}"#,
            422,
            json!("bundle_id"),
        ),
        (
            "POST",
            "/v1/apps",
            r#"{"team_id":"OTHER","bundle_id":"com.example.app"}"#,
            409,
            Value::Null,
        ),
        (
            "POST",
            "/v1/faults",
            r#"{"kind":"latency"}"#,
            422,
            json!("milliseconds"),
        ),
        (
            "POST",
            "/v1/faults",
            r#"{"kind":"latency","milisecond":1}"#,
            400,
            Value::Null,
        ),
        ("POST", "/v1/faults", "not json", 400, Value::Null),
        (
            "POST",
            "/v1/devices/nobody/installs",
            r#"{"bundle_id":"x","build":"debug"}"#,
            404,
            Value::Null,
        ),
        ("GET", "/v1/devices/nobody/notifications", "", 404, Value::Null),
        ("GET", "/v1/nothing", "", 404, Value::Null),
    ] {
        let (got, head, problem) = call(&scene, method, path, body).await;
        assert_eq!(
            (got, &problem["field"]),
            (status, &field),
            "{method} {path} {body}: {problem}"
        );
        assert_eq!(problem["status"], status);
        assert!(head.contains("content-type: application/problem+json"), "{head}");
    }
}

#[tokio::test]
async fn the_description_names_every_operation() {
    let scene = Scene::new().await;
    let (_, _, description) = call(&scene, "GET", "/openapi.json", "").await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, method) in [
        ("/v1/keys", "post"),
        ("/v1/keys/{key_id}", "delete"),
        ("/v1/certificates", "post"),
        ("/v1/apps", "post"),
        ("/v1/devices", "post"),
        ("/v1/devices/{id}/installs", "post"),
        ("/v1/devices/{id}/installs/{bundle_id}/launch", "post"),
        ("/v1/devices/{id}/installs/{bundle_id}", "delete"),
        ("/v1/devices/{id}/restore", "post"),
        ("/v1/devices/{id}/connectivity", "put"),
        ("/v1/devices/{id}/notifications", "get"),
        ("/v1/faults", "post"),
        ("/v1/faults/{id}", "delete"),
        ("/v1/clock", "post"),
        ("/v1/stats", "get"),
    ] {
        assert!(description["paths"][path][method].is_object(), "{method} {path}");
    }
}
