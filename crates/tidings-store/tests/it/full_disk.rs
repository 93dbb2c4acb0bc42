//! A disk that is full: nothing new is taken, results are still written, and with room all goes on by itself.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tidings_store::{Audience, DeviceId, Health, NewNotification, OpenPage, PageOutcome, Store, StoreError};

use crate::another_process::{AnotherProcess, Task, open, tell};
use crate::given::{app, assert_conserved, register_many, second, to, token, view};

const DISK: &str = "size=12m";
const FILLER: usize = 4 << 20;

/// How long it may take until room is noticed.
const SECONDS: u64 = 10;

fn large() -> NewNotification {
    let mut notification = to(Audience::Tokens(vec![token(1)]));
    notification.payload = Arc::from("x".repeat(4000));
    notification
}

/// Waits until the store does well or ill.
async fn until(store: &Store, health: Health) -> anyhow::Result<Duration> {
    let began = Instant::now();
    while store.health() != health {
        anyhow::ensure!(
            began.elapsed() < Duration::from_secs(SECONDS),
            "it is still {:?}",
            store.health()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(began.elapsed())
}

/// Mounts a small disk, which ends with this process' view of the mounts, and fills it.
pub(crate) async fn fill(directory: &Path) -> anyhow::Result<()> {
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", DISK, "tmpfs"])
        .arg(directory)
        .status()?;
    anyhow::ensure!(mounted.success(), "no small disk can be mounted");
    let filler = directory.join("filler");
    std::fs::write(&filler, vec![1; FILLER])?;
    let store = open(directory).await;
    let app = app(&store).await;
    let devices = register_many(&store, &app, 1..5).await;
    let epoch = store.begin_epoch("tests", second(1)).await?;
    let waiting = large();
    store.accept(app.id, waiting.clone(), None, second(1)).await?;
    let page = OpenPage {
        after: DeviceId::START,
        last: devices[3].id,
        recipients: 4,
    };
    store.begin_page(waiting.id, page, epoch, second(1)).await?;
    let mut accepted = vec![waiting.id];
    let refused = loop {
        let notification = large();
        match store.accept(app.id, notification.clone(), None, second(1)).await {
            Ok(_) => accepted.push(notification.id),
            Err(error) => break error,
        }
    };
    anyhow::ensure!(
        matches!(refused, StoreError::Full) && refused.is_temporary(),
        "{refused:?}"
    );
    assert_eq!(store.health(), Health::Full);
    tell(format!("full after {}", accepted.len()));
    for _ in 0..50 {
        let again = store.accept(app.id, large(), None, second(1)).await;
        anyhow::ensure!(matches!(again, Err(StoreError::Full)), "{again:?}");
    }
    let outcome = PageOutcome {
        delivered: 4,
        exceptions: vec![],
    };
    store
        .finish_page(waiting.id, DeviceId::START, outcome, epoch, second(2))
        .await
        .context("results are written from the reserve")?;
    assert_eq!(view(&store, &app, waiting.id).await.counts.delivered, 4);
    tell("results are written");
    std::fs::remove_file(&filler)?;
    let took = until(&store, Health::Healthy).await?;
    let after = large();
    store.accept(app.id, after.clone(), None, second(3)).await?;
    accepted.push(after.id);
    tell(format!("healthy after {took:?}"));
    store.close().await?;
    let store = open(directory).await;
    for id in &accepted {
        anyhow::ensure!(
            store.notification(app.id, *id, second(4)).await?.is_some(),
            "{id} is lost"
        );
    }
    assert_conserved(&store).await;
    store.close().await?;
    tell("nothing is lost");
    Ok(())
}

#[test]
fn a_full_disk_takes_nothing_new_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    // In a name space of its own, so that the mount ends with the process; as root there, whoever this is.
    let unshare = ["unshare", "--mount", "--user", "--map-root-user"];
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout == b"0\n");
    let launcher = if is_root { &unshare[..2] } else { &unshare[..] };
    let told = AnotherProcess::start_under(launcher, Task::FillTheDisk, folder.path()).finish();
    assert_eq!(
        told.last().map(String::as_str),
        Some("nothing is lost"),
        "{told:?}"
    );
    println!("{told:?}");
}
