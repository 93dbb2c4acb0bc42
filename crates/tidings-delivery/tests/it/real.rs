//! With the real client against the simulator, in real time.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tidings_apns::{DeviceToken, Environment, Timestamp};
use tidings_client::Trust;
use tidings_delivery::{Endpoint, Endpoints, Engine, EngineConfig, SystemClock};
use tidings_store::{Audience, Counts, IncidentRow, NewNotification, NotificationId};
use tidings_testkit::simulator::{Build, FaultKind, NewFault, NewKey};
use tidings_testkit::{BUNDLE_ID, Scene, TEAM_ID};
use tidings_truth::{EnvironmentSet, IncidentEnd, TokenState};

use crate::books::{self, Books};

fn now() -> Timestamp {
    std::time::SystemTime::now().into()
}

/// An engine against the simulator.
struct World {
    scene: Scene,
    books: Books,
    engine: Engine,
    config: EngineConfig,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut EngineConfig)) -> Self {
        let scene = Scene::new().await.expect("a scene");
        let books = Books::new(now()).await;
        let secret = books::secret_of(&scene.private_key_pem, &scene.key_id, TEAM_ID);
        books.add_key(secret, EnvironmentSet::BOTH, now()).await;
        let mut config = config(&scene);
        change(&mut config);
        let engine = start(&books, &config).await;
        Self {
            scene,
            books,
            engine,
            config,
        }
    }

    async fn register(&self, token: &str, claimed: Option<Environment>) -> DeviceToken {
        let token: DeviceToken = token.parse().expect("a device token");
        self.books.register(&token, claimed, now()).await;
        self.engine.work_arrived();
        token
    }

    async fn send(&self, audience: Audience) -> NotificationId {
        self.send_new(books::notification(audience, now())).await
    }

    async fn send_new(&self, new: NewNotification) -> NotificationId {
        let id = self.books.accept(new, now()).await;
        self.engine.work_arrived();
        id
    }

    async fn eventually(&self, id: NotificationId, is_so: impl Fn(&Counts) -> bool) -> Counts {
        let look = || self.books.counts(id, now());
        self.until(look, is_so).await
    }

    /// The incidents, as soon as there is one: a lane parks what it would send before its incident is written down.
    async fn incidents(&self) -> Vec<IncidentRow> {
        self.until(|| self.books.incidents(), |found| !found.is_empty())
            .await
    }

    /// What the books say, as soon as it is so.
    async fn until<T: Debug>(&self, look: impl AsyncFn() -> T, is_so: impl Fn(&T) -> bool) -> T {
        for _ in 0..4_000 {
            let seen = look().await;
            if is_so(&seen) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let last = look().await;
        unreachable!("it did not come to that: {last:?} {:?}", self.engine.lanes());
    }
}

fn endpoint(url: &str) -> (String, u16) {
    let (host, port) = url
        .trim_start_matches("https://")
        .rsplit_once(':')
        .expect("a port");
    (
        host.to_owned(),
        port.trim_end_matches('/').parse().expect("a port"),
    )
}

fn config(scene: &Scene) -> EngineConfig {
    let of = |environment| {
        let (host, port) = endpoint(scene.push_url(environment));
        Endpoint {
            management_host: host.clone(),
            management_port: port,
            host,
            port,
        }
    };
    let mut config = EngineConfig::new("test");
    config.endpoints = Endpoints {
        production: of(tidings_testkit::simulator::Environment::Production),
        sandbox: of(tidings_testkit::simulator::Environment::Sandbox),
    };
    config.trust = Trust::pem(scene.simulator.ca_pem().as_bytes());
    config
}

async fn start(books: &Books, config: &EngineConfig) -> Engine {
    let clock = Arc::new(SystemClock::new());
    Engine::start(books.store.clone(), config.clone(), clock)
        .await
        .expect("an engine")
}

#[tokio::test]
async fn a_notification_arrives_and_a_wrong_environment_repairs_itself() {
    let world = World::new().await;
    let token = world.scene.device_token(Build::Debug).unwrap();
    let token = world.register(&token, Some(Environment::Production)).await;
    let id = world.send(Audience::Tokens(vec![token.clone()])).await;
    world.eventually(id, |counts| counts.delivered == 1).await;
    let device = world.books.device(&token, now()).await;
    assert_eq!(device.standing.environment, Some(Environment::Sandbox));
    let shown = world
        .scene
        .control()
        .notifications(&world.scene.device_id)
        .unwrap();
    assert_eq!(shown.len(), 1);
}

#[tokio::test]
async fn an_app_is_deleted_and_comes_back() {
    let world = World::new().await;
    let token = world.scene.device_token(Build::AppStore).unwrap();
    let token = world.register(&token, Some(Environment::Production)).await;
    let first = world.send(Audience::Tokens(vec![token.clone()])).await;
    world.eventually(first, |counts| counts.delivered == 1).await;
    world
        .scene
        .control()
        .uninstall(&world.scene.device_id, BUNDLE_ID, None)
        .unwrap();
    let second = world.send(Audience::Tokens(vec![token.clone()])).await;
    world.eventually(second, |counts| counts.rejected == 1).await;
    let device = world.books.device(&token, now()).await;
    assert_eq!(device.standing.state, TokenState::Unregistered);
    let again = world.scene.device_token(Build::AppStore).unwrap();
    let again = world.register(&again, Some(Environment::Production)).await;
    let third = world.send(Audience::Tokens(vec![again])).await;
    world.eventually(third, |counts| counts.delivered == 1).await;
}

#[tokio::test]
async fn a_goaway_every_now_and_then_loses_and_doubles_nothing() {
    let world = World::new().await;
    for token in world.scene.device_tokens(Build::AppStore, 1_500).unwrap() {
        world.register(&token, Some(Environment::Production)).await;
    }
    let mut fault = NewFault::new(FaultKind::Goaway);
    fault.probability = Some(0.005);
    world.scene.control().add_fault(&fault).unwrap();
    for _ in 0..3 {
        let id = world.send(Audience::Everyone).await;
        world.eventually(id, |counts| counts.delivered == 1_500).await;
    }
    let accepted: u64 = world
        .scene
        .control()
        .stats()
        .answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.count)
        .sum();
    assert_eq!(accepted, 4_500);
    assert_eq!(world.engine.counters().unknown, 0);
    world.books.assert_conserved().await;
}

#[tokio::test]
async fn a_key_of_the_wrong_environment_is_noticed_and_nothing_is_lost() {
    use tidings_testkit::simulator::Environment as Place;
    let world = World::new().await;
    let mut tokens = Vec::new();
    for token in world.scene.device_tokens(Build::AppStore, 100).unwrap() {
        tokens.push(world.register(&token, Some(Environment::Production)).await);
    }
    let first = world.send(Audience::Everyone).await;
    world.eventually(first, |counts| counts.delivered == 100).await;

    let wrong = world
        .scene
        .control()
        .create_key(&NewKey {
            team_id: TEAM_ID.to_owned(),
            environments: [Place::Sandbox].into(),
            ..NewKey::default()
        })
        .unwrap();
    let secret = books::secret_of(&wrong.private_key_pem, &wrong.key_id, TEAM_ID);
    world.books.add_key(secret, EnvironmentSet::BOTH, now()).await;
    world
        .engine
        .credentials_changed(world.books.app.id)
        .await
        .unwrap();
    let second = world.send(Audience::Everyone).await;
    world.eventually(second, |counts| counts.held >= 90).await;
    let incidents = world.incidents().await;
    assert_eq!(incidents.len(), 1, "{incidents:?}");

    let secret = books::secret_of(&world.scene.private_key_pem, &world.scene.key_id, TEAM_ID);
    world.books.add_key(secret, EnvironmentSet::BOTH, now()).await;
    world
        .engine
        .credentials_changed(world.books.app.id)
        .await
        .unwrap();
    world.eventually(second, |counts| counts.delivered == 100).await;
    for token in &tokens {
        let device = world.books.device(token, now()).await;
        assert_eq!(device.standing.state, TokenState::Active);
    }
    assert_eq!(world.books.incidents().await[0].end, Some(IncidentEnd::Recovered));
    world.books.assert_conserved().await;
}

/// A socket that accepts and never says anything; how many came.
async fn black_hole() -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        let mut swallowed = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            swallowed.push(socket);
        }
    });
    (port, came)
}

#[tokio::test]
async fn a_black_hole_where_production_should_be_keeps_what_is_for_it_and_holds_up_nothing_else() {
    let (hole, came) = black_hole().await;
    let mut right = None;
    let mut world = World::with(|config| {
        right = Some(config.endpoints.production.clone());
        "127.0.0.1".clone_into(&mut config.endpoints.production.host);
        config.endpoints.production.port = hole;
        config.connect_timeouts.tls = Duration::from_millis(100);
    })
    .await;
    let swallowed = world.scene.device_token(Build::AppStore).unwrap();
    let swallowed = world.register(&swallowed, Some(Environment::Production)).await;
    let first = world.send(Audience::Tokens(vec![swallowed])).await;
    for token in world.scene.device_tokens(Build::Debug, 50).unwrap() {
        let token = world.register(&token, Some(Environment::Sandbox)).await;
        let id = world.send(Audience::Tokens(vec![token])).await;
        world.eventually(id, |counts| counts.delivered == 1).await;
    }
    while came.load(Ordering::Relaxed) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let counts = world.books.counts(first, now()).await;
    assert_eq!((counts.delivered, counts.waiting), (0, 1), "{counts:?}");
    let came = came.load(Ordering::Relaxed);
    assert!(came <= 20, "{came} connections into the hole");
    world.books.assert_conserved().await;

    world.config.endpoints.production = right.expect("it was there");
    world.engine = start(&world.books, &world.config).await;
    world.eventually(first, |counts| counts.delivered == 1).await;
    world.books.assert_conserved().await;
}

#[tokio::test]
async fn an_apns_that_takes_requests_and_never_answers_loses_nothing() {
    let world = World::with(|config| config.request_timeout = Duration::from_millis(200)).await;
    let mut fault = NewFault::new(FaultKind::Stall);
    fault.probability = Some(1.0);
    let fault = world.scene.control().add_fault(&fault).unwrap();
    for token in world.scene.device_tokens(Build::AppStore, 20).unwrap() {
        world.register(&token, Some(Environment::Production)).await;
    }
    let id = world.send(Audience::Everyone).await;
    world.eventually(id, |counts| counts.waiting > 0).await;
    while world.engine.counters().unknown == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.scene.control().lift_fault(&fault.fault_id).unwrap();
    world.eventually(id, |counts| counts.delivered == 20).await;
    world.books.assert_conserved().await;
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_nothing() {
    let mut world = World::new().await;
    for token in world.scene.device_tokens(Build::AppStore, 500).unwrap() {
        world.register(&token, Some(Environment::Production)).await;
    }
    let mut fault = NewFault::new(FaultKind::Latency);
    fault.milliseconds = Some(20);
    world.scene.control().add_fault(&fault).unwrap();
    world.config.page_size = 50;
    let id = world.send(Audience::Everyone).await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(15)).await;
        world.engine = start(&world.books, &world.config).await;
    }
    world.eventually(id, |counts| counts.delivered == 500).await;
    world.books.assert_conserved().await;
    let report = world.engine.drain(Duration::from_secs(10)).await;
    assert!(report.finished, "{report:?}");
}
