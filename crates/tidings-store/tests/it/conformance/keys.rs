//! API keys and the audit log.

use serde_json::json;
use tidings_store::{ApiKeyRow, AuditEntry, AuditVerdict, NewApiKey, Scope, StoreError};

use crate::given::{Factory, app, second};

fn new_key(id: &str) -> NewApiKey {
    NewApiKey {
        id: id.to_owned(),
        name: "backend".to_owned(),
        scopes: vec![Scope::Send, Scope::Read],
        app_ids: None,
        secret_hash: [9; 32],
        expires_at: Some(second(1000)),
    }
}

pub(crate) async fn an_api_key_is_found_until_it_is_revoked(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    let mut limited = new_key("limited");
    limited.app_ids = Some(vec![app.id]);
    store.create_api_key(new_key("all"), "ann", second(1)).await?;
    store.create_api_key(limited, "ann", second(2)).await?;
    let again = store.create_api_key(new_key("all"), "ann", second(3)).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })));
    let found = store.api_key("limited").await?.expect("the key");
    let told = |key: &ApiKeyRow| {
        (
            key.scopes.clone(),
            key.app_ids.clone(),
            key.secret_hash,
            key.expires_at,
        )
    };
    let expected = (
        vec![Scope::Send, Scope::Read],
        Some(vec![app.id]),
        [9; 32],
        Some(second(1000)),
    );
    assert_eq!(told(&found), expected);
    assert!(store.revoke_api_key("all", "ann", second(4)).await?);
    assert!(!store.revoke_api_key("all", "ann", second(5)).await?);
    let keys = store.api_keys().await?;
    let revoked: Vec<_> = keys.iter().map(|key| (key.id.as_str(), key.revoked_at)).collect();
    assert_eq!(revoked, [("all", Some(second(4))), ("limited", None)]);
    Ok(())
}

fn entry(subject: &str, app_id: Option<tidings_store::AppId>) -> AuditEntry {
    AuditEntry {
        at: second(1),
        actor: "ann".to_owned(),
        action: "something.done".to_owned(),
        app_id,
        subject: subject.to_owned(),
        data: json!({"because": "of tests"}),
    }
}

pub(crate) async fn the_audit_log_knows_when_it_was_changed(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    for subject in ["1", "2", "3"] {
        store.audit(entry(subject, None)).await?;
    }
    assert_eq!(store.audit_verify().await?, AuditVerdict::Intact { records: 3 });
    let log = store.audit_log(1, 10).await?;
    assert_eq!(log.iter().map(|record| record.number).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(log[0].entry, entry("2", None));
    for (tampering, number) in [
        ("UPDATE audit SET subject = 'x' WHERE number = 2", 2),
        (
            "UPDATE audit SET subject = '2' WHERE number = 2; DELETE FROM audit WHERE number = 1",
            2,
        ),
    ] {
        factory.tamper(tampering)?;
        assert_eq!(store.audit_verify().await?, AuditVerdict::Broken { number });
    }
    Ok(())
}

pub(crate) async fn the_audit_log_tells_what_changed_last(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app(&store).await;
    for (subject, of) in [("1", Some(app.id)), ("2", None), ("3", Some(app.id))] {
        store.audit(entry(subject, of)).await?;
    }
    let last = store.audit_of_app(app.id, 10).await?;
    let subjects: Vec<_> = last.iter().map(|record| record.entry.subject.as_str()).collect();
    assert_eq!(subjects, ["3", "1"]);
    Ok(())
}
