//! Credentials: read at once, described, never shown again.

use http::Method;
use serde_json::json;
use tidings_testkit::TEAM_ID;

use crate::world::{APP, World};

fn path() -> String {
    format!("{APP}/credentials")
}

#[tokio::test]
async fn a_signing_key_is_read_and_described() {
    let world = World::sending().await;
    let credential = world.upload_key(&["sandbox"]).await.json();
    let scene = world.scene.as_ref().expect("this world has an APNs");
    assert_eq!(credential["form"], "signing_key");
    assert_eq!(credential["environments"], json!(["sandbox"]));
    assert_eq!(credential["key_id"], scene.key_id);
    assert_eq!(credential["findings"][0]["code"], "one-environment");
    let listed = world.get(&path()).send().await.must_be(200).json();
    assert_eq!(listed["credentials"], json!([credential]));
    let id = credential["id"].as_str().expect("it has an id");
    world
        .delete(&format!("{}/{id}", path()))
        .send()
        .await
        .must_be(204);
    assert_eq!(world.get(&path()).send().await.json()["credentials"], json!([]));
}

#[tokio::test]
async fn a_key_can_be_uploaded_as_a_form() {
    let world = World::sending().await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    let body = format!(
        "--X\r\nContent-Disposition: form-data; name=\"p8\"; filename=\"AuthKey_{}.p8\"\r\n\r\n{}\r\n--X\r\n\
         Content-Disposition: form-data; name=\"team_id\"\r\n\r\n{TEAM_ID}\r\n--X--\r\n",
        scene.key_id, scene.private_key_pem
    );
    let form = world
        .post(&path())
        .header("content-type", "multipart/form-data; boundary=X");
    let credential = form.body(body).send().await.must_be(201).json();
    assert_eq!(
        (&credential["key_id"], &credential["team_id"]),
        (&json!(scene.key_id), &json!(TEAM_ID))
    );
    assert_eq!(credential["environments"], json!(["production", "sandbox"]));
}

#[tokio::test]
async fn certificates_say_what_they_are_good_for() {
    let world = World::sending().await;
    let new = json!({"team_id": TEAM_ID, "bundle_id": "com.example.app", "environments": ["production"]});
    let issued = world.control(Method::POST, "/v1/certificates", Some(&new)).await;
    let keystore = json!({"p12": issued["pkcs12_base64"], "password": issued["password"]});
    let credential = world
        .post(&path())
        .json(&keystore)
        .send()
        .await
        .must_be(201)
        .json();
    assert_eq!(credential["form"], "certificate");
    assert_eq!(credential["environments"], json!(["production"]));
    assert_eq!(credential["topics"][0], "com.example.app");
    assert!(credential["expires_at"].is_string());
    let pem = |name: &str| issued[name].as_str().unwrap_or_default().to_owned();
    let both = json!({"pem": pem("certificate_pem") + &pem("private_key_pem")});
    let credential = world.post(&path()).json(&both).send().await.must_be(201).json();
    assert_eq!(credential["fingerprint"], issued["fingerprint"]);
    let other = world
        .post("/v1/apps/com.example.other/credentials")
        .json(&both)
        .send()
        .await
        .must_be(201)
        .json();
    let codes: Vec<_> = other["findings"]
        .as_array()
        .expect("there are findings")
        .iter()
        .map(|finding| &finding["code"])
        .collect();
    assert!(codes.contains(&&json!("certificate-for-another-app")), "{other}");
}

#[tokio::test]
async fn an_expired_certificate_is_kept_and_called_so() {
    let world = World::sending().await;
    let new = json!({
        "team_id": TEAM_ID, "bundle_id": "com.example.app", "environments": ["production"],
        "not_after": "2024-01-01T00:00:00Z",
    });
    let issued = world.control(Method::POST, "/v1/certificates", Some(&new)).await;
    let keystore = json!({"p12": issued["pkcs12_base64"], "password": issued["password"]});
    let credential = world
        .post(&path())
        .json(&keystore)
        .send()
        .await
        .must_be(201)
        .json();
    assert_eq!(credential["findings"][0]["code"], "certificate-expired");
}

#[tokio::test]
async fn what_is_no_credential_is_refused_with_what_it_is() {
    let world = World::sending().await;
    let new = json!({"team_id": TEAM_ID, "bundle_id": "com.example.app", "environments": ["production"]});
    let issued = world.control(Method::POST, "/v1/certificates", Some(&new)).await;
    let scene = world.scene.as_ref().expect("this world has an APNs");
    for (body, what) in [
        (
            json!({"p12": issued["pkcs12_base64"], "password": "wrong"}),
            "password",
        ),
        (json!({"pem": issued["certificate_pem"]}), "private key"),
        (
            json!({"p8": issued["certificate_pem"], "key_id": scene.key_id, "team_id": TEAM_ID}),
            "certificate",
        ),
    ] {
        let answer = world.post(&path()).json(&body).send().await.must_be(422);
        assert_eq!(answer.problem(), "unreadable-credential");
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains(what), "{detail}");
    }
    for (body, field) in [
        (
            json!({"p8": scene.private_key_pem, "team_id": TEAM_ID}),
            "/key_id",
        ),
        (
            json!({"p8": scene.private_key_pem, "key_id": "short", "team_id": TEAM_ID}),
            "/key_id",
        ),
        (json!({"p12": "%%%"}), "/p12"),
        (json!({}), ""),
        (json!({"p8": "x", "pem": "y"}), ""),
    ] {
        let answer = world.post(&path()).json(&body).send().await.must_be(422);
        assert_eq!(answer.json()["field"], field, "{}", answer.text());
    }
    assert_eq!(
        world.get("/v1/apps").send().await.json()["apps"],
        json!([]),
        "nothing was made for it"
    );
}
