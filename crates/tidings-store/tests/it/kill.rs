//! Killed at any instant while it writes: what was acknowledged is there, and nothing is lost.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tidings_store::{
    Audience, DeviceId, NotificationId, OpenPage, PageOutcome, RecipientException, RecipientState,
    Registration, Store,
};
use uuid::Uuid;

use crate::another_process::{AnotherProcess, Task, open, tell};
use crate::given::{app, assert_conserved, second, to, token};

const KILLS: u64 = 20;

/// How many write at the same time.
const WRITERS: u64 = 8;

/// Registers devices and accepts notifications without end; tells of each when the store has acknowledged it.
pub(crate) async fn write(directory: &Path) -> anyhow::Result<()> {
    let store = open(directory).await;
    let app = app(&store).await;
    let epoch = store.begin_epoch("kill", second(1)).await?;
    let first = u64::from(std::process::id()) << 32;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for number in (first + (writer << 24)).. {
                let device = store
                    .register(app.id, token(number), Registration::default(), second(2))
                    .await?
                    .device;
                tell(format!("device {number}"));
                let notification = to(Audience::Tokens(vec![token(number)]));
                let id = notification.id;
                store.accept(app.id, notification, None, second(3)).await?;
                tell(format!("notification {id}"));
                let page = OpenPage {
                    after: DeviceId::START,
                    last: device.id,
                    recipients: 2,
                };
                store.begin_page(id, page, epoch, second(4)).await?;
                if number % 3 == 0 {
                    continue;
                }
                let state = RecipientState::Waiting { next_at: second(5) };
                let outcome = PageOutcome {
                    delivered: 1,
                    exceptions: vec![RecipientException::unsent(device.id, state)],
                };
                store
                    .finish_page(id, DeviceId::START, outcome, epoch, second(4))
                    .await?;
                tell(format!("finished {id}"));
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn check(store: &Store, told: &[String]) -> anyhow::Result<()> {
    let app = app(store).await;
    for line in told {
        let (what, name) = line.split_once(' ').unwrap_or_default();
        match what {
            "device" => {
                let known = store.device(app.id, &token(name.parse()?), second(9)).await?;
                assert!(known.is_some(), "{line} is lost");
            }
            "notification" | "finished" => {
                let id = NotificationId(Uuid::parse_str(name)?);
                let view = store.notification(app.id, id, second(9)).await?;
                let counts = view.with_context(|| format!("{line} is lost"))?.counts;
                let is_as_told = what != "finished" || (counts.delivered, counts.waiting) == (1, 1);
                assert!(is_as_told, "{line}: {counts:?}");
            }
            _ => anyhow::bail!("{line:?} was not expected"),
        }
    }
    assert_conserved(store).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut all = Arc::new(Vec::new());
    for round in 0..KILLS {
        let mut other = AnotherProcess::start(Task::Write, folder.path());
        let mut told = Vec::new();
        // Later in each round, so that it is killed in all that it does.
        for _ in 0..=(round * 37) {
            told.extend(other.hear());
        }
        told.extend(other.kill());
        assert!(!told.is_empty(), "it acknowledged something");
        Arc::make_mut(&mut all).extend(told);
        let store = open(folder.path()).await;
        check(&store, &all).await?;
        store.close().await?;
    }
    println!("{} acknowledged in {KILLS} lives", all.len());
    Ok(())
}
