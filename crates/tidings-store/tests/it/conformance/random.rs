//! Whatever happens, in whatever order: nothing is lost, and what is kept of a judgement is what the law says.

use std::collections::BTreeMap;

use serde_json::json;
use tidings_apns::{Environment, Timestamp, TokenKind};
use tidings_store::{
    App, Audience, AudiencePage, Device, DeviceFilter, DeviceId, Epoch, NotificationId, OpenPage,
    PageOutcome, RecipientException, RecipientOutcome, RecipientState, Registration, Store,
};
use tidings_truth::{
    EnvironmentSet, Evidence, Generation, Incident, IncidentCause, IncidentEnd, IncidentRules, RestoreCause,
    Sending, TokenState,
};
use uuid::Uuid;

use crate::given::{
    Factory, PRODUCTION, SANDBOX, app, assert_conserved, by_installation, credential, everyone, hours,
    second, token,
};

/// A small generator, so that a failing round can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn place(&mut self) -> Environment {
        if self.below(3) == 0 { SANDBOX } else { PRODUCTION }
    }
}

struct World {
    store: Store,
    app: App,
    dice: Dice,
    now: Timestamp,
    incident: Option<Incident>,
    epoch: Epoch,
    open: Vec<(NotificationId, OpenPage)>,
}

const TOKENS: u64 = 24;

impl World {
    async fn new(factory: &Factory, seed: u64) -> anyhow::Result<Self> {
        let store = factory.open().await;
        let app = app(&store).await;
        let epoch = store.begin_epoch("random", second(0)).await?;
        Ok(Self {
            store,
            app,
            dice: Dice(seed),
            now: second(0),
            incident: None,
            epoch,
            open: Vec::new(),
        })
    }

    /// Time passes; now and then the clock jumps a day, either way.
    fn tick(&mut self) {
        let day = hours(24);
        self.now = match self.dice.below(60) {
            0 => self.now.saturating_add(day),
            1 => self.now.saturating_sub(day),
            other => self
                .now
                .saturating_add(std::time::Duration::from_secs(other * 20)),
        };
    }

    async fn any_device(&mut self) -> anyhow::Result<Option<Device>> {
        let number = self.dice.below(TOKENS);
        Ok(self.store.device(self.app.id, &token(number), self.now).await?)
    }

    async fn register(&mut self) -> anyhow::Result<()> {
        let number = self.dice.below(TOKENS);
        let mut said = match self.dice.below(3) {
            0 => by_installation(&format!("i{}", self.dice.below(6))),
            _ => Registration::default(),
        };
        said.environment = (self.dice.below(2) == 0).then(|| self.dice.place());
        said.tags = Some(vec![format!("t{}", self.dice.below(3))]);
        if self.dice.below(10) == 0 {
            said.kind = Some(TokenKind::LiveActivityUpdate);
        }
        self.store
            .register(self.app.id, token(number), said, self.now)
            .await?;
        Ok(())
    }

    /// An answer to a request of this or an earlier generation.
    fn answer(&mut self, device: &Device) -> Evidence {
        let newest = u64::from(device.history.generation.0);
        let back = self.dice.below(2).min(newest - 1);
        let generation = Generation(u32::try_from(newest - back).unwrap_or(1));
        let (sent_at, answered_at, environment) = (self.now, self.now, self.dice.place());
        match self.dice.below(6) {
            0 => Evidence::Unregistered {
                generation,
                sent_at,
                answered_at,
                environment,
                dead_at: Some(self.now.saturating_sub(hours(self.dice.below(3)))),
            },
            1 => Evidence::WrongTopic {
                generation,
                sent_at,
                answered_at,
                environment,
            },
            2 | 3 => Evidence::BadToken {
                generation,
                sent_at,
                answered_at,
                environment,
                credible: self.dice.below(2) == 0,
            },
            _ => Evidence::Accepted {
                generation,
                sent_at,
                environment,
            },
        }
    }

    async fn learn(&mut self) -> anyhow::Result<()> {
        let Some(device) = self.any_device().await? else {
            return Ok(());
        };
        let evidence = self.answer(&device);
        if let Evidence::Accepted {
            generation,
            sent_at,
            environment,
        } = evidence
        {
            let accepted = vec![(device.id, generation, sent_at)];
            self.store
                .record_accepted(self.app.id, environment, accepted, self.now)
                .await?;
            return Ok(());
        }
        let changes = self
            .store
            .record_evidence(self.app.id, vec![(device.id, evidence)], self.now)
            .await?;
        assert_eq!(changes.len(), 1);
        Ok(())
    }

    async fn begin_or_end_an_incident(&mut self) -> anyhow::Result<()> {
        let (store, app, now) = (self.store.clone(), self.app.id, self.now);
        let Some(incident) = self.incident.take() else {
            let cause = IncidentCause::ProvenTokensRefused {
                reason: "BadDeviceToken".into(),
                against: 5,
            };
            let since = now.saturating_sub(hours(1));
            let opened = Incident::open(Uuid::now_v7(), cause, since, now, &IncidentRules::default());
            store
                .save_incident(app, PRODUCTION, None, &opened, None, json!({}), now)
                .await?;
            store.doubt(app, PRODUCTION, since, opened.id, now).await?;
            self.incident = Some(opened);
            return Ok(());
        };
        let end = if self.dice.below(2) == 0 {
            let why = RestoreCause::IncidentReleased {
                incident: incident.id,
            };
            store.release(app, Some(incident.id), why, now).await?;
            IncidentEnd::Released
        } else {
            store.confirm(app, incident.id, now).await?;
            IncidentEnd::Confirmed
        };
        store
            .save_incident(app, PRODUCTION, None, &incident, Some(end), json!({}), now)
            .await?;
        store.unpark(app, PRODUCTION, now).await?;
        Ok(())
    }

    async fn change_credentials(&mut self) -> anyhow::Result<()> {
        let known = self.store.credentials(self.app.id).await?;
        if known.len() > 1 || (known.len() == 1 && self.dice.below(3) == 0) {
            let id = known[0].id;
            self.store
                .remove_credential(self.app.id, id, "random", self.now)
                .await?;
        } else {
            let reach = EnvironmentSet::NONE.with(self.dice.place());
            self.store
                .add_credential(self.app.id, credential(reach), "random", self.now)
                .await?;
        }
        Ok(())
    }

    fn outcome(&mut self, device: DeviceId) -> RecipientException {
        let next_at = self.now.saturating_add(hours(1));
        let state = match self.dice.below(6) {
            0 => RecipientState::Waiting { next_at },
            1 => RecipientState::Held,
            2 => RecipientState::Parked {
                environment: PRODUCTION,
            },
            3 => RecipientState::Done(RecipientOutcome::Rejected),
            4 => RecipientState::Done(RecipientOutcome::UnknownDropped),
            _ => RecipientState::Done(RecipientOutcome::Expired),
        };
        RecipientException::unsent(device, state)
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let notification = everyone();
        let id = notification.id;
        self.store
            .accept(self.app.id, notification, None, self.now)
            .await?;
        let mut after = DeviceId::START;
        loop {
            let asked = page(Audience::Everyone, TokenKind::Alert, after, 5);
            let found = self.store.addressees(self.app.id, &asked, self.now).await?;
            let Some(last) = found.last() else { break };
            let page = OpenPage {
                after,
                last: last.device_id,
                recipients: u32::try_from(found.len())?,
            };
            assert!(self.store.begin_page(id, page, self.epoch, self.now).await?);
            self.open.push((id, page));
            after = last.device_id;
        }
        self.store.finish_planning(id, self.epoch, self.now).await?;
        Ok(())
    }

    async fn end_a_page(&mut self) -> anyhow::Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        let place = self.dice.below(self.open.len() as u64);
        let (id, page) = self.open.swap_remove(usize::try_from(place)?);
        let asked = AudiencePage {
            upto: page.last,
            ..self::page(Audience::Everyone, TokenKind::Alert, page.after, 100)
        };
        let found = self.store.addressees(self.app.id, &asked, self.now).await?;
        let mut outcome = PageOutcome::default();
        for addressee in found {
            if self.dice.below(3) == 0 {
                outcome.exceptions.push(self.outcome(addressee.device_id));
            } else {
                outcome.delivered += 1;
            }
        }
        self.store
            .finish_page(id, page.after, outcome, self.epoch, self.now)
            .await?;
        Ok(())
    }

    async fn try_again(&mut self) -> anyhow::Result<()> {
        let due = self.store.due_recipients(self.now, 5, &[]).await?;
        let updates: Vec<_> = due
            .iter()
            .map(|due| (due.notification_id, self.outcome(due.device_id)))
            .collect();
        self.store
            .update_recipients(updates, self.epoch, self.now)
            .await?;
        Ok(())
    }

    async fn cancel(&mut self) -> anyhow::Result<()> {
        let all = self.store.notifications(self.app.id, None, 3, self.now).await?;
        if let Some(view) = all.last() {
            self.store
                .cancel(self.app.id, view.notification.id, "random", self.now)
                .await?;
        }
        Ok(())
    }

    async fn step(&mut self) -> anyhow::Result<()> {
        self.tick();
        match self.dice.below(20) {
            0..=4 => self.register().await,
            5..=11 => self.learn().await,
            12 => self.begin_or_end_an_incident().await,
            13 => self.change_credentials().await,
            14 => self.send().await,
            15 | 16 => self.end_a_page().await,
            17 | 18 => self.try_again().await,
            _ if self.dice.below(3) == 0 => self.cancel().await,
            _ => {
                let number = self.dice.below(TOKENS);
                self.store
                    .forget(self.app.id, &token(number), "random", self.now)
                    .await?;
                Ok(())
            }
        }
    }

    async fn all_devices(&self) -> anyhow::Result<Vec<Device>> {
        Ok(self
            .store
            .devices(self.app.id, DeviceFilter::default(), None, 1000, self.now)
            .await?)
    }

    /// Counts are those of a count, and what a broadcast goes by is what the law says.
    async fn check(&self) -> anyhow::Result<()> {
        let mut ids = Vec::new();
        let mut sending: BTreeMap<DeviceId, Sending> = BTreeMap::new();
        for device in self.all_devices().await? {
            ids.push(device.id);
            sending.insert(device.id, device.standing.sending);
        }
        let found = self
            .store
            .addressees_by_id(self.app.id, ids.clone(), self.now)
            .await?;
        assert_eq!(found.len(), ids.len());
        for addressee in found {
            assert_eq!(
                Some(&addressee.sending),
                sending.get(&addressee.device_id),
                "{:?}",
                addressee.device_id
            );
        }
        let counted = self.store.count_devices(self.app.id).await?;
        let total: u64 = counted.iter().map(|count| count.count).sum();
        assert_eq!(total, ids.len() as u64);
        assert_conserved(&self.store).await;
        Ok(())
    }
}

fn page(audience: Audience, kind: TokenKind, after: DeviceId, limit: usize) -> AudiencePage {
    AudiencePage {
        audience,
        kind,
        after,
        upto: DeviceId(i64::MAX),
        limit,
    }
}

pub(crate) async fn nothing_is_lost_whatever_happens(factory: &Factory) -> anyhow::Result<()> {
    let mut world = World::new(factory, 1).await?;
    for _ in 0..1500 {
        world.step().await?;
        assert_conserved(&world.store).await;
    }
    while !world.open.is_empty() {
        world.end_a_page().await?;
    }
    let views = world
        .store
        .notifications(world.app.id, None, 1000, world.now)
        .await?;
    assert!(views.len() > 20, "the dice did something");
    for view in views {
        let counts = view.counts;
        assert_eq!(
            counts.recipients,
            counts.terminal() + counts.waiting + counts.held
        );
        assert_eq!(view.finished_at.is_some(), counts.waiting + counts.held == 0);
    }
    Ok(())
}

pub(crate) async fn what_is_materialised_is_what_the_law_says(factory: &Factory) -> anyhow::Result<()> {
    let mut world = World::new(factory, 2).await?;
    for round in 0..1500 {
        world.step().await?;
        if round % 10 == 0 {
            world.check().await?;
        }
    }
    let before = world.all_devices().await?;
    world.store.close().await?;
    world.store = factory.open().await;
    assert_eq!(world.all_devices().await?, before);
    world.check().await?;
    let states: Vec<_> = world.store.count_devices(world.app.id).await?;
    assert!(states.iter().any(|count| count.state == TokenState::Active));
    Ok(())
}
