//! Devices: found by whatever is known of them, and each with its evidence as a story.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use tidings_apns::{DeviceToken, Environment, Timestamp};
use tidings_store::{App, AppId, Device, DeviceFilter, DeviceId, fingerprint};
use tidings_truth::{Sending, TokenState, explain};

use super::diagnosed::Diagnosed;
use super::form::Form;
use super::navigation::Place as Page;
use super::page::{self, Frame, Shown};
use super::refusal::Refusal;
use super::session::{As, Operator, Viewer};
use super::sign::Sign;
use super::wording::{Foreign, Moment, masked, plain};
use crate::cursor::List;
use crate::diagnosis;
use crate::parameters::{Parameters, Place};
use crate::problem::Problem;
use crate::server::Shared;

/// Devices of a page.
const PAGE: usize = 50;

/// So many devices are looked at for a page: where few pass a filter, a page is not full, and leads on.
const LOOKED_AT: usize = 1_000;

/// Among so many of the newest events a fingerprint is looked for: no list of all fingerprints is kept.
const EVENTS_LOOKED_AT: usize = 20_000;

#[derive(Template)]
#[template(path = "dashboard/devices.html")]
struct DevicesPage {
    frame: Frame,
    apps: Vec<Choice>,
    states: Vec<Choice>,
    environments: Vec<Choice>,
    find: Foreign,
    find_value: String,
    devices: Vec<DeviceLine>,
    next: Option<String>,
    is_search: bool,
}

/// A choice of a list.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) is_chosen: bool,
}

struct DeviceLine {
    address: String,
    fingerprint: String,
    sign: Sign,
    state: &'static str,
    summary: String,
    user: Option<Foreign>,
    kind: &'static str,
    environment: &'static str,
    registered: Moment,
}

/// What somebody looks for.
pub(super) struct Query {
    pub(super) app: App,
    pub(super) find: String,
    pub(super) state: Option<TokenState>,
    pub(super) environment: Option<Environment>,
}

/// `GET /dashboard/devices`.
pub(crate) async fn list(State(server): State<Shared>, who: As<Viewer>, mut parameters: Parameters) -> Shown {
    let frame = Frame::new(Page::Devices, &who, &server).await?;
    let apps = server.store.apps().await?;
    let wanted = parameters.text("app")?.unwrap_or_default();
    let find = parameters.text("find")?.unwrap_or_default().trim().to_owned();
    let state = choice::<TokenState>(&mut parameters, "state")?;
    let environment = choice::<Environment>(&mut parameters, "environment")?;
    let cursor = parameters.text("cursor")?;
    parameters.finish()?;
    let chosen = apps
        .iter()
        .find(|app| app.bundle_id.as_str() == wanted)
        .or(apps.first());
    let now = server.clock.now();
    let (mut devices, mut next) = (Vec::new(), None);
    if let Some(app) = chosen {
        let query = Query {
            app: app.clone(),
            find: find.clone(),
            state,
            environment,
        };
        (devices, next) = query.answer(&server, cursor, now).await?;
    }
    page::show(&DevicesPage {
        frame,
        apps: app_choices(&apps, chosen),
        states: choices(
            "any state",
            &TokenState::ALL.map(TokenState::as_str),
            state.map(TokenState::as_str),
        ),
        environments: choices(
            "any environment",
            &Environment::ALL.map(Environment::as_str),
            environment.map(Environment::as_str),
        ),
        find: Foreign::new(&find),
        is_search: !find.is_empty(),
        find_value: find,
        devices: devices
            .iter()
            .map(|device| DeviceLine::new(device, now))
            .collect(),
        next,
    })
}

/// A parameter of a list whose first choice is empty.
pub(super) fn choice<T: std::str::FromStr<Err: std::fmt::Display>>(
    parameters: &mut Parameters,
    name: &'static str,
) -> Result<Option<T>, Problem> {
    let text = parameters.text(name)?.filter(|text| !text.is_empty());
    text.map(|text| {
        text.parse()
            .map_err(|error: T::Err| Problem::field(name, error.to_string()))
    })
    .transpose()
}

/// The apps as a list to choose from.
pub(crate) fn app_choices(apps: &[App], chosen: Option<&App>) -> Vec<Choice> {
    let choice = |app: &App| Choice {
        value: app.bundle_id.to_string(),
        name: app.bundle_id.to_string(),
        is_chosen: chosen.is_some_and(|chosen| chosen.id == app.id),
    };
    apps.iter().map(choice).collect()
}

fn choices(any: &str, names: &[&'static str], chosen: Option<&str>) -> Vec<Choice> {
    let first = Choice {
        value: String::new(),
        name: any.to_owned(),
        is_chosen: chosen.is_none(),
    };
    let others = names.iter().map(|name| Choice {
        value: (*name).to_owned(),
        name: (*name).to_owned(),
        is_chosen: chosen == Some(*name),
    });
    std::iter::once(first).chain(others).collect()
}

impl Query {
    /// The devices, and where the next page is.
    async fn answer(
        &self,
        server: &Shared,
        cursor: Option<String>,
        now: Timestamp,
    ) -> Result<(Vec<Device>, Option<String>), Refusal> {
        if !self.find.is_empty() {
            return Ok((self.search(server, now).await?, None));
        }
        let words = (self.app.id, self.state, self.environment);
        let list = List::new("dashboard devices", words);
        let after = list
            .begins_after(cursor)?
            .map(|bytes| DeviceId(i64::from_be_bytes(bytes)));
        let filter = self.filter();
        let (found, next) = server
            .store
            .devices_among(self.app.id, filter, after, PAGE, LOOKED_AT, now)
            .await?;
        let next = next.map(|id| self.address(&list.cursor(&id.0.to_be_bytes())));
        Ok((found, next))
    }

    pub(super) fn filter(&self) -> DeviceFilter {
        DeviceFilter {
            state: self.state,
            environment: self.environment,
            ..DeviceFilter::default()
        }
    }

    fn address(&self, cursor: &str) -> String {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("app", self.app.bundle_id.as_str())
            .append_pair("state", self.state.map_or("", TokenState::as_str))
            .append_pair("environment", self.environment.map_or("", Environment::as_str))
            .append_pair("cursor", cursor)
            .finish();
        format!("/dashboard/devices?{query}")
    }

    /// Looks for what was typed, as everything that it can be: each of these is one look at an index.
    pub(super) async fn search(&self, server: &Shared, now: Timestamp) -> Result<Vec<Device>, Problem> {
        let (app, text) = (self.app.id, self.find.as_str());
        if let Ok(token) = text.parse::<DeviceToken>()
            && let Some(device) = server.store.device(app, &token, now).await?
        {
            return Ok(vec![device]);
        }
        if let Some(device) = by_fingerprint(server, app, text, now).await? {
            return Ok(vec![device]);
        }
        let mut found: Vec<Device> = Vec::new();
        for filter in self.named(text) {
            let some = server
                .store
                .devices_among(app, filter, None, PAGE, LOOKED_AT, now);
            let (some, _) = some.await?;
            for device in some {
                if found.len() < PAGE && !found.iter().any(|known| known.id == device.id) {
                    found.push(device);
                }
            }
        }
        Ok(found)
    }

    /// As a user, an installation, a tag.
    fn named(&self, text: &str) -> [DeviceFilter; 3] {
        let name = || Some(text.to_owned());
        [
            DeviceFilter {
                user_id: name(),
                ..self.filter()
            },
            DeviceFilter {
                installation_id: name(),
                ..self.filter()
            },
            DeviceFilter {
                tag: name(),
                ..self.filter()
            },
        ]
    }
}

/// A device by its fingerprint, if something happened to it not too long ago.
async fn by_fingerprint(
    server: &Shared,
    app: AppId,
    text: &str,
    now: Timestamp,
) -> Result<Option<Device>, Problem> {
    let is_one = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_one {
        return Ok(None);
    }
    let events = server
        .store
        .newest_events(Some(text), EVENTS_LOOKED_AT, 1)
        .await?;
    let Some(id) = events.first().and_then(|event| event.data["device_id"].as_i64()) else {
        return Ok(None);
    };
    let found = server.store.device_by_id(DeviceId(id), now).await?;
    Ok(found.filter(|(of, _)| *of == app).map(|(_, device)| device))
}

impl DeviceLine {
    fn new(device: &Device, now: Timestamp) -> Self {
        let explanation = explain(&device.history, device.kind, &device.standing);
        Self {
            address: format!("/dashboard/devices/{}", device.id),
            fingerprint: fingerprint(&device.token),
            sign: Sign::of_state(device.standing.state),
            state: device.standing.state.as_str(),
            summary: match device.standing.state {
                TokenState::Active if !device.standing.claim_is_wrong => "APNs accepts it.".to_owned(),
                _ => explanation.summary,
            },
            user: device.user_id.as_deref().map(|user| Foreign::short(user, 40)),
            kind: device.kind.as_str(),
            environment: device.standing.environment.map_or("unknown", Environment::as_str),
            registered: Moment::new(device.history.registered_at, now),
        }
    }
}

#[derive(Template)]
#[template(path = "dashboard/device.html")]
struct DevicePage {
    frame: Frame,
    id: String,
    app: Foreign,
    app_address: String,
    fingerprint: String,
    token: String,
    sign: Sign,
    state: &'static str,
    meaning: &'static str,
    since: Moment,
    summary: Foreign,
    advice: Foreign,
    sending: &'static str,
    can_restore: bool,
    facts: Vec<(&'static str, Foreign)>,
    tags: Vec<Foreign>,
    story: Vec<StoryEntry>,
    diagnosed: Diagnosed,
}

struct StoryEntry {
    at: String,
    moment: Moment,
    text: Foreign,
}

/// `GET /dashboard/devices/{id}`.
pub(crate) async fn show(
    State(server): State<Shared>,
    who: As<Viewer>,
    Place(id): Place<String>,
    mut parameters: Parameters,
) -> Shown {
    let done = parameters.text("done")?;
    let frame = Frame::new(Page::Devices, &who, &server).await?;
    let frame = frame.with_notice(done.filter(|done| done == "restored").map(|_| {
        "What was held against the token is void. It is sent to again, and what waited for it is being sent.".to_owned()
    }));
    let (app, device) = find(&server, &id).await?;
    let names = server.bundle_ids().await?;
    let bundle_id = names.get(&app).map(ToString::to_string).unwrap_or_default();
    let diagnosed = diagnosis::of_device(&server, app, &bundle_id, &device).await?;
    let page = described(frame, &bundle_id, &device, diagnosed.into(), server.clock.now());
    page::show(&page)
}

async fn find(server: &Shared, id: &str) -> Result<(AppId, Device), Refusal> {
    let id: i64 = id.parse().map_err(|_slip| Refusal::not_found("device"))?;
    let found = server
        .store
        .device_by_id(DeviceId(id), server.clock.now())
        .await?;
    found.ok_or_else(|| Refusal::not_found("device"))
}

fn described(
    frame: Frame,
    bundle_id: &str,
    device: &Device,
    diagnosed: Diagnosed,
    now: Timestamp,
) -> DevicePage {
    let standing = &device.standing;
    let explanation = explain(&device.history, device.kind, standing);
    let story = explanation.story.into_iter().map(|line| StoryEntry {
        at: plain(line.at),
        moment: Moment::new(line.at, now),
        text: Foreign::new(line.text),
    });
    DevicePage {
        frame,
        id: device.id.to_string(),
        app: Foreign::new(bundle_id),
        app_address: format!("/dashboard/apps/{bundle_id}"),
        fingerprint: fingerprint(&device.token),
        token: masked(&device.token.to_string()),
        sign: Sign::of_state(standing.state),
        state: standing.state.as_str(),
        meaning: standing.state.in_words(),
        since: Moment::new(standing.since, now),
        summary: Foreign::new(explanation.summary),
        advice: Foreign::new(explanation.advice),
        sending: match standing.sending {
            Sending::To(_) => "Notifications are sent to it.",
            Sending::OnProbation(_) => {
                "Notifications are sent to it, on connections of their own until it is proven."
            }
            Sending::NotBefore(..) => "Notifications are sent to it after a pause.",
            Sending::Held => "Notifications to it are kept until something changes.",
            Sending::Never => "Nothing is sent to it.",
        },
        can_restore: !matches!(standing.state, TokenState::Active | TokenState::Unproven),
        facts: facts(device),
        tags: device.tags.iter().map(Foreign::new).collect(),
        story: story.collect(),
        diagnosed,
    }
}

fn facts(device: &Device) -> Vec<(&'static str, Foreign)> {
    let claimed = device.history.claimed.map(|claimed| claimed.as_str().to_owned());
    let known = [
        ("Kind", Some(device.kind.as_str().to_owned())),
        (
            "Environment",
            device
                .standing
                .environment
                .map(|environment| environment.as_str().to_owned()),
        ),
        ("Claimed environment", claimed),
        ("User", device.user_id.clone()),
        ("Installation", device.installation_id.clone()),
        ("App version", device.app_version.clone()),
        ("System version", device.os_version.clone()),
        ("Model", device.device_model.clone()),
        ("Locale", device.locale.clone()),
    ];
    let known = known.into_iter();
    known
        .filter_map(|(name, value)| Some((name, Foreign::short(&value?, 80))))
        .collect()
}

/// `POST /dashboard/devices/{id}/restore`.
pub(crate) async fn restore(
    State(server): State<Shared>,
    who: As<Operator>,
    Place(id): Place<String>,
    form: Form,
) -> Shown {
    form.of(&who)?;
    let (app, device) = find(&server, &id).await?;
    let now = server.clock.now();
    let restored = server
        .store
        .restore_device(app, &device.token, &who.actor(), now)
        .await?;
    let restored = restored.ok_or_else(|| Refusal::not_found("device"))?;
    server.engine.work_arrived();
    Ok(Redirect::to(&format!("/dashboard/devices/{}?done=restored", restored.id)).into_response())
}
