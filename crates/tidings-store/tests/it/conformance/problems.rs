//! Problems by their cause, the attempts behind them, and sending again what failed.

use std::time::Duration;

use tidings_apns::Timestamp;
use tidings_store::{
    App, Attempt, AttemptLog, Audience, Decision, Device, DeviceId, DirectOutcome, Epoch, NewNotification,
    NotificationId, Problem, ProblemId, ProblemStage, RecipientException, RecipientOutcome, RecipientState,
    ReplayPlan, ReplayStepName, Retention, StepCourse, StepWish, Store, Urgency,
};
use tidings_truth::EnvironmentSet;

use crate::given::{
    Factory, PRODUCTION, app_reaching, assert_conserved, begun, died, done, everyone, finish, held, hours,
    register_many, second,
};

fn refused(device: DeviceId, reason: &str) -> RecipientException {
    RecipientException {
        status: Some(500),
        reason: Some(reason.into()),
        attempts: 1,
        environment: Some(PRODUCTION),
        sent_at: Some(second(11)),
        ..done(device, RecipientOutcome::Rejected)
    }
}

fn attempt(n: u64) -> Attempt {
    Attempt {
        at: second(n),
        environment: PRODUCTION,
        connection: Some(2),
        stream: Some(5),
        took: Duration::from_millis(30),
        status: Some(503),
        reason: Some("ServiceUnavailable".into()),
        error: None,
        decision: Decision::Waits(second(n + 1)),
    }
}

/// So many devices of an app, and a notification to them that APNs refused for the first of them, and delivered to the rest.
struct Case {
    store: Store,
    app: App,
    devices: Vec<Device>,
    id: NotificationId,
    epoch: Epoch,
}

impl Case {
    async fn of(factory: &Factory, refused_for: usize, all: u64, notification: NewNotification) -> Self {
        let store = factory.open().await;
        let app = app_reaching(&store, EnvironmentSet::NONE.with(PRODUCTION)).await;
        let devices = register_many(&store, &app, 1..all + 1).await;
        let (id, epoch) = begun(&store, &app, &notification, &devices).await;
        let failed = devices[..refused_for].iter();
        let rows = failed.map(|device| refused(device.id, "InternalServerError"));
        finish(&store, id, epoch, rows.collect()).await;
        Self {
            store,
            app,
            devices,
            id,
            epoch,
        }
    }

    async fn problems(&self) -> Vec<Problem> {
        self.store
            .problems(Some(self.app.id))
            .await
            .expect("the problems")
    }

    async fn only_problem(&self) -> ProblemId {
        let problems = self.problems().await;
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].cause.id()
    }

    async fn plan(&self, at: Timestamp) -> ReplayPlan {
        let problem = self.only_problem().await;
        let plan = self.store.plan_replay(self.app.id, problem, "tests", at).await;
        plan.expect("an answer").expect("a plan")
    }

    async fn begin(&self, plan: &ReplayPlan, step: ReplayStepName, at: Timestamp) -> StepWish {
        let wish = self
            .store
            .begin_replay_step(self.app.id, plan.id, step, "tests", at)
            .await;
        wish.expect("an answer").expect("a plan")
    }

    async fn now(&self, plan: &ReplayPlan) -> ReplayPlan {
        let found = self.store.replay(self.app.id, plan.id).await;
        found.expect("an answer").expect("the plan")
    }

    /// What the plan has sent and nobody has finished is delivered, but for so many. To how many it went.
    async fn deliver_all_but(&self, failing: usize, at: Timestamp) -> usize {
        let ready = self.store.ready(at, 10_000, &Urgency::ALL, &[]).await;
        let mut left = failing;
        let mut outcomes = Vec::new();
        for ready in ready.expect("what is ready") {
            let Audience::Tokens(tokens) = ready.notification.audience else {
                unreachable!("a replay names its device tokens");
            };
            let failed: Vec<DeviceId> = self
                .devices
                .iter()
                .filter(|device| tokens.contains(&device.token))
                .map(|device| device.id)
                .take(left)
                .collect();
            left -= failed.len();
            outcomes.push(DirectOutcome {
                notification_id: ready.notification.id,
                begun_at: second(1),
                recipients: u32::try_from(tokens.len()).expect("few"),
                delivered: u32::try_from(tokens.len() - failed.len()).expect("few"),
                rows: failed
                    .into_iter()
                    .map(|device| refused(device, "InternalServerError"))
                    .collect(),
            });
        }
        let sent = outcomes.iter().map(|outcome| outcome.recipients as usize).sum();
        self.store
            .finish_direct(outcomes, self.epoch, at)
            .await
            .expect("they end");
        sent
    }
}

pub(crate) async fn attempts_are_kept_up_to_a_bound(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::NONE.with(PRODUCTION)).await;
    let devices = register_many(&store, &app, 1..4).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    let waits = |n: u64| RecipientException {
        trail: vec![attempt(n)],
        attempts: u16::try_from(n).expect("few"),
        ..refused(devices[0].id, "ServiceUnavailable")
    };
    let next_at = second(20);
    let first = RecipientException {
        state: RecipientState::Waiting { next_at },
        ..waits(1)
    };
    finish(&store, id, epoch, vec![first, held(devices[1].id)]).await;
    for n in 2..=11 {
        let state = RecipientState::Waiting { next_at };
        let update = RecipientException { state, ..waits(n) };
        store
            .update_recipients(vec![(id, update)], epoch, second(20 + n))
            .await?;
    }
    let silent = RecipientException {
        trail: Vec::new(),
        ..waits(11)
    };
    store
        .update_recipients(vec![(id, silent)], epoch, second(40))
        .await?;
    let page = store.recipients(app.id, id, None, 10).await?;
    assert_eq!(page.len(), 2, "what was delivered at once has no row");
    let log = &page[0].log;
    assert_eq!((log.attempts.len(), log.dropped), (AttemptLog::MOST, 3));
    assert_eq!(log.attempts.first(), Some(&attempt(4)));
    assert_eq!(log.attempts.last(), Some(&attempt(11)));
    assert_eq!(page[1].log, AttemptLog::default());
    assert_conserved(&store).await;
    Ok(())
}

pub(crate) async fn problems_are_counted_by_their_cause(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::NONE.with(PRODUCTION)).await;
    let devices = register_many(&store, &app, 1..8).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    let next_at = second(60);
    let rows = vec![
        refused(devices[0].id, "InternalServerError"),
        refused(devices[1].id, "InternalServerError"),
        RecipientException {
            state: RecipientState::Waiting { next_at },
            ..refused(devices[2].id, "InternalServerError")
        },
        refused(devices[3].id, "SomethingNew"),
        held(devices[4].id),
        RecipientException::unsent(devices[5].id, RecipientState::Waiting { next_at }),
        done(devices[6].id, RecipientOutcome::Cancelled),
    ];
    finish(&store, id, epoch, rows).await;
    let counts = async || -> anyhow::Result<Vec<(String, u64, u64)>> {
        let problems = store.problems(Some(app.id)).await?;
        let mut counts: Vec<_> = problems
            .iter()
            .map(|problem| {
                let name = problem.cause.answer.as_ref().map(|(_, reason)| reason.clone());
                let name = name.or(problem.cause.stage.map(|stage| stage.as_str().to_owned()));
                (name.unwrap_or_default(), problem.recipients(), problem.failed())
            })
            .collect();
        counts.sort();
        Ok(counts)
    };
    let named = |name: &str, recipients, failed| (name.to_owned(), recipients, failed);
    assert_eq!(
        counts().await?,
        [
            named("InternalServerError", 3, 2),
            named("SomethingNew", 1, 1),
            named("held", 1, 0)
        ]
    );
    let updates = vec![
        (id, done(devices[2].id, RecipientOutcome::Delivered)),
        (id, refused(devices[4].id, "InternalServerError")),
    ];
    store.update_recipients(updates, epoch, second(70)).await?;
    let problems = [named("InternalServerError", 3, 3), named("SomethingNew", 1, 1)];
    assert_eq!(counts().await?, problems);
    let all = store.problems(None).await?;
    let newest = store.problem_examples(&all[0], 2).await?;
    let devices_of: Vec<_> = newest.iter().map(|one| one.recipient.device_id).collect();
    assert_eq!(devices_of, [devices[4].id, devices[1].id]);
    store.cancel(app.id, id, "tests", second(80)).await?;
    assert_eq!(counts().await?, problems, "what has ended stays so");
    let late = second(100).saturating_add(hours(24 * 40));
    while store.purge(late, &Retention::default()).await?.has_more {}
    assert_eq!(counts().await?, []);
    Ok(())
}

pub(crate) async fn cancelling_ends_a_problem(factory: &Factory) -> anyhow::Result<()> {
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::NONE.with(PRODUCTION)).await;
    let devices = register_many(&store, &app, 1..3).await;
    let (id, epoch) = begun(&store, &app, &everyone(), &devices).await;
    finish(&store, id, epoch, vec![held(devices[0].id)]).await;
    let stages = |problems: &[Problem]| {
        problems
            .iter()
            .flat_map(|one| one.stages.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(stages(&store.problems(None).await?), [(ProblemStage::Held, 1)]);
    store.cancel(app.id, id, "tests", second(80)).await?;
    assert_eq!(stages(&store.problems(None).await?), []);
    Ok(())
}

pub(crate) async fn a_replay_goes_in_three_steps(factory: &Factory) -> anyhow::Result<()> {
    let campaign = NewNotification {
        urgency: Urgency::Campaign,
        expires_at: Some(second(9_000)),
        ..everyone()
    };
    let case = Case::of(factory, 700, 705, campaign.clone()).await;
    let plan = case.plan(second(100)).await;
    assert_eq!((plan.recipients, plan.left_out.total()), (700, 0));
    assert_eq!(plan.next(), Some((ReplayStepName::Ten, 10)));
    assert_eq!(
        case.deliver_all_but(0, second(101)).await,
        0,
        "a plan sends nothing"
    );

    let again = case.plan(second(102)).await;
    assert_eq!(again.id, plan.id, "there is one plan for a cause");
    let early = case.begin(&plan, ReplayStepName::Tenth, second(103)).await;
    assert!(matches!(early, StepWish::Refused(_)), "{early:?}");
    let begun = case.begin(&plan, ReplayStepName::Ten, second(104)).await;
    assert!(matches!(begun, StepWish::Begun(_)), "{begun:?}");
    let pressed_twice = case.begin(&plan, ReplayStepName::Ten, second(104)).await;
    assert!(matches!(pressed_twice, StepWish::Known(_)), "{pressed_twice:?}");
    let now = case.now(&plan).await;
    assert_eq!(
        (now.steps[0].waiting, now.steps[0].course()),
        (10, StepCourse::UnderWay)
    );
    let too_early = case.begin(&plan, ReplayStepName::Tenth, second(105)).await;
    assert!(matches!(too_early, StepWish::Refused(_)), "{too_early:?}");

    let new = case
        .store
        .notifications(case.app.id, None, 1, second(105))
        .await?;
    let origins = case
        .store
        .replay_origins(vec![new[0].notification.id, case.id])
        .await?;
    assert_eq!(origins.len(), 1);
    assert_eq!((origins[0].replayed, origins[0].replay_id), (case.id, plan.id));
    assert_eq!(new[0].notification.expires_at, campaign.expires_at);
    assert_eq!(new[0].notification.payload, campaign.payload);
    assert_eq!(new[0].notification.urgency, Urgency::Normal);

    assert_eq!(case.deliver_all_but(1, second(110)).await, 10);
    let now = case.now(&plan).await;
    assert_eq!((now.steps[0].delivered, now.steps[0].failed), (9, 1));
    assert_eq!(now.next(), Some((ReplayStepName::Tenth, 70)));
    case.begin(&plan, ReplayStepName::Tenth, second(120)).await;
    assert_eq!(case.deliver_all_but(0, second(121)).await, 70);
    assert_eq!(case.now(&plan).await.next(), Some((ReplayStepName::Rest, 620)));
    case.begin(&plan, ReplayStepName::Rest, second(130)).await;
    assert_eq!(case.deliver_all_but(0, second(131)).await, 620);
    let end = case.now(&plan).await;
    assert_eq!(
        (end.left(), end.ended_at, end.next()),
        (0, Some(second(130)), None)
    );
    let delivered: u64 = end.steps.iter().map(|step| step.delivered).sum();
    assert_eq!(delivered, 699);

    let next = case.plan(second(140)).await;
    assert_ne!(next.id, plan.id);
    assert_eq!(
        (next.recipients, next.left_out.before),
        (1, 700),
        "only the one that failed again is left"
    );
    let audit = case.store.audit_of_app(case.app.id, 20).await?;
    let actions: Vec<_> = audit.iter().map(|record| &*record.entry.action).collect();
    assert_eq!(
        actions.iter().filter(|action| **action == "replay.sent").count(),
        3
    );
    assert_eq!(
        actions
            .iter()
            .filter(|action| **action == "replay.planned")
            .count(),
        2
    );
    assert_conserved(&case.store).await;
    Ok(())
}

pub(crate) async fn a_replay_leaves_out_what_is_not_worth_it(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, 30, 30, everyone()).await;
    let dead = vec![(case.devices[0].id, died(1, second(50), second(50)))];
    case.store.record_evidence(case.app.id, dead, second(50)).await?;
    case.store
        .forget(case.app.id, &case.devices[1].token, "tests", second(51))
        .await?;
    let plan = case.plan(second(100)).await;
    assert_eq!((plan.left_out.retired, plan.left_out.gone), (1, 1));
    assert_eq!(plan.recipients, 28);
    let newest = case.devices.iter().rev().take(3);
    let dead = newest.map(|device| (device.id, died(1, second(150), second(150))));
    case.store
        .record_evidence(case.app.id, dead.collect(), second(150))
        .await?;
    case.begin(&plan, ReplayStepName::Ten, second(160)).await;
    let now = case.now(&plan).await;
    assert_eq!((now.left_out.retired, now.recipients), (4, 25));
    assert_eq!(
        case.deliver_all_but(0, second(161)).await,
        10,
        "others took their place"
    );
    Ok(())
}

pub(crate) async fn what_has_expired_is_not_replayed(factory: &Factory) -> anyhow::Result<()> {
    let notification = NewNotification {
        expires_at: Some(second(500)),
        ..everyone()
    };
    let case = Case::of(factory, 20, 20, notification).await;
    let plan = case.plan(second(499)).await;
    assert_eq!(plan.recipients, 20);
    case.begin(&plan, ReplayStepName::Ten, second(500)).await;
    let now = case.now(&plan).await;
    assert_eq!((now.recipients, now.left_out.expired), (0, 20));
    assert_eq!((now.next(), now.ended_at), (None, Some(second(500))));
    let nobody = case.plan(second(501)).await;
    assert_eq!((nobody.recipients, nobody.left_out.expired), (0, 20));
    assert_eq!(nobody.ended_at, Some(second(501)), "a plan for nobody has ended");
    Ok(())
}

pub(crate) async fn a_replay_that_is_stopped_sends_nothing_more(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, 40, 40, everyone()).await;
    let plan = case.plan(second(100)).await;
    case.begin(&plan, ReplayStepName::Ten, second(101)).await;
    case.deliver_all_but(5, second(102)).await;
    let now = case.now(&plan).await;
    assert_eq!((now.steps[0].course(), now.next()), (StepCourse::Badly, None));
    case.store
        .stop_replay(case.app.id, plan.id, "tests", second(103))
        .await?;
    let refused = case.begin(&plan, ReplayStepName::Tenth, second(104)).await;
    assert!(matches!(refused, StepWish::Refused(_)), "{refused:?}");
    let next = case.plan(second(105)).await;
    assert_ne!(next.id, plan.id);
    assert_eq!(
        next.recipients, 35,
        "thirty that were never sent again, and five that failed again"
    );
    Ok(())
}

pub(crate) async fn old_replays_are_forgotten(factory: &Factory) -> anyhow::Result<()> {
    let case = Case::of(factory, 20, 20, everyone()).await;
    let plan = case.plan(second(100)).await;
    case.begin(&plan, ReplayStepName::Ten, second(101)).await;
    case.deliver_all_but(0, second(102)).await;
    let late = second(200).saturating_add(hours(24 * 40));
    for _ in 0..3 {
        case.store.purge(late, &Retention::default()).await?;
    }
    assert_eq!(case.store.replay(case.app.id, plan.id).await?, None);
    assert_eq!(view_of(&case).await, None);
    Ok(())
}

async fn view_of(case: &Case) -> Option<NotificationId> {
    let found = case.store.notification(case.app.id, case.id, second(300)).await;
    found.expect("an answer").map(|view| view.notification.id)
}
