//! One request from its arrival to its answer.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures_util::future::{self, Either};
use tidings_apns::{ApnsId, Reason, Timestamp};
use tidings_delivery::{NotificationWatch, apns_id as id_at_apns};
use tidings_store::{Accepted, AppId, Device, Idempotency, NotificationId, StoreError};
use uuid::Uuid;

use super::Room;
use super::answer::{Answer, Reply, Trust};
use super::judgement::{self, Judgement, Recipient};
use super::order::{Head, Order, apns_id};
use super::proof::Sender;
use super::request::Request;
use crate::hex;
use crate::introduction::{Introduction, introduce};
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;
use crate::sha256::sha256;
use crate::trace::{self, Begun, TRACEPARENT, Traced};

/// How long the answer of APNs is waited for. A connection to APNs usually takes less.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the requests are counted under.
const ROUTE: &str = "/3/device/{token}";

/// Answers a request.
pub(super) async fn receive(room: &Room, request: Request) -> Reply {
    let metrics = &room.server.metrics;
    let begun = metrics.begin();
    let followed = trace::begin(&room.server, ROUTE, request.header(TRACEPARENT));
    let traced = followed.as_ref().map_or(Traced::NOT, Begun::traced);
    let reply = reply(room, &request, traced).await;
    let status = StatusCode::from_u16(reply.answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    metrics.end(&begun, &Method::POST, ROUTE, status);
    if let Some(followed) = followed
        && reply.trust == Trust::Proven
    {
        trace::end(&room.server, &followed, &Method::POST, ROUTE, status);
    }
    let reason = reply.answer.reason.as_deref();
    tracing::debug!(status = status.as_u16(), reason, "answered at the door");
    reply
}

async fn reply(room: &Room, request: &Request, traced: Traced) -> Reply {
    let mut reply = Reply {
        answer: Answer::accepted(),
        apns_id: given_or_new(request),
        trust: Trust::None,
    };
    let Ok(_place) = room.requests.try_acquire() else {
        reply.answer = Answer::refused(&Reason::ServiceUnavailable);
        return reply;
    };
    reply.answer = match answer(room, request, traced, &mut reply).await {
        Ok(answer) | Err(answer) => answer,
    };
    reply
}

/// The id that the answer carries: the request's, or one of ours.
fn given_or_new(request: &Request) -> String {
    match apns_id(request) {
        Ok(Some(given)) => given.to_owned(),
        Ok(None) | Err(_) => Uuid::new_v4().to_string(),
    }
}

async fn answer(room: &Room, request: &Request, traced: Traced, reply: &mut Reply) -> Result<Answer, Answer> {
    let server = &room.server;
    let head = Head::read(request)?;
    let now = server.clock.now();
    let sender = room.proofs.sender(server, &head, now).await?;
    reply.trust = Trust::Proven;
    let order = Order::read(&head, now)?;
    if order.addressing.bundle_id != sender.app.bundle_id {
        return Err(Answer::refused(&Reason::BadTopic));
    }
    let device = known(server, sender.app.id, &order, now).await?;
    let push_type = order.addressing.push_type;
    if let Some(refusal) = judgement::refusal(&device, push_type, now) {
        return Err(refusal);
    }
    let notification = order.notification(device.kind, server.config.default_on_unknown, now);
    if head.apns_id.is_none() {
        reply.apns_id = id_at_apns(notification.id.0, device.id.0).to_string();
    }
    let idempotency = head.apns_id.map(|id| idempotency(id, &sender, &order));
    // Before it is accepted: nobody is told what happened before.
    let watch = server.engine.watch(notification.id);
    traced.makes(server, notification.id);
    let accepted = server
        .store
        .accept(sender.app.id, notification, idempotency, now)
        .await
        .map_err(unable)?;
    let sent = Sent {
        server,
        app: sender.app.id,
        order: &order,
    };
    match accepted {
        Accepted::New(_) => {
            server.engine.work_arrived();
            Ok(sent.outcome(watch).await)
        }
        Accepted::Replayed(id) => sent.outcome_of_before(id).await,
    }
}

/// The device token, which is known from now on.
async fn known(server: &Shared, app: AppId, order: &Order, now: Timestamp) -> Result<Device, Answer> {
    let introduction = Introduction {
        token: &order.device_token,
        kind: order.addressing.kind,
        environment: order.claimed,
    };
    introduce(server, app, introduction, now).await.map_err(unable)
}

/// The same request twice is one. A library that uses one id for many device tokens, or for many notifications, is not
/// taken for one that repeats itself.
fn idempotency(apns_id: &str, sender: &Sender, order: &Order) -> Idempotency {
    let contents = order.contents();
    let body_hash = sha256(contents.as_bytes());
    let device = sha256(order.device_token.as_bytes());
    Idempotency {
        api_key_id: sender.name.clone(),
        path: format!(
            "/3/device/{}/{}/{}",
            sender.app.bundle_id,
            hex::encode(&device),
            hex::encode(&body_hash)
        ),
        key: canonical(apns_id),
        body_hash,
    }
}

/// Libraries write the letters of the same id large or small.
fn canonical(apns_id: &str) -> String {
    let id: Option<ApnsId> = apns_id.parse().ok();
    id.map_or_else(|| apns_id.to_owned(), |id| id.to_string())
}

/// A notification that was accepted.
struct Sent<'a> {
    server: &'a Shared,
    app: AppId,
    order: &'a Order,
}

impl Sent<'_> {
    /// What becomes of it, as far as that is known in time.
    async fn outcome(&self, mut watch: NotificationWatch) -> Answer {
        let known = Box::pin(async {
            loop {
                match judgement::of_news(&watch.news().await) {
                    Judgement::Answer(answer) => return answer,
                    Judgement::AskDevice => return self.ask_device().await,
                    Judgement::AskDoubt => return self.ask_doubt().await,
                    Judgement::Wait => {}
                }
            }
        });
        match future::select(known, self.server.clock.sleep(PATIENCE)).await {
            Either::Left((answer, _)) => answer,
            // It is on the disk, and goes on being tried.
            Either::Right(_) => Answer::accepted(),
        }
    }

    /// What has become of one that was accepted before, or becomes of it.
    async fn outcome_of_before(&self, id: NotificationId) -> Result<Answer, Answer> {
        let watch = self.server.engine.watch(id);
        match self.judged(id).await.map_err(unable)? {
            Judgement::Answer(answer) => Ok(answer),
            Judgement::AskDevice => Ok(self.ask_device().await),
            Judgement::AskDoubt => Ok(self.ask_doubt().await),
            Judgement::Wait => Ok(self.outcome(watch).await),
        }
    }

    async fn judged(&self, id: NotificationId) -> Result<Judgement, StoreError> {
        let (store, now) = (&self.server.store, self.server.clock.now());
        let Some(view) = store.notification(self.app, id, now).await? else {
            // It was finished so long ago that it is no longer kept.
            return Ok(Judgement::Answer(Answer::accepted()));
        };
        if view.counts.delivered > 0 {
            return Ok(Judgement::Answer(Answer::accepted()));
        }
        let recipients = store.recipients(self.app, id, None, 1).await?;
        Ok(match recipients.first() {
            Some(row) => judgement::of_recipient(Recipient {
                state: row.state,
                status: row.status,
                reason: row.reason.as_deref(),
            }),
            None if view.state == tidings_store::NotificationState::Finished => Judgement::AskDevice,
            None => Judgement::Wait,
        })
    }

    async fn ask_device(&self) -> Answer {
        match self.device().await {
            Ok(device) => judgement::of_device(device.as_ref(), self.server.clock.now()),
            Err(error) => unable(error),
        }
    }

    async fn ask_doubt(&self) -> Answer {
        let device = self.device().await.ok().flatten();
        let refusal = device.as_ref().and_then(judgement::of_doubt);
        refusal.unwrap_or(Answer::accepted())
    }

    async fn device(&self) -> Result<Option<Device>, StoreError> {
        let now = self.server.clock.now();
        let token = &self.order.device_token;
        self.server.store.device(self.app, token, now).await
    }
}

/// The answer where the store did not do what it was asked to: what libraries take for a call to repeat.
pub(super) fn unable(error: StoreError) -> Answer {
    match Problem::from(error).kind {
        ProblemKind::StorageFull | ProblemKind::StorageUnavailable | ProblemKind::Overloaded => {
            Answer::refused(&Reason::ServiceUnavailable)
        }
        _ => Answer::refused(&Reason::InternalServerError),
    }
}
