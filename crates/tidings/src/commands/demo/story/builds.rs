//! The same alert to each way in which an app gets on a device.

use tidings_simulator::{Build, TokenKind};

use super::super::line::Line;
use super::super::narrator::Narrator;
use super::super::stage::Stage;
use super::{alert, delivered, says};

const BUILDS: [(Build, &str); 5] = [
    (Build::Debug, "alert to the app run from Xcode (sandbox)"),
    (Build::TestFlight, "alert to the app from TestFlight (production)"),
    (Build::AdHoc, "alert to the app installed ad hoc (production)"),
    (
        Build::AppStore,
        "alert to the app from the App Store (production)",
    ),
    (Build::Enterprise, "alert to the in-house app (production)"),
];

pub(super) async fn tell(stage: &Stage, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.chapter("One app, five builds: each has its environment")?;
    for (build, what) in BUILDS {
        narrator.tell(what, to(stage, build).await)?;
    }
    Ok(())
}

async fn to(stage: &Stage, build: Build) -> anyhow::Result<Line> {
    const TEXT: &str = "Tea is ready";
    let phone = stage.phone(build, &[TokenKind::Alert])?;
    let truth = "the phone shows “Tea is ready”";
    delivered(stage, &phone, TokenKind::Alert, alert(TEXT)?, truth, |shown| {
        says(shown, TEXT)
    })
    .await
}
