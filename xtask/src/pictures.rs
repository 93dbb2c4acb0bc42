//! The pictures of the dashboard in the book, made anew by the browser that walks through it.

use anyhow::Result;

use crate::program::{cargo, root, run as run_program};

/// Where they are.
const FOLDER: &str = "docs/book/src/pictures";

/// The test that walks.
const WALK: &str = "dashboard::a_real_browser_walks_through_every_page_and_finds_nothing_wrong";

/// Makes them.
pub(crate) fn run() -> Result<()> {
    let folder = root().join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let mut walk = cargo([
        "test",
        "--package",
        "tidings",
        "--test",
        "it",
        "--",
        "--exact",
        WALK,
    ]);
    run_program(walk.env("TIDINGS_PICTURES", folder))
}
