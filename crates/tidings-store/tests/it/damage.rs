//! Files that are damaged: never a panic, never an answer out of the blue, and a hint where nothing can be done.

use std::path::Path;

use tidings_store::{DeviceFilter, OpenStoreError, Registration, Store, StoreError, Urgency};

use crate::given::{Factory, app, everyone, register_many, second, token};

/// A database with something of everything.
async fn database() -> anyhow::Result<(Factory, Vec<u8>)> {
    let factory = Factory::new();
    let store = factory.open().await;
    let app = app(&store).await;
    register_many(&store, &app, 1..200).await;
    for _ in 0..50 {
        store.accept(app.id, everyone(), None, second(1)).await?;
    }
    store.close().await?;
    let bytes = std::fs::read(factory.directory().join("tidings.db"))?;
    Ok((factory, bytes))
}

fn write(factory: &Factory, bytes: &[u8]) -> anyhow::Result<()> {
    for name in ["tidings.db-wal", "tidings.db-shm"] {
        remove(&factory.directory().join(name))?;
    }
    Ok(std::fs::write(factory.directory().join("tidings.db"), bytes)?)
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn a_truncated_database_is_refused_with_a_hint() -> anyhow::Result<()> {
    let (factory, whole) = database().await?;
    for length in [
        0,
        1,
        99,
        100,
        4095,
        4096,
        4097,
        whole.len() / 2,
        whole.len() - 4096,
        whole.len() - 1,
    ] {
        write(&factory, &whole[..length])?;
        let refused = Store::open(&factory.config()).await;
        let Err(error) = refused else {
            panic!("{length} of {} bytes were opened", whole.len());
        };
        assert!(
            matches!(error, OpenStoreError::Corrupt { .. }),
            "{length}: {error:?}"
        );
        assert!(
            error.hint().contains("restore the last backup"),
            "{length}: {}",
            error.hint()
        );
    }
    write(&factory, &whole)?;
    factory.open().await;
    Ok(())
}

#[tokio::test]
async fn a_log_without_its_database_is_refused_and_gives_way_to_a_backup() -> anyhow::Result<()> {
    let (factory, whole) = database().await?;
    let directory = factory.directory();
    std::fs::rename(directory.join("tidings.db"), directory.join("backup"))?;
    std::fs::write(directory.join("tidings.db-wal"), &whole[..8192])?;
    let refused = Store::open(&factory.config()).await;
    assert!(
        matches!(refused, Err(OpenStoreError::Corrupt { .. })),
        "{refused:?}"
    );
    Store::restore_backup(&directory.join("backup"), directory).await?;
    assert!(!directory.join("tidings.db-wal").exists());
    factory.open().await;
    Ok(())
}

#[tokio::test]
async fn only_its_owner_may_read_it() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let factory = Factory::new();
    let store = factory.open().await;
    app(&store).await;
    store.backup(&factory.directory().join("copy")).await?;
    for file in std::fs::read_dir(factory.directory())? {
        let file = file?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
    Ok(())
}

#[tokio::test]
async fn something_else_is_not_taken_for_a_database() -> anyhow::Result<()> {
    let (factory, whole) = database().await?;
    for bytes in [vec![0; whole.len()], vec![0xff; whole.len()], b"{}".repeat(5000)] {
        write(&factory, &bytes)?;
        let refused = Store::open(&factory.config()).await;
        assert!(
            matches!(refused, Err(OpenStoreError::Corrupt { .. })),
            "{refused:?}"
        );
    }
    Ok(())
}

/// Uses all of a store. Whatever is damaged, a thread that answers must survive: else the store would say it was closed.
async fn use_it(store: &Store) {
    let survives = |result: Result<(), StoreError>| assert!(!matches!(result, Err(StoreError::Closed)));
    let bundle_id = "com.example.app".parse().expect("a bundle id");
    let app = match store.ensure_app(&bundle_id, second(1)).await {
        Ok(app) => app,
        Err(error) => return survives(Err(error)),
    };
    let said = Registration {
        user_id: Some("ann".to_owned()),
        ..Registration::default()
    };
    survives(store.register(app.id, token(77), said, second(2)).await.map(drop));
    let all = DeviceFilter::default();
    survives(store.devices(app.id, all, None, 1000, second(2)).await.map(drop));
    survives(store.accept(app.id, everyone(), None, second(2)).await.map(drop));
    survives(store.notifications(app.id, None, 100, second(2)).await.map(drop));
    survives(store.ready(second(3), 100, &Urgency::ALL, &[]).await.map(drop));
    survives(store.conservation().await.map(drop));
    survives(store.audit_verify().await.map(drop));
    survives(store.apps().await.map(drop));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bit_that_flips_makes_it_panic() -> anyhow::Result<()> {
    let (factory, whole) = database().await?;
    let (mut opened, mut refused) = (0, 0);
    for round in 0..120_usize {
        let mut bytes = whole.clone();
        // The first page says most; all others are taken in turn.
        let at = if round % 3 == 0 {
            round * 11 % 4096
        } else {
            round * 7919 * 13 % bytes.len()
        };
        bytes[at] ^= 1 << (round % 8);
        write(&factory, &bytes)?;
        match Store::open(&factory.config()).await {
            Ok(store) => {
                opened += 1;
                use_it(&store).await;
                drop(store.close().await);
            }
            Err(error) => {
                refused += 1;
                assert!(!error.hint().is_empty());
            }
        }
    }
    assert!(opened > 0 && refused > 0, "{opened} opened, {refused} refused");
    Ok(())
}
