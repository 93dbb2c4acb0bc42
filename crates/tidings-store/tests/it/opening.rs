//! Who may open a store, and which.

use rusqlite::Connection;
use tidings_store::{OpenStoreError, SealingKey, Store};

use crate::another_process::{AnotherProcess, Task, config, open};
use crate::given::{Factory, app, register_many, second};

#[tokio::test]
async fn a_second_process_is_refused_and_told_the_first() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut other = AnotherProcess::start(Task::Hold, folder.path());
    assert_eq!(other.hear().as_deref(), Some("open"));
    let refused = Store::open(&config(folder.path())).await;
    let Err(error @ OpenStoreError::InUse { pid, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(*pid, Some(other.id()));
    assert!(
        error
            .to_string()
            .ends_with(&format!("in use by another process, {}", other.id()))
    );
    assert!(!error.hint().is_empty());
    other.kill();
    open(folder.path()).await.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_store_is_not_opened_twice_in_one_process() -> anyhow::Result<()> {
    let factory = Factory::new();
    let store = factory.open().await;
    let refused = Store::open(&factory.config()).await;
    assert!(
        matches!(refused, Err(OpenStoreError::InUse { .. })),
        "{refused:?}"
    );
    store.close().await?;
    factory.open().await;
    Ok(())
}

#[tokio::test]
async fn another_sealing_key_is_refused() -> anyhow::Result<()> {
    let factory = Factory::new();
    factory.open().await.close().await?;
    let mut config = factory.config();
    config.sealing_key = SealingKey::generate();
    let refused = Store::open(&config).await;
    assert!(
        matches!(refused, Err(OpenStoreError::WrongSealingKey)),
        "{refused:?}"
    );
    Ok(())
}

async fn refusal(change: &str) -> anyhow::Result<OpenStoreError> {
    let factory = Factory::new();
    factory.open().await.close().await?;
    let database = Connection::open(factory.directory().join("tidings.db"))?;
    database.execute_batch(change)?;
    drop(database);
    match Store::open(&factory.config()).await {
        Ok(_) => anyhow::bail!("it was opened"),
        Err(error) => Ok(error),
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() -> anyhow::Result<()> {
    let error = refusal("INSERT INTO migration VALUES (99, x'00')").await?;
    assert!(
        matches!(error, OpenStoreError::Newer { found: 99, .. }),
        "{error:?}"
    );
    assert!(error.hint().contains("newer program"));
    Ok(())
}

#[tokio::test]
async fn a_migration_that_was_changed_is_refused() -> anyhow::Result<()> {
    let error = refusal("UPDATE migration SET checksum = x'00'").await?;
    assert!(
        matches!(error, OpenStoreError::Migration { version: 1 }),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_named() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    std::fs::write(&file, "")?;
    let refused = Store::open(&config(&file)).await;
    let Err(error) = refused else {
        panic!("a file is no directory");
    };
    assert!(matches!(error, OpenStoreError::Directory { .. }), "{error:?}");
    assert!(error.to_string().contains("file"));
    Ok(())
}

#[tokio::test]
async fn a_store_that_was_closed_says_so() -> anyhow::Result<()> {
    let factory = Factory::new();
    let store = factory.open().await;
    let app = app(&store).await;
    register_many(&store, &app, 1..3).await;
    store.close().await?;
    assert_eq!(store.health(), tidings_store::Health::Closed);
    let refused = store.count_devices(app.id).await;
    assert!(
        matches!(refused, Err(tidings_store::StoreError::Closed)),
        "{refused:?}"
    );
    let refused = store.begin_epoch("tests", second(1)).await;
    assert!(
        matches!(refused, Err(tidings_store::StoreError::Closed)),
        "{refused:?}"
    );
    let left: Vec<_> = std::fs::read_dir(factory.directory())?
        .map(|file| file.map(|file| file.file_name()))
        .collect::<Result<_, _>>()?;
    assert!(
        !left.iter().any(|name| name == "tidings.db-wal"),
        "all is in one file: {left:?}"
    );
    Ok(())
}
