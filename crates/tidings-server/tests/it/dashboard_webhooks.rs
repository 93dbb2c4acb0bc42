//! Webhooks in the dashboard: made, tried, changed, sent to again, by admins only; what receivers answer stays text.

use std::time::Duration;

use http::Method;
use serde_json::json;
use tidings_server::ServerConfig;

use crate::answer::Answer;
use crate::dashboard::Visitor;
use crate::receiver::{Receiver, Reply};
use crate::webhooks::to_next_attempt;
use crate::world::{APP, World};

/// A server that may send to this machine.
async fn world() -> World {
    let mut config = ServerConfig::default();
    config.webhooks.allow_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    World::with(config).await
}

async fn happen(world: &World, token: &str) {
    world.register(token, &json!({})).await;
    let path = format!("{APP}/devices/{token}");
    world.delete(&path).send().await.must_be(204);
}

/// The webhook's page, from the page that shows its secret.
fn address(made: &Answer) -> String {
    let text = made.text();
    let (_, rest) = text
        .split_once("action=\"/dashboard/webhooks/")
        .expect("the page has forms");
    let id = rest.split('/').next().unwrap_or_default();
    format!("/dashboard/webhooks/{id}")
}

fn secret(page: &str) -> &str {
    let (_, rest) = page.split_once("whsec_").expect("the secret is shown");
    rest.split('<').next().unwrap_or_default()
}

#[tokio::test]
async fn a_webhook_is_made_tried_changed_and_removed() {
    let world = world().await;
    let receiver = Receiver::new([Reply::Says(503, "<script>down</script>")]).await;
    let admin = Visitor::with_role(&world, "admin").await;
    let url = receiver.url();
    let fields = [
        ("url", url.as_str()),
        ("name", "<b>Ops"),
        ("event", "device.forgotten"),
    ];
    let made = admin.post("/dashboard/webhooks", &fields).await.must_be(200);
    let address = address(&made);
    let first = secret(&made.text()).to_owned();
    let page = admin.get(&address).await.must_be(200).text();
    assert!(!page.contains("whsec_"), "it is shown once");
    assert!(page.contains("&lt;b&gt;Ops") && !page.contains("<b>Ops"));

    let tried = admin
        .post(&format!("{address}/test"), &[])
        .await
        .must_be(200)
        .text();
    assert!(tried.contains("did not take it: 503"), "{tried}");
    assert!(tried.contains("&lt;script&gt;down&lt;/script&gt;"));
    let tried = admin
        .post(&format!("{address}/test"), &[])
        .await
        .must_be(200)
        .text();
    assert!(tried.contains("The receiver took it: 204"));

    let rotated = admin
        .post(&format!("{address}/rotate"), &[("overlap", "24")])
        .await;
    assert_ne!(secret(&rotated.must_be(200).text()), first);
    admin
        .post(&format!("{address}/rotate"), &[("overlap", "25")])
        .await
        .must_be(422);

    let bad = [("url", "http://192.0.2.1/x"), ("name", "kept")];
    let refused = admin.post(&format!("{address}/change"), &bad).await;
    assert!(refused.status.is_client_error() && refused.text().contains("value=\"kept\""));
    let good = [
        ("url", url.as_str()),
        ("name", "Others"),
        ("format", "cloudevents"),
    ];
    admin.post(&format!("{address}/change"), &good).await.must_be(303);
    let page = admin.get(&address).await.must_be(200).text();
    assert!(page.contains("Others") && page.contains("All events") && page.contains("CloudEvents 1.0"));

    admin.post(&format!("{address}/disable"), &[]).await.must_be(303);
    let list = admin.get("/dashboard/webhooks").await.must_be(200).text();
    assert!(list.contains("Disabled by hand"));
    admin.post(&format!("{address}/enable"), &[]).await.must_be(303);
    admin.post(&format!("{address}/remove"), &[]).await.must_be(303);
    admin.get(&address).await.must_be(404);
    let audit = world.get("/v1/audit").send().await.must_be(200).text();
    for told in ["created", "changed", "secret_rotated", "removed"] {
        assert!(audit.contains(&format!("webhook.{told}")), "{told}");
    }
    assert!(audit.contains("dashboard:Ada") && !audit.contains("whsec_"));
}

#[tokio::test]
async fn a_delivery_shows_each_attempt_and_is_sent_again() {
    let world = world().await;
    let receiver = Receiver::new([Reply::Says(500, "it \u{202e}broke\u{1b}[31m")]).await;
    let admin = Visitor::with_role(&world, "admin").await;
    let url = receiver.url();
    let fields = [("url", url.as_str()), ("event", "device.forgotten")];
    let made = admin.post("/dashboard/webhooks", &fields).await.must_be(200);
    let address = address(&made);
    let id = address.rsplit('/').next().unwrap_or_default();
    happen(&world, "01").await;
    let api = format!("/v1/webhooks/{id}/deliveries");
    let once = world
        .until(&api, |json| {
            json["deliveries"][0]["last_attempt"]["status"] == 500
        })
        .await;
    let number = &once["deliveries"][0]["id"];
    let delivery = format!("{address}/deliveries/{number}");
    let page = admin.get(&delivery).await.must_be(200).text();
    assert!(
        page.contains("500 in ") && page.contains("device.forgotten"),
        "{page}"
    );
    assert!(page.contains("it ⟨U+202E⟩broke⟨U+001B⟩[31m"), "{page}");
    assert!(!page.contains("Send it again"), "it waits for the next attempt");

    let clock = world.clock.clone().expect("the clock is turned by hand");
    clock.advance(Duration::from_hours(1));
    world
        .until(&api, |json| json["deliveries"][0]["state"] == "delivered")
        .await;
    let page = admin.get(&delivery).await.must_be(200).text();
    assert!(page.contains("Delivered after 2 attempts.") && page.contains("204 in "));
    admin.post(&format!("{delivery}/replay"), &[]).await.must_be(303);
    receiver.requests(3).await;
    let list = admin
        .get(&format!("{address}?state=failed"))
        .await
        .must_be(200)
        .text();
    assert!(list.contains("None is in this state."));
    let none = admin.post(&format!("{address}/replay"), &[("since", "24")]).await;
    assert!(
        none.must_be(303).headers["location"]
            .to_str()
            .unwrap()
            .ends_with("count=0")
    );
    admin.get(&format!("{address}/deliveries/999")).await.must_be(404);
    admin.get("/dashboard/webhooks/nothing").await.must_be(404);
}

#[tokio::test]
async fn what_failed_lately_is_sent_again_and_what_failed_before_is_not() {
    let world = world().await;
    let receiver = Receiver::new(vec![Reply::Status(500, ""); 10]).await;
    let admin = Visitor::with_role(&world, "admin").await;
    let url = receiver.url();
    let fields = [("url", url.as_str()), ("event", "device.forgotten")];
    let made = admin.post("/dashboard/webhooks", &fields).await.must_be(200);
    let address = address(&made);
    happen(&world, "01").await;
    let webhook = json!({"id": address.rsplit('/').next().unwrap_or_default()});
    for attempt in 1..10 {
        to_next_attempt(&world, &webhook, attempt).await;
    }
    let api = format!(
        "/v1/webhooks/{}/deliveries?state=failed",
        webhook["id"].as_str().unwrap()
    );
    world
        .until(&api, |json| json["deliveries"][0]["attempts"] == 10)
        .await;
    let clock = world.clock.clone().expect("the clock is turned by hand");
    clock.advance(Duration::from_hours(2));
    // Sessions last twelve hours, and the schedule three days.
    let admin = Visitor::with_role(&world, "admin").await;
    let page = admin.get(&address).await.must_be(200).text();
    assert!(page.contains("nothing was taken for three days"), "{page}");
    admin.post(&format!("{address}/enable"), &[]).await.must_be(303);
    for (since, count) in [("1", 0), ("24", 1), ("24", 0)] {
        let answer = admin
            .post(&format!("{address}/replay"), &[("since", since)])
            .await;
        let to = answer.must_be(303).headers["location"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(to.ends_with(&format!("count={count}")), "{since}: {to}");
    }
    receiver.requests(11).await;
}

#[tokio::test]
async fn only_admins_see_and_touch_webhooks() {
    let world = world().await;
    let receiver = Receiver::new([]).await;
    let made = world.post("/v1/webhooks").json(&json!({"url": receiver.url()}));
    let made = made.send().await.must_be(201).json();
    let address = format!("/dashboard/webhooks/{}", made["id"].as_str().unwrap_or_default());
    for role in ["viewer", "operator"] {
        let visitor = Visitor::with_role(&world, role).await;
        visitor.get(&address).await.must_be(403);
        visitor.post("/dashboard/webhooks", &[]).await.must_be(403);
        for action in [
            "change", "enable", "disable", "remove", "rotate", "test", "replay",
        ] {
            visitor
                .post(&format!("{address}/{action}"), &[])
                .await
                .must_be(403);
        }
    }
    let admin = Visitor::with_role(&world, "admin").await;
    let forged = admin.ask(Method::POST, &format!("{address}/remove"));
    forged.send().await.must_be(403);
    admin.get(&address).await.must_be(200);
    assert_eq!(receiver.count(), 0);
}
