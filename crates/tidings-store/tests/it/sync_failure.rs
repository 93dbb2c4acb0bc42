//! A disk that does not keep what it was told to: from then on nothing is acknowledged, and nobody asks it again.

use std::path::Path;

use tidings_store::{Health, Registration, StoreError};

use crate::another_process::{AnotherProcess, Task, open, tell};
use crate::given::{app, second, token};

/// Registers devices until the disk fails, and then some more.
pub(crate) async fn write_until_broken(directory: &Path) -> anyhow::Result<()> {
    let store = open(directory).await;
    let app = app(&store).await;
    for number in 1..1000 {
        match store
            .register(app.id, token(number), Registration::default(), second(1))
            .await
        {
            Ok(_) => tell(format!("acknowledged {number}")),
            Err(StoreError::Broken(_)) => {
                tell(format!("broken {number}"));
                break;
            }
            Err(error) => tell(format!("another error: {error:?}")),
        }
    }
    for number in 1000..1100 {
        let result = store
            .register(app.id, token(number), Registration::default(), second(1))
            .await;
        if !matches!(result, Err(StoreError::Broken(_))) {
            tell(format!("acknowledged after the failure: {result:?}"));
        }
    }
    assert_eq!(store.health(), Health::Broken);
    let closed = store.close().await;
    tell(format!("closed {}", matches!(closed, Err(StoreError::Broken(_)))));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_sync_nothing_is_acknowledged() -> anyhow::Result<()> {
    for nth in [25, 26, 40] {
        let folder = tempfile::tempdir()?;
        // Let it be made first: its making is not what is asked about.
        open(folder.path()).await.close().await?;
        let trace = folder.path().join("trace");
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={nth}");
        let trace_to = trace.to_str().expect("a path of text");
        let strace = [
            "strace",
            "-f",
            "-q",
            "-o",
            trace_to,
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            &inject,
        ];
        let told = AnotherProcess::start_under(&strace, Task::WriteUntilBroken, folder.path()).finish();
        let acknowledged: Vec<u64> = told
            .iter()
            .filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok())
            .collect();
        assert!(!acknowledged.is_empty(), "{told:?}");
        let rest: Vec<_> = told[acknowledged.len()..]
            .iter()
            .map(|line| line.split(' ').next().unwrap_or_default())
            .collect();
        assert_eq!(rest, ["broken", "closed"], "{told:?}");
        let syncs = std::fs::read_to_string(&trace)?;
        let after: Vec<_> = syncs.lines().skip_while(|line| !line.contains("EIO")).collect();
        assert_eq!(
            after.iter().filter(|line| line.contains("sync(")).count(),
            1,
            "nobody asks again: {after:?}"
        );
        let store = open(folder.path()).await;
        let app = app(&store).await;
        for number in acknowledged {
            let known = store.device(app.id, &token(number), second(2)).await?;
            assert!(known.is_some(), "device {number} is lost");
        }
    }
    Ok(())
}
