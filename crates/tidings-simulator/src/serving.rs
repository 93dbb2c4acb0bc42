//! One request in, one answer out: examination, then what an accepted request does to the world.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::answer::Answer;
use crate::authentication::Presented;
use crate::authentication::presenter::Presentation;
use crate::authentication::session::{Service, Session};
use crate::clock::{Now, Timestamp};
use crate::delivery::Arrival;
use crate::faults::{StatusFault, TimestampForm};
use crate::state::State;
use crate::validation::request::{Request, Route};
use crate::validation::{Examination, examine, is_canonical_uuid, management, topic};
use crate::vocabulary::Environment;

/// A request that was served.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) answer: Answer,
    /// The request's credential is good, whatever became of the request.
    pub(crate) authenticated: bool,
}

/// What the world says to a request before anything is done.
struct Judgement {
    refusal: Option<Answer>,
    authenticated: bool,
    topic: String,
}

impl State {
    /// Serves a request. With `fault`, the answer is that fault's and the request has no effect.
    pub(crate) fn serve(
        &mut self,
        session: &mut Session,
        request: Request,
        presentation: &Presentation,
        fault: Option<&StatusFault>,
    ) -> Served {
        let now = self.clock.now();
        let judgement = self.judge(session, &request, presentation, now);
        if judgement.authenticated {
            self.bind(session, &presentation.presented, now.simulated);
        }
        let environment = session.environment;
        let id_header = id_header(session.service, &request);
        let id = self.id_of(&request, id_header);
        let is_head = request.method == "HEAD";
        let mut answer = match (fault, judgement.refusal) {
            (Some(fault), _) => fault.answer(now.simulated),
            (None, Some(refusal)) => refusal,
            (None, None) => self.accept(request, environment, &judgement.topic, &id, now),
        };
        if is_head {
            answer.body.clear();
        }
        let answer = answer
            .with(id_header, id)
            .with("date", now.simulated.to_http_date());
        self.stats.count_answer(
            environment,
            &judgement.topic,
            answer.status,
            answer.reason.as_deref(),
        );
        Served {
            answer,
            authenticated: judgement.authenticated,
        }
    }

    fn judge(
        &self,
        session: &Session,
        request: &Request,
        presentation: &Presentation,
        now: Now,
    ) -> Judgement {
        let examination = Examination {
            request,
            presented: &presentation.presented,
            session,
            world: &self.world,
            now: now.simulated,
            too_many_tokens_of_address: presentation.too_many_of_address,
        };
        let orders = &self.world.behaviour.validation;
        let order = match (session.service, request.route()) {
            (Service::Channels, _) => &orders.management,
            (Service::Push, Route::Broadcast(_)) => &orders.broadcast,
            (Service::Push, _) => &orders.device,
        };
        let outcome = examine(order, &examination);
        let topic = topic(&examination)
            .or_else(|| request.path_bundle_id())
            .unwrap_or_default();
        Judgement {
            refusal: outcome.rejection.map(Answer::from),
            authenticated: outcome.authenticated,
            topic: topic.to_owned(),
        }
    }

    fn bind(&self, session: &mut Session, presented: &Presented, now: Timestamp) {
        let Presented::Token(token) = presented else {
            return;
        };
        let accounts = &self.world.accounts;
        if let Some(key) = accounts.key(&token.key_id) {
            session.bind(token, key, accounts.registrations(), now);
        }
    }

    fn accept(
        &mut self,
        request: Request,
        environment: Environment,
        topic: &str,
        id: &str,
        now: Now,
    ) -> Answer {
        let arrival = Arrival {
            apns_id: id.to_owned(),
            environment,
            topic: topic.to_owned(),
            now,
        };
        let bundle_id = request.path_bundle_id().map(str::to_owned);
        match (request.route(), bundle_id) {
            (Route::Broadcast(_), Some(bundle_id)) => {
                self.world.broadcast(request, &bundle_id, arrival);
                Answer::success(200)
            }
            (Route::Channels(_), Some(bundle_id)) => self.manage_channel(&request, environment, &bundle_id),
            (Route::AllChannels(_), Some(bundle_id)) => {
                let channels = self.world.channels.list(environment, &bundle_id);
                Answer::json(json!({ "channels": channels }).to_string().into_bytes())
            }
            (Route::Device(_) | Route::Unknown, _) | (_, None) => {
                self.world.deliver(request, arrival);
                self.accepted_by_device_path(environment)
            }
        }
    }

    /// 200, in the sandbox with the key of the delivery log (Apple, *Handling notification responses from APNs*).
    fn accepted_by_device_path(&mut self, environment: Environment) -> Answer {
        let answer = Answer::success(200);
        match environment {
            Environment::Sandbox => {
                answer.with("apns-unique-id", self.world.random.apns_id().to_ascii_lowercase())
            }
            Environment::Production => answer,
        }
    }

    fn manage_channel(&mut self, request: &Request, environment: Environment, bundle_id: &str) -> Answer {
        let channels = &mut self.world.channels;
        let channel_id = request.header("apns-channel-id").unwrap_or_default();
        match request.method.as_str() {
            "GET" => {
                channels
                    .find(environment, bundle_id, channel_id)
                    .map_or_else(Answer::default, |channel| {
                        let policy = channel.policy.as_number();
                        let body = json!({"message-storage-policy": policy, "push-type": "LiveActivity"});
                        Answer::json(body.to_string().into_bytes())
                    })
            }
            "DELETE" => {
                channels.delete(environment, bundle_id, channel_id);
                Answer::success(204)
            }
            _ => self.create_channel(request, environment, bundle_id),
        }
    }

    fn create_channel(&mut self, request: &Request, environment: Environment, bundle_id: &str) -> Answer {
        let id = STANDARD.encode(self.world.random.array::<18>());
        let policy = management::storage_policy(request).unwrap_or_default();
        self.world.channels.create(environment, bundle_id, &id, policy);
        Answer::success(201).with("apns-channel-id", id)
    }

    /// The id of the answer: the request's own, unchanged, or a new one.
    fn id_of(&mut self, request: &Request, name: &str) -> String {
        request
            .header(name)
            .filter(|id| is_canonical_uuid(id))
            .map_or_else(|| self.world.random.apns_id(), str::to_owned)
    }
}

/// The header that carries the id of a request and of its answer.
fn id_header(service: Service, request: &Request) -> &'static str {
    match (service, request.route()) {
        (Service::Channels, _) | (Service::Push, Route::Broadcast(_)) => "apns-request-id",
        (Service::Push, Route::Device(_) | Route::Channels(_) | Route::AllChannels(_) | Route::Unknown) => {
            "apns-id"
        }
    }
}

impl StatusFault {
    fn answer(&self, now: Timestamp) -> Answer {
        let timestamp = match self.timestamp {
            TimestampForm::At(timestamp) => Some(timestamp),
            TimestampForm::Usual => (self.status == 410).then_some(now),
            TimestampForm::Missing => None,
        };
        let mut answer = match &self.reason {
            Some(reason) => Answer::refusal(self.status, reason, timestamp),
            None => Answer::success(self.status),
        };
        if let Some(body) = &self.body {
            answer.body = body.clone().into_bytes();
        }
        match &self.retry_after {
            Some(retry_after) => answer.with("retry-after", retry_after),
            None => answer,
        }
    }
}
