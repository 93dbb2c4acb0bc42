//! Whom to send to.

use tidings_apns::TokenKind;
use tidings_store::{
    Addressee, App, AppId, Audience, AudiencePage, DeviceId, NotificationId, Registration, Store,
};
use tidings_truth::{EnvironmentSet, Generation, Sending};

use crate::given::{
    Factory, PRODUCTION, SANDBOX, app_named, app_reaching, begun, by_installation, credential, died,
    everyone, hours, parked, register, register_many, second, token,
};

fn page(audience: Audience, after: DeviceId, limit: usize) -> AudiencePage {
    AudiencePage {
        audience,
        kind: TokenKind::Alert,
        after,
        upto: DeviceId(i64::MAX),
        limit,
    }
}

/// All pages of an audience.
async fn all(store: &Store, app: AppId, audience: Audience, limit: usize) -> anyhow::Result<Vec<Addressee>> {
    let (mut found, mut after) = (Vec::new(), DeviceId::START);
    loop {
        let some = store
            .addressees(app, &page(audience.clone(), after, limit), second(1000))
            .await?;
        let is_last = some.len() < limit;
        if let Some(last) = some.last() {
            after = last.device_id;
        }
        found.extend(some);
        if is_last {
            return Ok(found);
        }
    }
}

fn ids(addressees: &[Addressee]) -> Vec<DeviceId> {
    addressees.iter().map(|addressee| addressee.device_id).collect()
}

pub(crate) async fn pages_go_through_everyone_once(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..100).await;
    let expected: Vec<_> = devices.iter().map(|device| device.id).collect();
    for limit in [1, 7, 33, 99, 100] {
        assert_eq!(
            ids(&all(&store, app.id, Audience::Everyone, limit).await?),
            expected
        );
    }
    let upto = AudiencePage {
        upto: expected[9],
        ..page(Audience::Everyone, expected[4], 100)
    };
    assert_eq!(
        ids(&store.addressees(app.id, &upto, second(1000)).await?),
        expected[5..=9]
    );
    Ok(())
}

pub(crate) async fn pages_hold_only_the_kind_that_is_asked_for(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    register_many(&store, &app, 1..10).await;
    let said = Registration {
        kind: Some(TokenKind::Voip),
        ..Registration::default()
    };
    let voip = register(&store, &app, 20, said).await;
    assert_eq!(all(&store, app.id, Audience::Everyone, 4).await?.len(), 9);
    let asked = AudiencePage {
        kind: TokenKind::Voip,
        ..page(Audience::Everyone, DeviceId::START, 10)
    };
    assert_eq!(
        ids(&store.addressees(app.id, &asked, second(1000)).await?),
        [voip.id]
    );
    Ok(())
}

pub(crate) async fn dead_tokens_are_left_out_unless_they_are_named(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..4).await;
    let seen = vec![(devices[1].id, died(1, second(50), second(50)))];
    store.record_evidence(app.id, seen, second(50)).await?;
    let alive = ids(&all(&store, app.id, Audience::Everyone, 10).await?);
    assert_eq!(alive, [devices[0].id, devices[2].id]);
    let named = Audience::Tokens(vec![token(2), token(77), token(2)]);
    let question = (NotificationId::new(second(0)), named, TokenKind::Alert);
    let answers = store.resolve(app.id, vec![question], second(60)).await?;
    assert_eq!(ids(&answers[0]), [devices[1].id]);
    assert_eq!(answers[0][0].sending, Sending::Never);
    let known = store
        .addressees_by_id(app.id, vec![devices[1].id, DeviceId(5)], second(60))
        .await?;
    assert_eq!(ids(&known), [devices[1].id]);
    Ok(())
}

fn tagged(tags: &[&str]) -> Registration {
    Registration {
        tags: Some(tags.iter().map(ToString::to_string).collect()),
        ..Registration::default()
    }
}

async fn with_tags(
    store: &Store,
    app: &App,
    any: &[&str],
    all_of: &[&str],
    none: &[&str],
) -> anyhow::Result<Vec<u64>> {
    let owned = |tags: &[&str]| tags.iter().map(ToString::to_string).collect();
    let audience = Audience::Tags {
        any: owned(any),
        all: owned(all_of),
        none: owned(none),
    };
    let found = all(store, app.id, audience, 2).await?;
    let number = |addressee: &Addressee| {
        addressee.token.as_bytes()[..8]
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    Ok(found.iter().map(number).collect())
}

pub(crate) async fn tags_are_combined(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let tags: [&[&str]; 6] = [&["a"], &["a", "b"], &["b"], &["b", "c"], &["a", "b", "c"], &[]];
    for (number, tags) in (1..).zip(tags) {
        register(&store, &app, number, tagged(tags)).await;
    }
    assert_eq!(
        with_tags(&store, &app, &["a", "c"], &[], &[]).await?,
        [1, 2, 4, 5]
    );
    assert_eq!(with_tags(&store, &app, &[], &["a", "b"], &[]).await?, [2, 5]);
    assert_eq!(with_tags(&store, &app, &[], &["b"], &["c"]).await?, [2, 3]);
    assert_eq!(
        with_tags(&store, &app, &["a", "c"], &["b"], &[]).await?,
        [2, 4, 5]
    );
    assert_eq!(with_tags(&store, &app, &[], &[], &["a"]).await?, [3, 4, 6]);
    assert_eq!(
        with_tags(&store, &app, &["unknown"], &[], &[]).await?,
        [] as [u64; 0]
    );
    store
        .register(app.id, token(5), tagged(&["c"]), second(99))
        .await?;
    assert_eq!(with_tags(&store, &app, &[], &["a", "b"], &[]).await?, [2]);
    Ok(())
}

pub(crate) async fn users_and_installations_are_found(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let of = |user: &str, installation: &str| Registration {
        user_id: Some(user.to_owned()),
        ..by_installation(installation)
    };
    let phone = register(&store, &app, 1, of("ann", "phone")).await;
    let tablet = register(&store, &app, 2, of("ann", "tablet")).await;
    register(&store, &app, 3, of("bob", "other")).await;
    let ask = |audience| (NotificationId::new(second(0)), audience, TokenKind::Alert);
    let questions = vec![
        ask(Audience::Users(vec!["ann".to_owned()])),
        ask(Audience::Installations(vec![
            "tablet".to_owned(),
            "nobody".to_owned(),
        ])),
        ask(Audience::Users(vec!["nobody".to_owned()])),
    ];
    let answers = store.resolve(app.id, questions, second(9)).await?;
    assert_eq!(ids(&answers[0]), [phone.id, tablet.id]);
    assert_eq!(ids(&answers[1]), [tablet.id]);
    assert_eq!(ids(&answers[2]), []);
    Ok(())
}

pub(crate) async fn a_live_activity_ends_by_age(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let said = Registration {
        kind: Some(TokenKind::LiveActivityUpdate),
        ..Registration::default()
    };
    let device = register(&store, &app, 1, said).await;
    let asked = AudiencePage {
        kind: TokenKind::LiveActivityUpdate,
        ..page(Audience::Everyone, DeviceId::START, 10)
    };
    let end = second(1).saturating_add(hours(12));
    let young = store
        .addressees(app.id, &asked, second(1).saturating_add(hours(11)))
        .await?;
    assert_eq!((ids(&young), young[0].ends_at), (vec![device.id], Some(end)));
    assert_eq!(store.addressees(app.id, &asked, end).await?, []);
    Ok(())
}

pub(crate) async fn apps_do_not_see_each_other(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let (one, other) = (
        app_named(&store, "com.example.one").await,
        app_named(&store, "com.example.other").await,
    );
    for app in [&one, &other] {
        let both = credential(EnvironmentSet::BOTH);
        store.add_credential(app.id, both, "ann", second(0)).await?;
        register(&store, app, 1, by_installation("i")).await;
    }
    let (mine, theirs) = (
        all(&store, one.id, Audience::Everyone, 10).await?,
        all(&store, other.id, Audience::Everyone, 10).await?,
    );
    assert_eq!((mine.len(), theirs.len()), (1, 1));
    assert_ne!(ids(&mine), ids(&theirs));
    let foreign = store.addressees_by_id(one.id, ids(&theirs), second(9)).await?;
    assert_eq!(foreign, []);
    let seen = vec![(theirs[0].device_id, died(1, second(9), second(9)))];
    assert_eq!(store.record_evidence(one.id, seen, second(9)).await?, []);
    assert!(store.forget(one.id, &token(1), "ann", second(10)).await?);
    assert_eq!(all(&store, other.id, Audience::Everyone, 10).await?, theirs);
    Ok(())
}

pub(crate) async fn the_newest_proven_tokens_are_canaries(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let devices = register_many(&store, &app, 1..6).await;
    for (place, at) in [(0, 10), (1, 30), (2, 20)] {
        let accepted = vec![(devices[place].id, Generation(1), second(at))];
        store
            .record_accepted(app.id, PRODUCTION, accepted, second(at))
            .await?;
    }
    let (id, epoch) = begun(&store, &app, &everyone(), &devices[..4]).await;
    let exceptions: Vec<_> = devices[..4]
        .iter()
        .map(|device| parked(device.id, PRODUCTION))
        .collect();
    crate::given::finish(&store, id, epoch, exceptions).await;
    let canaries = store.canaries(app.id, PRODUCTION, 10, second(60)).await?;
    let found: Vec<_> = canaries
        .iter()
        .map(|(_, addressee)| addressee.device_id)
        .collect();
    assert_eq!(
        found,
        [devices[1].id, devices[2].id, devices[0].id, devices[3].id]
    );
    assert!(canaries.iter().all(|(notification, _)| *notification == id));
    assert_eq!(store.canaries(app.id, PRODUCTION, 2, second(60)).await?.len(), 2);
    assert_eq!(store.canaries(app.id, SANDBOX, 2, second(60)).await?, []);
    Ok(())
}
