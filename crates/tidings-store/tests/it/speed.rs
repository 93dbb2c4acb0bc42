//! How fast the store is. Run in release mode, alone on the machine:
//! `cargo test --release -p tidings-store --test it speed -- --ignored --nocapture --test-threads 1`.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidings_apns::{Timestamp, TokenKind};
use tidings_store::{
    App, Audience, AudiencePage, DeviceFilter, DeviceId, ImportLine, ImportedDevice, Registration,
    SealingKey, Store,
};
use tidings_truth::{EnvironmentSet, Generation};
use tokio::task::JoinSet;

use crate::given::{Factory, PRODUCTION, app, app_reaching, second, to, token};

const MILLION: u64 = 1_000_000;

/// A stopwatch for the wall and for the processors: on a machine that does other things, the latter says more.
struct Watch {
    began: Instant,
    cpu: Duration,
}

impl Watch {
    fn start() -> Self {
        Self {
            began: Instant::now(),
            cpu: cpu(),
        }
    }

    /// Tells how fast that was; how long a processor took for each, in microseconds.
    fn tell(&self, what: &str, count: u64) -> f64 {
        let (wall, cpu) = (self.began.elapsed(), cpu().saturating_sub(self.cpu));
        let rate = count as f64 / wall.as_secs_f64();
        let micros = cpu.as_secs_f64() * 1e6 / count as f64;
        writeln!(
            std::io::stdout(),
            "{what}: {rate:.0} a second, {micros:.2} us of a processor each"
        )
        .expect("somebody reads it");
        micros
    }
}

/// What this process has used of processors.
fn cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// Tokens are random.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn named(number: u64) -> Registration {
    Registration {
        installation_id: Some(format!("installation-{number}")),
        user_id: Some(format!("user-{number}")),
        ..Registration::default()
    }
}

async fn import(store: &Store, app: &App, numbers: Range<u64>, said: fn(u64) -> Registration) {
    for from in numbers.clone().step_by(10_000) {
        let lines = (from..(from + 10_000).min(numbers.end)).map(|number| ImportLine {
            number,
            device: ImportedDevice {
                token: token(scattered(number)),
                registration: said(number),
                registered_at: Some(second(0)),
            },
        });
        let imported = store.import(app.id, lines.collect(), second(1)).await;
        imported.expect("an import");
    }
}

async fn all_ids(store: &Store, app: &App) -> Vec<DeviceId> {
    let mut ids = Vec::new();
    let mut page = AudiencePage {
        audience: Audience::Everyone,
        kind: TokenKind::Alert,
        after: DeviceId::START,
        upto: DeviceId(i64::MAX),
        limit: 1024,
    };
    loop {
        let some = store.addressees(app.id, &page, second(2)).await.expect("a page");
        let Some(last) = some.last() else {
            return ids;
        };
        page.after = last.device_id;
        ids.extend(some.iter().map(|addressee| addressee.device_id));
    }
}

async fn accept_all(store: &Store, app: &App, ids: &[DeviceId], at: Timestamp, at_once: usize) {
    let mut running = JoinSet::new();
    for some in ids.chunks(1024) {
        if running.len() == at_once {
            running.join_next().await;
        }
        let accepted: Vec<_> = some.iter().map(|id| (*id, Generation(1), at)).collect();
        let (store, app) = (store.clone(), app.id);
        running.spawn(async move {
            let recorded = store.record_accepted(app, PRODUCTION, accepted, at).await;
            recorded.expect("acceptances");
        });
    }
    running.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; by hand, as the page of benchmarks says"]
async fn a_million_devices_are_proven_and_paged_through() {
    let factory = Factory::new();
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let watch = Watch::start();
    import(&store, &app, 0..MILLION, |_| Registration::default()).await;
    watch.tell("import", MILLION);
    let ids = all_ids(&store, &app).await;
    for (half, at_once) in [(&ids[..500_000], 1), (&ids[500_000..], 8)] {
        let watch = Watch::start();
        accept_all(&store, &app, half, second(3), at_once).await;
        watch.tell(&format!("record_accepted, {at_once} at once"), MILLION / 2);
    }
    for _ in 0..3 {
        let watch = Watch::start();
        assert_eq!(all_ids(&store, &app).await.len(), 1_000_000);
        watch.tell("addressees", MILLION);
    }
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; by hand, as the page of benchmarks says"]
async fn many_callers_are_accepted_from() {
    const CALLERS: u64 = 256;
    const EACH: u64 = 400;
    let factory = Factory::new();
    let store = factory.open().await;
    let app = app_reaching(&store, EnvironmentSet::BOTH).await;
    let payload: Arc<str> = "{\"aps\":{\"alert\":\"x\"}}".repeat(9).into();
    let watch = Watch::start();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (store, app, payload) = (store.clone(), app.id, Arc::clone(&payload));
        callers.spawn(async move {
            for number in 0..EACH {
                let mut notification = to(Audience::Tokens(vec![token(caller * 1000 + number)]));
                notification.payload = Arc::clone(&payload);
                let accepted = store.accept(app, notification, None, second(4)).await;
                accepted.expect("accepted");
            }
        });
    }
    callers.join_all().await;
    watch.tell("accept", CALLERS * EACH);
    store.close().await.unwrap();
}

/// How many are many: ten millions, or what the environment says.
fn many() -> u64 {
    let said = std::env::var("TIDINGS_STORE_MANY").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(10 * MILLION)
}

/// Where the many are: in a folder that the environment names, which the next run finds again, or in one for this run.
fn folder_of_many() -> Factory {
    match std::env::var_os("TIDINGS_STORE_KEPT") {
        Some(folder) => Factory::staying(folder.into(), SealingKey::from_bytes([7; 32])),
        None => Factory::new(),
    }
}

/// What is done to a registry, so many times in each round.
const DEEDS: [(Deed, &str); 7] = [
    (Deed::RegisterNew, "register a new device"),
    (Deed::RegisterKnown, "register a known device"),
    (Deed::FindByToken, "find by token"),
    (Deed::FindByUser, "find by user"),
    (Deed::FindByInstallation, "find by installation"),
    (Deed::ListPage, "list a page of 100"),
    (Deed::AudiencePage, "read 1,024 addressees"),
];
const ROUNDS: u64 = 20;
const EACH: u64 = 1_000;

#[derive(Clone, Copy, PartialEq)]
enum Deed {
    RegisterNew,
    RegisterKnown,
    FindByToken,
    FindByUser,
    FindByInstallation,
    ListPage,
    AudiencePage,
}

/// A store with so many devices at first.
struct Registry {
    factory: Factory,
    store: Store,
    app: App,
    at_first: u64,
    used: [Duration; DEEDS.len()],
}

impl Registry {
    async fn of(at_first: u64, factory: Factory) -> Self {
        let is_there = factory.directory().join("tidings.db").exists();
        let store = factory.open().await;
        let app = if is_there {
            app(&store).await
        } else {
            app_reaching(&store, EnvironmentSet::BOTH).await
        };
        if is_there {
            // While it has nothing to do, it learns which names it has.
            tokio::time::sleep(Duration::from_micros(at_first)).await;
        } else {
            let watch = Watch::start();
            import(&store, &app, 0..at_first, named).await;
            watch.tell(&format!("import {at_first}"), at_first);
        }
        Self {
            factory,
            store,
            app,
            at_first,
            used: Default::default(),
        }
    }

    /// Does all deeds, and notes what each took.
    async fn round(&mut self, round: u64) {
        for (place, (deed, _)) in DEEDS.into_iter().enumerate() {
            let before = cpu();
            let mut running = JoinSet::new();
            for number in round * EACH..(round + 1) * EACH {
                if running.len() == 256 {
                    running.join_next().await;
                }
                let (store, app) = (self.store.clone(), self.app.clone());
                // Every known device is as likely as every other.
                let known = scattered(number + 1) % self.at_first;
                running.spawn(async move { act(deed, &store, &app, number, known).await });
            }
            running.join_all().await;
            self.used[place] += cpu().saturating_sub(before);
        }
    }

    fn micros(&self, place: usize) -> f64 {
        self.used[place].as_secs_f64() * 1e6 / (ROUNDS * EACH) as f64
    }

    async fn reopen(self) {
        self.store.close().await.expect("closed");
        let watch = Watch::start();
        let store = self.factory.open().await;
        watch.tell("opening", 1);
        store.close().await.expect("closed");
    }
}

async fn act(deed: Deed, store: &Store, app: &App, number: u64, known: u64) {
    let found = match deed {
        Deed::RegisterNew => {
            // A registry that was kept has those of former runs.
            let number = number + (u64::from(std::process::id()) << 40);
            let new = token(scattered(number));
            let registered = store.register(app.id, new, named(number), second(5)).await;
            usize::from(registered.is_ok())
        }
        Deed::RegisterKnown => {
            let again = token(scattered(known));
            let registered = store.register(app.id, again, named(known), second(5)).await;
            usize::from(registered.is_ok())
        }
        Deed::FindByToken => {
            let found = store.device(app.id, &token(scattered(known)), second(6)).await;
            usize::from(found.expect("an answer").is_some())
        }
        Deed::FindByUser => list(store, app, named(known).user_id, None, DeviceId::START).await,
        Deed::FindByInstallation => {
            list(store, app, None, named(known).installation_id, DeviceId::START).await
        }
        Deed::ListPage => list(store, app, None, None, device(app, known / 2)).await / 100,
        Deed::AudiencePage => {
            let page = AudiencePage {
                audience: Audience::Everyone,
                kind: TokenKind::Alert,
                after: device(app, known / 2),
                upto: DeviceId(i64::MAX),
                limit: 1024,
            };
            let some = store.addressees(app.id, &page, second(2)).await;
            some.expect("a page").len() / 1024
        }
    };
    assert_eq!(found, 1);
}

fn device(app: &App, known: u64) -> DeviceId {
    DeviceId((app.id.0 << 40) + i64::try_from(known).expect("a number"))
}

async fn list(
    store: &Store,
    app: &App,
    user_id: Option<String>,
    installation_id: Option<String>,
    after: DeviceId,
) -> usize {
    let filter = DeviceFilter {
        user_id,
        installation_id,
        ..DeviceFilter::default()
    };
    let page = store.devices(app.id, filter, Some(after), 100, second(6)).await;
    page.expect("a page").len()
}

/// Both in turns, so that what else the machine does falls on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures for many minutes; by hand, as the page of benchmarks says"]
async fn a_registry_of_ten_million_is_as_quick_as_one_of_a_hundred_thousand() {
    let mut many = Registry::of(many(), folder_of_many()).await;
    let mut few = Registry::of(100_000, Factory::new()).await;
    for round in 0..ROUNDS {
        few.round(round).await;
        many.round(round).await;
    }
    for (place, (_, what)) in DEEDS.into_iter().enumerate() {
        let (few, many) = (few.micros(place), many.micros(place));
        let slower = many / few;
        println!("{what}: {few:.2} us of a processor among few, {many:.2} us among many: {slower:.2} times");
    }
    few.reopen().await;
    many.reopen().await;
}
