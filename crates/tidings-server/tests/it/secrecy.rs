//! What is secret is planted everywhere, and must come out nowhere: not in answers, logs or metrics.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde_json::json;
use tidings_testkit::TEAM_ID;
use tracing_subscriber::fmt::MakeWriter;

use crate::visitor::{OpenDoor, Push, provider_token};
use crate::world::{APP, World};

/// A log that is kept to be looked through.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const PASSWORD: &str = "planted-password-7319";
const PAYLOAD: &str = "planted-payload-4417";
const URL_KEY: &str = "planted-url-key-5521";

#[tokio::test]
async fn nothing_secret_comes_out() {
    let log = Kept::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // For all threads: those of the store log, too.
    tracing::subscriber::set_global_default(subscriber).expect("no other test keeps a log");
    let world = World::sending().await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let pem_line = scene
        .private_key_pem
        .lines()
        .nth(1)
        .expect("a PEM has a middle")
        .to_owned();
    let token = world.install("app_store", "alert").await;
    let mut answers = vec![world.upload_key(&["production"]).await.text()];
    world
        .register(&token, &json!({"environment": "production", "user_id": "u"}))
        .await;
    let body = json!({"to": {"users": ["u"]}, "aps": {"alert": PAYLOAD}});
    let accepted = world
        .post(&format!("{APP}/notifications"))
        .json(&body)
        .send()
        .await
        .must_be(202);
    let id = accepted.json()["id"].as_str().expect("it has an id").to_owned();
    world
        .until(&format!("{APP}/notifications/{id}"), |json| {
            json["state"] == "finished"
        })
        .await;
    // The same by the door, with proof and without.
    let door = OpenDoor::new(&world).await;
    let proof = provider_token(&scene.private_key_pem, &scene.key_id, TEAM_ID, 0);
    let push = Push::new(&token, &proof).saying(&json!({"aps": {"alert": PAYLOAD}}).to_string());
    assert_eq!(door.push(&push).await.status, 200);
    let forged = Push {
        authorization: format!("{proof}A"),
        ..push
    };
    assert_eq!(door.push(&forged).await.status, 403);
    let (_, signature) = proof.rsplit_once('.').expect("it is signed");
    // A webhook's secret is shown once; its URL, which may hold one, to those who may make webhooks, and in no log.
    let hook = json!({"url": format!("https://localhost:1024/?key={URL_KEY}")});
    let made = world
        .post("/v1/webhooks")
        .json(&hook)
        .send()
        .await
        .must_be(201)
        .json();
    let webhook_secret = made["secret"].as_str().expect("it is shown").to_owned();
    let webhook = format!("/v1/webhooks/{}", made["id"].as_str().expect("it has an id"));
    answers.push(
        world
            .post(&format!("{webhook}:test"))
            .send()
            .await
            .must_be(200)
            .text(),
    );
    world.get(&webhook).send().await.must_be(200);
    let listed = world.get("/v1/webhooks").send().await.must_be(200).text();
    assert!(listed.contains(URL_KEY) && !listed.contains(&webhook_secret));
    // Something happens, so that it is sent to.
    world.register("00ff", &json!({})).await;
    world
        .delete(&format!("{APP}/devices/00ff"))
        .send()
        .await
        .must_be(204);
    let deliveries = format!("{webhook}/deliveries");
    world
        .until(&deliveries, |json| {
            json["deliveries"][0]["last_attempt"].is_object()
        })
        .await;
    answers.push(world.get(&deliveries).send().await.must_be(200).text());
    // What is wrong must not be told by quoting it.
    for wrong in [
        json!({"p12": "AAAA", "password": PASSWORD}),
        json!({"p12": 7, "password": PASSWORD}),
        json!({"p8": [scene.private_key_pem], "key_id": scene.key_id, "team_id": TEAM_ID}),
        json!({"p8": scene.private_key_pem, "key_id": PASSWORD, "team_id": TEAM_ID}),
        json!({"pem": scene.private_key_pem}),
        json!({"p8": scene.private_key_pem, "key_id": {"x": PASSWORD}}),
    ] {
        let path = format!("{APP}/credentials");
        answers.push(world.post(&path).json(&wrong).send().await.must_be(422).text());
    }
    for path in [
        format!("{APP}/credentials"),
        format!("{APP}/notifications"),
        format!("{APP}/notifications/{id}"),
        format!("{APP}/notifications/{id}/recipients"),
        format!("{APP}/incidents"),
        "/v1/api-keys".to_owned(),
        "/v1/audit".to_owned(),
        "/openapi.json".to_owned(),
    ] {
        answers.push(world.get(&path).send().await.must_be(200).text());
    }
    let metrics = world.get("/metrics").send().await.must_be(200).text();
    let damaged = world.admin.replace("tid_", "tod_");
    answers.push(world.get("/v1/apps").by(&damaged).send().await.text());
    world.control(Method::GET, "/v1/stats", None).await;
    let secret = world
        .admin
        .split('_')
        .nth(2)
        .expect("a key has a secret")
        .to_owned();
    let secrets = [
        &secret,
        &pem_line,
        PASSWORD,
        PAYLOAD,
        URL_KEY,
        &webhook_secret,
        signature,
    ];
    let places = [
        ("the answers", answers.concat()),
        ("the log", log.text()),
        ("the metrics", metrics.clone()),
    ];
    for (place, text) in &places {
        for planted in secrets {
            assert!(!text.contains(planted), "{planted} came out in {place}");
        }
    }
    assert!(!log.text().contains(&token), "a whole device token is in the log");
    assert!(!metrics.contains(&token), "a device token is in the metrics");
    assert!(log.text().contains("answered"), "the log was looked at");
    assert!(
        log.text().contains("answered at the door"),
        "the door was looked at"
    );
}
