//! Lists as CSV: whole however long they are, and safe in spreadsheets.

use serde_json::json;

use crate::dashboard::Visitor;
use crate::world::{APP, World};

#[tokio::test]
async fn all_devices_are_in_the_list_and_no_whole_token() {
    let world = World::new().await;
    let user = json!({"user_id": "=HYPERLINK(\"https://example.com\")", "tags": ["@a", "b,c"]});
    for number in 0..1_100_u32 {
        let token = format!("{number:064x}");
        let body = if number == 7 { user.clone() } else { json!({}) };
        world.register(&token, &body).await;
    }
    let viewer = Visitor::with_role(&world, "viewer").await;
    let answer = viewer
        .get("/dashboard/devices.csv?app=com.example.app&state=&environment=&find=")
        .await;
    let answer = answer.must_be(200);
    assert_eq!(
        answer.headers["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    let named = answer.headers["content-disposition"].to_str().unwrap();
    assert_eq!(named, "attachment; filename=\"devices-com.example.app.csv\"");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let text = answer.text();
    assert_eq!(text.lines().count(), 1_101);
    let columns = text.lines().next().unwrap().split(',').count();
    assert_eq!(columns, 15);
    assert!(
        text.contains("\"'=HYPERLINK(\"\"https://example.com\"\")\""),
        "no formula"
    );
    assert!(text.contains("\"'@a b,c\""));
    assert!(!text.contains(&format!("{:064x}", 7)) && text.contains("\"000000…0007\""));

    let none = viewer
        .get("/dashboard/devices.csv?state=active")
        .await
        .must_be(200);
    assert_eq!(none.text().lines().count(), 1, "as filtered");
    let found = viewer.get("/dashboard/devices.csv?find=%40a").await.must_be(200);
    assert_eq!(found.text().lines().count(), 2);
    viewer
        .get("/dashboard/devices.csv?stat=active")
        .await
        .must_be(400);
}

#[tokio::test]
async fn what_notifications_say_is_for_those_who_may_send() {
    let world = World::new().await;
    world.register("00ff", &json!({"user_id": "u"})).await;
    let body = json!({"to": {"users": ["u"]}, "aps": {"alert": {"title": "=planted", "body": "b"}}});
    let sent = world
        .post(&format!("{APP}/notifications"))
        .json(&body)
        .send()
        .await;
    let id = sent.must_be(202).json()["id"].as_str().unwrap().to_owned();
    let list = "/dashboard/notifications.csv?app=com.example.app&find=";
    let viewer = Visitor::with_role(&world, "viewer").await;
    let seen = viewer.get(list).await.must_be(200).text();
    assert!(
        seen.contains(&id) && !seen.contains("planted") && !seen.contains("title"),
        "{seen}"
    );
    let operator = Visitor::with_role(&world, "operator").await;
    let seen = operator.get(list).await.must_be(200).text();
    assert!(
        seen.contains("\"'=planted\"") && seen.contains("\"title\""),
        "{seen}"
    );

    let recipients = format!("/dashboard/apps/com.example.app/notifications/{id}/recipients.csv");
    let text = viewer.get(&recipients).await.must_be(200).text();
    assert!(
        text.starts_with("\"fingerprint\",\"device_token\",\"outcome\""),
        "{text}"
    );
    assert!(!text.contains("00ff"), "{text}");
    let other = recipients.replace(&id, "01900000-0000-7000-8000-000000000000");
    viewer.get(&other).await.must_be(404);
}

#[tokio::test]
async fn nobody_gets_a_list_without_signing_in() {
    let world = World::new().await;
    for path in ["/dashboard/devices.csv", "/dashboard/notifications.csv"] {
        world.get(path).send().await.must_be(303);
    }
    let viewer = Visitor::with_role(&world, "viewer").await;
    viewer.get("/dashboard/devices.csv").await.must_be(404);
}
