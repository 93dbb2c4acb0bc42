//! Apps and credentials.

use tidings_store::{CredentialId, SealingKey, Store, StoreError};
use tidings_truth::EnvironmentSet;

use crate::given::{Factory, PRODUCTION, SANDBOX, app, credential, second};

pub(crate) async fn an_app_is_made_once(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let bundle_id = "com.example.app".parse()?;
    assert_eq!(store.app(&bundle_id).await?, None);
    let app = store.ensure_app(&bundle_id, second(1)).await?;
    assert_eq!(store.ensure_app(&bundle_id, second(2)).await?, app);
    assert_eq!(store.app(&bundle_id).await?.as_ref(), Some(&app));
    assert_eq!(store.app_by_id(app.id).await?.as_ref(), Some(&app));
    assert_eq!(store.apps().await?, [app]);
    Ok(())
}

pub(crate) async fn what_an_app_reaches_is_what_its_credentials_reach(
    factory: &Factory,
) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let reach = async || -> anyhow::Result<EnvironmentSet> {
        let found = store.app(&app.bundle_id).await?;
        Ok(found.map_or(EnvironmentSet::NONE, |app| app.reach))
    };
    assert_eq!(reach().await?, EnvironmentSet::NONE);
    let production = credential(EnvironmentSet::NONE.with(PRODUCTION));
    let sandbox = credential(EnvironmentSet::NONE.with(SANDBOX));
    for each in [&production, &sandbox] {
        store
            .add_credential(app.id, each.clone(), "ann", second(1))
            .await?;
    }
    assert_eq!(reach().await?, EnvironmentSet::BOTH);
    assert!(
        store
            .remove_credential(app.id, production.id, "ann", second(2))
            .await?
    );
    assert_eq!(reach().await?, EnvironmentSet::NONE.with(SANDBOX));
    assert!(
        !store
            .remove_credential(app.id, production.id, "ann", second(3))
            .await?
    );
    Ok(())
}

pub(crate) async fn a_secret_comes_back_only_when_asked_for(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let new = credential(EnvironmentSet::BOTH);
    let row = store
        .add_credential(app.id, new.clone(), "ann", second(1))
        .await?;
    assert_eq!(store.credentials(app.id).await?, std::slice::from_ref(&row));
    assert_eq!(
        (row.id, row.environments, row.key_id),
        (new.id, new.environments, new.key_id)
    );
    let secret = store.credential_secret(new.id).await?;
    assert_eq!(secret.as_deref(), Some(&*new.secret));
    assert_eq!(store.credential_secret(CredentialId::new(second(9))).await?, None);
    store.close().await?;
    for file in std::fs::read_dir(factory.directory())? {
        let bytes = std::fs::read(file?.path())?;
        assert!(
            !bytes.windows(15).any(|some| some == b"very secret key"),
            "a secret lies open"
        );
    }
    Ok(())
}

pub(crate) async fn credentials_can_be_sealed_under_another_key(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let new = credential(EnvironmentSet::BOTH);
    store
        .add_credential(app.id, new.clone(), "ann", second(1))
        .await?;
    let key = SealingKey::generate();
    assert_eq!(store.reseal(&key).await?, 1);
    assert_eq!(
        store.credential_secret(new.id).await?.as_deref(),
        Some(&*new.secret)
    );
    store.close().await?;
    assert!(
        Store::open(&factory.config()).await.is_err(),
        "the old key opens nothing any more"
    );
    let mut config = factory.config();
    config.sealing_key = key;
    let store = Store::open(&config).await?;
    assert_eq!(
        store.credential_secret(new.id).await?.as_deref(),
        Some(&*new.secret)
    );
    Ok(())
}

pub(crate) async fn a_second_credential_of_the_same_id_is_refused(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let new = credential(EnvironmentSet::BOTH);
    store
        .add_credential(app.id, new.clone(), "ann", second(1))
        .await?;
    let again = store.add_credential(app.id, new, "ann", second(2)).await;
    assert!(
        matches!(
            again,
            Err(StoreError::Conflict {
                what: "the credential"
            })
        ),
        "{again:?}"
    );
    Ok(())
}
