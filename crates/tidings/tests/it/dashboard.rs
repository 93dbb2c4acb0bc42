//! The dashboard: links into it, and a real browser that walks through the whole of it and finds nothing wrong.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::server::Server;
use crate::support::{Ran, command};

/// The routes as they are declared.
const ROUTES: &str = include_str!("../../../tidings-server/src/dashboard.rs");

/// What the dashboard answers that nobody looks at as at a page: a way on, files, and what pages load.
const NO_PAGES: [&str; 7] = [
    "/",
    "/dashboard/devices.csv",
    "/dashboard/notifications.csv",
    "/dashboard/apps/{bundle_id}/notifications/{id}/recipients.csv",
    "/dashboard/practice/key",
    "/dashboard/live",
    "/dashboard/assets/{name}",
];

/// How the last line of the walk begins.
const END: &str = r#"{"what":"end""#;

/// A demo that stays. It is ended when it is dropped.
struct Demo {
    child: Child,
    link: String,
    control: String,
}

impl Demo {
    /// One that tells its story first, or an empty one.
    fn start(options: &[&str]) -> Self {
        let mut command = command();
        let command = command
            .args(["demo", "--json"])
            .args(options)
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut control, mut link) = (None, None);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            control = text(&line["control"]).or(control);
            if line["event"] == "staying" {
                link = text(&line["dashboard_link"]);
                break;
            }
        }
        Self {
            child,
            link: link.expect("the demo ended without a link"),
            control: control.expect("the demo has a control API"),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_browser_walks_through_every_page_and_finds_nothing_wrong() {
    let (demo, empty) = (Demo::start(&[]), Demo::start(&["--empty"]));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let made = tempfile::tempdir().unwrap();
    let wanted = std::env::var_os("TIDINGS_PICTURES").map(PathBuf::from);
    let pictures = wanted.as_deref().unwrap_or(made.path());
    let mut walk = Command::new("node");
    walk.arg(root.join("interop/browser/walk.mjs"));
    walk.args([
        "--link",
        &demo.link,
        "--control",
        &demo.control,
        "--first",
        &empty.link,
    ]);
    walk.arg("--pictures").arg(pictures);
    if let Some(folder) = std::env::var_os("TIDINGS_SHOTS") {
        walk.arg("--shots").arg(folder);
    }
    let walked = walk.output().unwrap();
    let said = String::from_utf8_lossy(&walked.stdout);
    let wrong: Vec<_> = said.lines().filter(|line| !line.starts_with(END)).collect();
    let end = said.lines().last().filter(|line| line.starts_with(END));
    let stderr = String::from_utf8_lossy(&walked.stderr);
    assert!(wrong.is_empty(), "{}\n{stderr}", wrong.join("\n"));
    let end: Value = serde_json::from_str(end.expect(&stderr)).unwrap();
    let looked_at = end["pages"].as_array().unwrap();
    let looked_at: Vec<_> = looked_at.iter().filter_map(Value::as_str).collect();
    let missed: Vec<_> = pages()
        .filter(|page| !looked_at.iter().any(|path| leads_to(path, page)))
        .collect();
    assert!(
        missed.is_empty(),
        "nobody walks to {missed:?}, only to {looked_at:?}"
    );
    let kept = names(&root.join("docs/book/src/pictures"));
    assert_eq!(
        names(pictures),
        kept,
        "`cargo xtask pictures` makes those of the book"
    );
}

/// The pages that the dashboard declares: the paths of what is asked for by `GET`, but for what is no page.
fn pages() -> impl Iterator<Item = &'static str> {
    let declarations = ROUTES.split(".route(").skip(1);
    let got = declarations.filter(|declaration| declaration.contains("get("));
    let paths = got.map(|declaration| declaration.split('"').nth(1).expect("a route has a path"));
    paths.filter(|path| !NO_PAGES.contains(path))
}

/// Whether a path is one of a route, whose parameters are in braces.
fn leads_to(path: &str, route: &str) -> bool {
    let (path, route) = (path.split('/'), route.split('/'));
    path.clone().count() == route.clone().count()
        && path
            .zip(route)
            .all(|(part, of)| part == of || of.starts_with('{'))
}

/// The names of the files in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

/// The answer to a link, with what comes of pressing its button: the status of the page, and whether a session began.
fn open(server: &Server, link: &str) -> (u16, bool) {
    let path = link
        .strip_prefix(server.url())
        .expect("it is a page of the server");
    let shown = server.ask("GET", path, None).status;
    let (_, secret) = path.split_once("link=").expect("it has a secret");
    let form = format!("link={secret}");
    let pressed = Command::new("curl")
        .args(["--silent", "--include", "--data", &form])
        .arg(format!("{}/dashboard/sign-in", server.url()))
        .output()
        .unwrap();
    let answer = String::from_utf8_lossy(&pressed.stdout).to_lowercase();
    (shown, answer.contains("set-cookie: tidings_session="))
}

#[test]
fn the_first_start_prints_a_link_and_the_command_makes_others() {
    let server = Server::start(None);
    let link = server.ready["dashboard_link"].as_str().unwrap();
    assert_eq!(open(&server, link), (200, true));
    assert_eq!(open(&server, link), (200, false), "a link opens once");
    let made = Ran::of(&mut server.command(&["dashboard", "link", "--role", "viewer", "--name", "Ada"]));
    assert_eq!(made.status, Some(0), "{made:?}");
    assert_eq!(open(&server, made.stdout.trim()), (200, true));
    let made = Ran::of(&mut server.command(&["dashboard", "link", "--format", "json"])).json();
    assert_eq!(made["role"], "admin");
    assert_eq!(open(&server, made["url"].as_str().unwrap()), (200, true));
    let odd = Ran::of(&mut server.command(&["dashboard", "link", "--role", "king"]));
    odd.assert_failed(2, &["none of viewer, operator and admin"]);
}
