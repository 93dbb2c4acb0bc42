//! People of the dashboard: passwords, sessions, and who may end them.

use std::time::Duration;

use http::Method;
use http::header::{LOCATION, SET_COOKIE};

use crate::answer::{Answer, Ask};
use crate::dashboard::{Visitor, encoded, link_for, redeem};
use crate::world::World;

const PASSWORD: &str = "a horse eats correct staples";

async fn visitor<'a>(world: &'a World, name: &str, role: &str) -> Visitor<'a> {
    let link = link_for(world, name, role).await;
    Visitor::of(world, &redeem(world, &link).await.must_be(303))
}

async fn sign_in(world: &World, name: &str, password: &str) -> Answer {
    let ask = Ask::new(world, Method::POST, "/dashboard/sign-in/password").by_nobody();
    ask.body(encoded(&[("name", name), ("password", password)]))
        .send()
        .await
}

async fn set(visitor: &Visitor<'_>, present: &str, new: &str) -> Answer {
    let fields = [("present", present), ("new", new), ("again", new)];
    visitor.post("/dashboard/account/password", &fields).await
}

/// The address of the only form on a page that has this in it.
fn action(page: &str, part: &str) -> String {
    let mut actions = page
        .split("action=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let found = actions.find(|action| action.contains(part));
    found.expect("the page has such a form").to_owned()
}

#[tokio::test]
async fn whoever_opened_a_link_can_set_a_password_and_sign_in_by_it() {
    let world = World::new().await;
    let ada = visitor(&world, "Ada", "operator").await;
    let elsewhere = visitor(&world, "Ada", "operator").await;
    set(&ada, "", "too short").await.must_be(200);
    let unlike = [("new", PASSWORD), ("again", "a horse eats other staples")];
    let answer = ada.post("/dashboard/account/password", &unlike).await;
    assert!(answer.must_be(200).text().contains("not the same"));
    assert!(
        sign_in(&world, "Ada", PASSWORD)
            .await
            .headers
            .get(SET_COOKIE)
            .is_none()
    );

    let answer = set(&ada, "", PASSWORD).await.must_be(303);
    assert_eq!(answer.headers[LOCATION], "/dashboard/account?done=password");
    elsewhere.get("/dashboard").await.must_be(303);
    let by_password = Visitor::of(&world, &sign_in(&world, "ada", PASSWORD).await.must_be(303));
    by_password.get("/dashboard/compose").await.must_be(200);
    by_password.get("/dashboard/keys").await.must_be(403);

    let wrong = set(&ada, "another password altogether", "a whole new sentence").await;
    assert!(wrong.must_be(200).text().contains("present password is another"));
    set(&ada, PASSWORD, " a whole new sentence ").await.must_be(303);
    assert_eq!(sign_in(&world, "Ada", PASSWORD).await.status, 200);
    let trimmed = sign_in(&world, "Ada", "a whole new sentence").await;
    assert_eq!(trimmed.status, 200, "space belongs to a password");
    sign_in(&world, "Ada", " a whole new sentence ")
        .await
        .must_be(303);
    by_password.get("/dashboard").await.must_be(303);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_answered_as_a_wrong_password_is() {
    let world = World::new().await;
    set(&visitor(&world, "Ada", "viewer").await, "", PASSWORD)
        .await
        .must_be(303);
    let wrong = sign_in(&world, "Ada", "not her password at all").await;
    let nobody = sign_in(&world, "Bob", "not her password at all").await;
    let without = sign_in(&world, "", "").await;
    assert_eq!((wrong.status, wrong.text()), (nobody.status, nobody.text()));
    assert_eq!(wrong.text(), without.text());
    assert!(
        wrong
            .text()
            .contains("No one here has this name and this password.")
    );
}

#[tokio::test]
async fn guessing_a_password_is_stopped_and_many_at_once_do_not_all_pass() {
    let world = World::new().await;
    set(&visitor(&world, "Ada", "viewer").await, "", PASSWORD)
        .await
        .must_be(303);
    let guesses = (0..14).map(|_| sign_in(&world, "Ada", "a guess that is wrong"));
    let answers = futures_util::future::join_all(guesses).await;
    let stopped = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!(stopped, 4);
    sign_in(&world, "Ada", PASSWORD).await.must_be(429);
    let clock = world.clock.clone().expect("the clock stands still");
    clock.advance(Duration::from_mins(1));
    for _ in 0..12 {
        sign_in(&world, "Ada", PASSWORD).await.must_be(303);
    }
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in() {
    let world = World::new().await;
    let ask = Ask::new(&world, Method::POST, "/dashboard/sign-in/password").by_nobody();
    let ask = ask.header("sec-fetch-site", "cross-site");
    ask.body(encoded(&[("name", "Ada"), ("password", PASSWORD)]))
        .send()
        .await
        .must_be(403);
}

#[tokio::test]
async fn a_password_is_worth_nothing_once_the_key_that_vouches_is_not() {
    let world = World::new().await;
    let key = world.key(&["admin"]).await;
    let body = serde_json::json!({"name": "Ada", "role": "viewer"});
    let made = world
        .post("/v1/dashboard-links")
        .by(&key)
        .json(&body)
        .send()
        .await;
    let path = made.must_be(201).json()["path"].as_str().unwrap().to_owned();
    let ada = Visitor::of(&world, &redeem(&world, &path).await.must_be(303));
    set(&ada, "", PASSWORD).await.must_be(303);
    let id = key.split('_').nth(1).unwrap();
    world
        .delete(&format!("/v1/api-keys/{id}"))
        .send()
        .await
        .must_be(204);
    ada.get("/dashboard").await.must_be(303);
    let refused = sign_in(&world, "Ada", PASSWORD).await.must_be(200);
    assert!(refused.text().contains("is not good any more"));
    let root = visitor(&world, "Root", "admin").await;
    let page = root.get("/dashboard/people").await.must_be(200).text();
    assert!(page.contains("they need another link"));
}

#[tokio::test]
async fn an_admin_takes_passwords_away_ends_sessions_and_forgets_people() {
    let world = World::new().await;
    let root = visitor(&world, "Root", "admin").await;
    let ada = visitor(&world, "Ada", "viewer").await;
    set(&ada, "", PASSWORD).await.must_be(303);
    let page = root.get("/dashboard/people").await.must_be(200).text();
    root.post(&action(&page, "/password/remove"), &[])
        .await
        .must_be(303);
    assert_eq!(sign_in(&world, "Ada", PASSWORD).await.status, 200);
    ada.get("/dashboard").await.must_be(200);
    root.post(&action(&page, "/dashboard/sessions/"), &[])
        .await
        .must_be(303);
    ada.get("/dashboard").await.must_be(303);
    root.get("/dashboard").await.must_be(200);

    let waiting = link_for(&world, "ada", "admin").await;
    let page = root.get("/dashboard/people").await.must_be(200).text();
    root.post(&action(&page, "/remove"), &[]).await.must_be(303);
    let late = redeem(&world, &waiting).await.must_be(200);
    assert!(
        late.headers.get(SET_COOKIE).is_none(),
        "links that waited go, too"
    );
    let audit = world.get("/v1/audit").send().await.must_be(200).text();
    for told in [
        "dashboard.password_removed",
        "dashboard.person_removed",
        "dashboard.signed_out",
    ] {
        assert!(audit.contains(told), "{told}: {audit}");
    }
    assert!(!audit.contains("argon2") && !audit.contains(PASSWORD));
}

#[tokio::test]
async fn others_end_only_their_own_sessions() {
    let world = World::new().await;
    let root = visitor(&world, "Root", "admin").await;
    let ada = visitor(&world, "Ada", "operator").await;
    let elsewhere = visitor(&world, "Ada", "operator").await;
    let all = root.get("/dashboard/people").await.must_be(200).text();
    let of_root = root.get("/dashboard/account").await.must_be(200).text();
    assert!(
        !of_root.contains("/dashboard/sessions/"),
        "the only one of its own is this one"
    );
    let own = ada.get("/dashboard/account").await.must_be(200).text();
    let own = action(&own, "/dashboard/sessions/");
    let bob = visitor(&world, "Bob", "viewer").await;
    bob.post(&own, &[]).await.must_be(404);
    elsewhere.get("/dashboard").await.must_be(200);
    ada.post(&own, &[]).await.must_be(303);
    elsewhere.get("/dashboard").await.must_be(303);
    ada.get("/dashboard").await.must_be(200);
    for path in [
        "/dashboard/people/1/remove",
        "/dashboard/people/1/password/remove",
    ] {
        ada.post(path, &[]).await.must_be(403);
        let without = root.ask(Method::POST, path).send().await;
        assert_eq!(without.status, 403, "a form carries a token");
    }
    assert!(all.contains("Ada"));
}

#[tokio::test]
async fn another_link_for_a_name_sets_what_they_may_do_from_then_on() {
    let world = World::new().await;
    let ada = visitor(&world, "Ada", "admin").await;
    set(&ada, "", PASSWORD).await.must_be(303);
    let lower = visitor(&world, "Ada", "viewer").await;
    ada.get("/dashboard").await.must_be(303);
    lower.get("/dashboard/keys").await.must_be(403);
    let again = Visitor::of(&world, &sign_in(&world, "Ada", PASSWORD).await.must_be(303));
    again.get("/dashboard/keys").await.must_be(403);
}

#[tokio::test]
async fn an_api_key_is_nobody_and_has_no_password() {
    let world = World::new().await;
    let ask = Ask::new(&world, Method::POST, "/dashboard/sign-in/key").by_nobody();
    let answer = ask
        .body(encoded(&[("key", &world.admin)]))
        .send()
        .await
        .must_be(303);
    let by_key = Visitor::of(&world, &answer);
    let page = by_key.get("/dashboard/account").await.must_be(200).text();
    assert!(page.contains("signed in by an API key"));
    set(&by_key, "", PASSWORD).await.must_be(404);
    let people = by_key.get("/dashboard/people").await.must_be(200).text();
    assert!(people.contains("Nobody has opened a link yet."));
}
