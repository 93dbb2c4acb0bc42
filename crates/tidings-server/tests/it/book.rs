//! The book, as the server shows it.

use crate::world::World;

#[tokio::test]
async fn the_book_is_there_for_everybody_without_a_network() {
    let world = World::new().await;
    let first = world.get("/docs").by_nobody().send().await.must_be(303);
    assert_eq!(first.headers["location"], "/docs/introduction.html");
    let page = world
        .get("/docs/runbooks/incident.html")
        .by_nobody()
        .send()
        .await
        .must_be(200);
    assert!(page.text().contains("<h1 id=\"an-incident-is-open\">"));
    let header = |name: &str| page.headers[name].to_str().unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    let style = world.get("/docs/book.css").by_nobody().send().await.must_be(200);
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_page_that_is_not_in_the_book_is_told_so() {
    let world = World::new().await;
    for path in [
        "/docs/nothing.html",
        "/docs/..%2f..%2fCargo.toml",
        "/docs/SUMMARY.md",
    ] {
        let answer = world.get(path).by_nobody().send().await.must_be(404);
        assert!(answer.text().contains("/docs/introduction.html"), "{path}");
    }
}

#[tokio::test]
async fn a_picture_is_given_as_what_it_is() {
    let world = World::new().await;
    let path = "/docs/pictures/overview-dark.webp";
    let picture = world.get(path).by_nobody().send().await.must_be(200);
    assert_eq!(picture.headers["content-type"], "image/webp");
    assert_eq!(picture.headers["x-content-type-options"], "nosniff");
    assert!(picture.body.starts_with(b"RIFF"));
    let page = world
        .get("/docs/dashboard.html")
        .by_nobody()
        .send()
        .await
        .must_be(200);
    let policy = page.headers["content-security-policy"]
        .to_str()
        .unwrap_or_default();
    assert!(policy.contains("img-src 'self'"), "{policy}");
    assert!(page.text().contains("srcset=\"pictures/overview-dark.webp\""));
}
