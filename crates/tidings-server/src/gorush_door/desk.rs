//! One notification in gorush's form, from its device tokens to what is accepted of it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tidings_apns::{BundleId, DeviceToken, ParseError, Priority, PushType, Timestamp, TokenKind, Topic};
use tidings_store::{AppId, Device, Idempotency, ImportLine, ImportedDevice, Registration};

use super::answer::Pushed;
use super::body::{Notification, Platform};
use super::payload::aps;
use crate::apns_door::{Addressing, Look, expiry, refusal};
use crate::authentication::Caller;
use crate::body::parse;
use crate::hex;
use crate::limits::NAMES;
use crate::notifications::{Submission, SubmissionBody};
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;
use crate::sha256::sha256;
use crate::trace::Traced;

/// Device tokens that are looked up at once.
const LOOKED_UP_AT_ONCE: usize = 16;

/// Device tokens that become known by one write.
const KNOWN_AT_ONCE: usize = 1_000;

/// Where notifications are taken.
pub(super) struct Desk<'a> {
    pub(super) server: &'a Shared,
    /// `None` where nobody has to say who they are.
    pub(super) caller: Option<&'a Caller>,
    /// The app of notifications without a topic.
    pub(super) default_app: &'a BundleId,
    pub(super) traced: Traced,
}

/// A notification of which nothing is wrong but, maybe, its device tokens.
struct Order<'a> {
    notification: &'a Notification,
    app: AppId,
    addressing: Addressing,
    aps: Map<String, Value>,
    now: Timestamp,
}

/// A notification as the API takes it.
#[derive(Serialize)]
struct Submitted<'a> {
    to: To<'a>,
    push_type: &'static str,
    kind: &'static str,
    aps: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collapse_id: Option<&'a str>,
}

#[derive(Serialize)]
struct To<'a> {
    tokens: &'a [&'a str],
}

/// Device tokens by what they are for, as they were given.
type Groups<'a> = BTreeMap<TokenKind, Vec<&'a str>>;

impl Desk<'_> {
    /// Takes a notification as far as it can be taken, and tells of each device token for which it cannot.
    pub(super) async fn take(&self, notification: &Notification, pushed: &mut Pushed) {
        let tokens = notification.all_tokens();
        if let Some(error) = foreign(notification.platform()) {
            return fail(notification, &tokens, error, pushed);
        }
        pushed.count(tokens.len());
        if tokens.is_empty() {
            return fail(notification, &[""], "tokens must not be nil or empty", pushed);
        }
        let taken = match self.order(notification).await {
            Ok(order) => self.send(&order, &tokens, pushed).await,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = taken {
            fail(notification, &tokens, &in_words(&problem), pushed);
        }
    }

    /// All that is wrong with a notification is told before any device token is looked at.
    async fn order<'a>(&self, notification: &'a Notification) -> Result<Order<'a>, Problem> {
        let aps = aps(notification);
        let addressing = addressing(notification, &aps, self.default_app)?;
        let order = Order {
            notification,
            app: self.app(&addressing).await?,
            addressing,
            aps,
            now: self.server.clock.now(),
        };
        order.submission(&["00"], order.addressing.kind, self.server)?;
        Ok(order)
    }

    async fn app(&self, addressing: &Addressing) -> Result<AppId, Problem> {
        let bundle_id = &addressing.bundle_id;
        if let Some(caller) = self.caller {
            return self.server.app(caller, bundle_id.as_str()).await;
        }
        if bundle_id != self.default_app {
            let detail = "Without authentication there is only the app of the configuration.";
            return Err(Problem::new(ProblemKind::AppNotAllowed, detail));
        }
        let app = self.server.store.app(bundle_id).await?;
        let detail = format!("There is no app `{bundle_id}`.");
        app.map(|app| app.id)
            .ok_or_else(|| Problem::new(ProblemKind::AppNotFound, detail))
    }

    async fn send(&self, order: &Order<'_>, tokens: &[&str], pushed: &mut Pushed) -> Result<(), Problem> {
        for (kind, tokens) in self.groups(order, tokens, pushed).await? {
            for tokens in tokens.chunks(NAMES) {
                if let Err(problem) = self.accept(order, tokens, kind).await {
                    fail(order.notification, tokens, &in_words(&problem), pushed);
                }
            }
        }
        Ok(())
    }

    /// The device tokens that something can be sent to. All of them are known afterwards.
    async fn groups<'t>(
        &self,
        order: &Order<'_>,
        tokens: &[&'t str],
        pushed: &mut Pushed,
    ) -> Result<Groups<'t>, Problem> {
        let read = read(order, tokens, pushed);
        for some in read.chunks(KNOWN_AT_ONCE) {
            let lines = introduced(order, some);
            self.server.store.import(order.app, lines, order.now).await?;
        }
        let mut groups = Groups::new();
        for (text, device) in self.devices(order, read).await? {
            match refused(&device, order) {
                None => groups.entry(device.kind).or_default().push(text),
                Some(reason) => pushed.failed(order.notification, text, &reason),
            }
        }
        Ok(groups)
    }

    async fn devices<'t>(
        &self,
        order: &Order<'_>,
        read: Vec<(&'t str, DeviceToken)>,
    ) -> Result<Vec<(&'t str, Device)>, Problem> {
        let mut devices = Vec::with_capacity(read.len());
        for some in read.chunks(LOOKED_UP_AT_ONCE) {
            let looked_up = some
                .iter()
                .map(|(_, token)| self.server.store.device(order.app, token, order.now));
            let found = join_all(looked_up).await;
            for ((text, _), device) in some.iter().zip(found) {
                devices.extend(device?.map(|device| (*text, device)));
            }
        }
        Ok(devices)
    }

    async fn accept(&self, order: &Order<'_>, tokens: &[&str], kind: TokenKind) -> Result<(), Problem> {
        let submission = order.submission(tokens, kind, self.server)?;
        let idempotency = self.idempotency(order, tokens, &submission.notification.payload);
        self.traced.makes(self.server, submission.notification.id);
        let store = &self.server.store;
        let accepted = store.accept(order.app, submission.notification, idempotency, order.now);
        accepted.await?;
        Ok(())
    }

    /// With an `apns_id`, the same notification to the same device tokens is sent once a day.
    fn idempotency(&self, order: &Order<'_>, tokens: &[&str], payload: &str) -> Option<Idempotency> {
        let key = order.notification.apns_id.clone().filter(|id| !id.is_empty())?;
        let contents = format!("{}\n{}", tokens.join("\n"), payload);
        let body_hash = sha256(contents.as_bytes());
        let bundle_id = &order.addressing.bundle_id;
        Some(Idempotency {
            api_key_id: self.caller.map_or("gorush-door", Caller::key_id).to_owned(),
            path: format!("/api/push/{bundle_id}/{}", hex::encode(&body_hash)),
            key,
            body_hash,
        })
    }
}

impl Order<'_> {
    /// The notification as the API takes it, and checked as the API checks it.
    fn submission(&self, tokens: &[&str], kind: TokenKind, server: &Shared) -> Result<Submission, Problem> {
        let notification = self.notification;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let collapse_id = given(&notification.collapse_id);
        let submitted = Submitted {
            to: To { tokens },
            push_type: self.addressing.push_type.as_str(),
            kind: kind.as_str(),
            aps: &self.aps,
            data: notification.data.as_deref().filter(|data| data.get() != "null"),
            priority: priority(notification).map(Priority::as_u8),
            expires_at: expires_at(notification, self.now)?,
            collapse_id: collapse_id.as_deref(),
        };
        let body: SubmissionBody = parse(&serde_json::to_vec(&submitted).unwrap_or_default())?;
        body.check(self.addressing.bundle_id.as_str(), self.now, &server.config)
    }
}

/// Why nothing is sent to devices of a platform; `None` for Apple's.
const fn foreign(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::Apple => None,
        Platform::Android => Some("platform 2 is Android: Tidings sends to Apple devices (platform 1) only"),
        Platform::Huawei => Some("platform 3 is Huawei: Tidings sends to Apple devices (platform 1) only"),
        Platform::Unknown => {
            Some("there is no such platform: Tidings sends to Apple devices (platform 1) only")
        }
    }
}

/// What sort of notification it is, and for which app.
fn addressing(
    notification: &Notification,
    aps: &Map<String, Value>,
    default_app: &BundleId,
) -> Result<Addressing, Problem> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let unreadable = |field| move |error: ParseError| wrong(field, &error.to_string());
    let push_type = given(&notification.push_type).map(|text| text.parse().map_err(unreadable("push_type")));
    let push_type: Option<PushType> = push_type.transpose()?;
    let topic = match given(&notification.topic) {
        Some(topic) => topic.parse().map_err(unreadable("topic"))?,
        None => Topic::for_kind(default_app, push_type.unwrap_or(PushType::Alert)),
    };
    let payload = serde_json::json!({"aps": aps}).to_string();
    let look = Look::at(payload.as_bytes());
    let addressing = Addressing::read(&topic, push_type, look, priority(notification));
    addressing.ok_or_else(|| wrong("topic", "it is not one for notifications of this `push_type`"))
}

/// The texts that are device tokens; it is told of the others.
fn read<'t>(order: &Order<'_>, tokens: &[&'t str], pushed: &mut Pushed) -> Vec<(&'t str, DeviceToken)> {
    let mut read = Vec::with_capacity(tokens.len());
    for text in tokens {
        match text.parse() {
            Ok(token) => read.push((*text, token)),
            Err(error) => {
                let error: ParseError = error;
                pushed.failed(order.notification, text, &format!("BadDeviceToken: {error}"));
            }
        }
    }
    read
}

/// What gorush does not know, it passes over.
fn priority(notification: &Notification) -> Option<Priority> {
    match notification.priority.as_deref() {
        Some("high") => Some(Priority::Immediate),
        Some("normal") => Some(Priority::Considerate),
        _ => None,
    }
}

fn expires_at(notification: &Notification, now: Timestamp) -> Result<Option<Value>, Problem> {
    let Some(seconds) = notification.expiration else {
        return Ok(None);
    };
    let seconds = u64::try_from(seconds).map_err(|_negative| wrong("expiration", "it is before 1970"))?;
    let at = expiry(seconds, now);
    Ok(Some(if at.as_unix_millis() == 0 {
        Value::from(0)
    } else {
        Value::from(at.to_string())
    }))
}

/// Device tokens that come from a sender and not from the app.
fn introduced(order: &Order<'_>, read: &[(&str, DeviceToken)]) -> Vec<ImportLine> {
    let registration = Registration {
        kind: Some(order.addressing.kind),
        environment: order.notification.claimed(),
        ..Registration::default()
    };
    let line = |(_, token): &(&str, DeviceToken)| ImportLine {
        number: 1,
        device: ImportedDevice {
            token: token.clone(),
            registration: registration.clone(),
            registered_at: None,
        },
    };
    read.iter().map(line).collect()
}

/// Why nothing is sent to a device token: the reason that APNs gives.
fn refused(device: &Device, order: &Order<'_>) -> Option<String> {
    let answer = refusal(device, order.addressing.push_type, order.now)?;
    answer.reason.map(std::borrow::Cow::into_owned)
}

fn fail(notification: &Notification, tokens: &[&str], error: &str, pushed: &mut Pushed) {
    for token in tokens {
        pushed.failed(notification, token, error);
    }
}

fn wrong(field: &'static str, why: &str) -> Problem {
    Problem::field(field, crate::problem::sentence(why))
}

/// A problem in one line of a log.
fn in_words(problem: &Problem) -> String {
    let body = problem.body();
    match body.field() {
        Some(field) => format!("{field}: {}", problem.detail()),
        None => problem.detail().to_owned(),
    }
}
