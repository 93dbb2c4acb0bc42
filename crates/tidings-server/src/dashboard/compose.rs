//! The composer: a payload, looked at while it is written, and sent to somebody first before it is sent to everybody.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tidings_apns::{Lint, PushType, Severity};
use tidings_store::{Accepted, App};

use super::devices::{Choice, app_choices};
use super::examples::example;
use super::form::{Fields, Form};
use super::navigation::Place;
use super::page::{self, Frame, Shown};
use super::preview::Preview;
use super::session::{As, Operator, Session};
use super::sign::Sign;
use super::wording::{Foreign, grouped};
use crate::body;
use crate::notifications::{Submission, SubmissionBody};
use crate::parameters::Parameters;
use crate::problem::{Problem, ProblemKind};
use crate::server::Shared;

/// Ways to say to whom.
const AUDIENCES: [(&str, &str); 5] = [
    ("user", "a user"),
    ("installation", "an installation"),
    ("token", "a device token"),
    ("tag", "everybody with a tag"),
    ("everyone", "everyone"),
];

const PRIORITIES: [(&str, &str); 4] = [
    ("", "usual"),
    ("10", "10, at once"),
    ("5", "5, sparing the battery"),
    ("1", "1, whenever"),
];

/// How long APNs keeps it for a device that it cannot reach, in seconds.
const LIVES: [(&str, &str); 4] = [
    ("", "as usual"),
    ("0", "now or never"),
    ("3600", "for an hour"),
    ("86400", "for a day"),
];

#[derive(Template)]
#[template(path = "dashboard/compose.html")]
struct ComposePage {
    frame: Frame,
    apps: Vec<Choice>,
    audiences: Vec<Choice>,
    push_types: Vec<PushTypeChoice>,
    priorities: Vec<Choice>,
    lives: Vec<Choice>,
    name: String,
    collapse_id: String,
    payload: String,
    reading: Reading,
    complaint: Option<(Foreign, Foreign)>,
}

/// A push type with a payload to begin with.
struct PushTypeChoice {
    push_type: PushType,
    is_chosen: bool,
    example: String,
}

#[derive(Template)]
#[template(path = "dashboard/reading.html")]
struct ReadingPart {
    reading: Reading,
}

/// What there is to say about what is written.
struct Reading {
    app: Foreign,
    bytes: String,
    limit: String,
    /// How full it is, in hundredths.
    share: usize,
    is_too_large: bool,
    preview: Preview,
    findings: Vec<Finding>,
}

struct Finding {
    sign: Sign,
    text: Foreign,
    advice: Foreign,
}

/// What a form says.
struct Draft {
    app: String,
    audience: String,
    name: String,
    push_type: String,
    priority: String,
    life: String,
    collapse_id: String,
    payload: String,
    confirmation: String,
}

/// `GET /dashboard/compose`.
pub(crate) async fn show(
    State(server): State<Shared>,
    who: As<Operator>,
    mut parameters: Parameters,
) -> Shown {
    let app = parameters.text("app")?.unwrap_or_default();
    let apps = server.store.apps().await?;
    let app = if app.is_empty() {
        apps.first()
            .map(|app| app.bundle_id.to_string())
            .unwrap_or_default()
    } else {
        app
    };
    let draft = Draft {
        app,
        audience: "user".to_owned(),
        name: parameters.text("user")?.unwrap_or_default(),
        push_type: "alert".to_owned(),
        priority: String::new(),
        life: String::new(),
        collapse_id: String::new(),
        payload: example(PushType::Alert, server.clock.now()),
        confirmation: String::new(),
    };
    shown(&server, &who, &apps, &draft, None).await
}

async fn shown(
    server: &Shared,
    session: &Session,
    apps: &[App],
    draft: &Draft,
    complaint: Option<&Problem>,
) -> Shown {
    let frame = Frame::new(Place::Compose, session, server).await?;
    let chosen = apps.iter().find(|app| app.bundle_id.as_str() == draft.app);
    let now = server.clock.now();
    // The management of devices has topics that are no app's.
    let push_types = PushType::ALL.into_iter().filter(|kind| *kind != PushType::Mdm);
    let push_types = push_types.map(|push_type| PushTypeChoice {
        push_type,
        is_chosen: push_type.as_str() == draft.push_type,
        example: example(push_type, now),
    });
    let mut page = page::show(&ComposePage {
        frame,
        apps: app_choices(apps, chosen),
        audiences: choices(&AUDIENCES, &draft.audience),
        push_types: push_types.collect(),
        priorities: choices(&PRIORITIES, &draft.priority),
        lives: choices(&LIVES, &draft.life),
        name: draft.name.clone(),
        collapse_id: draft.collapse_id.clone(),
        payload: draft.payload.clone(),
        reading: draft.reading(server),
        complaint: complaint.map(|problem| (Foreign::new(problem.detail()), Foreign::new(problem.advice()))),
    })?;
    if let Some(problem) = complaint {
        *page.status_mut() = problem.status();
    }
    Ok(page)
}

fn choices(all: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, name): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        name: (*name).to_owned(),
        is_chosen: *value == chosen,
    };
    all.iter().map(choice).collect()
}

/// `POST /dashboard/compose/check`: a part of the page, while somebody types.
pub(crate) async fn check(State(server): State<Shared>, who: As<Operator>, form: Form) -> Shown {
    let draft = Draft::of(&form.of(&who)?);
    page::show(&ReadingPart {
        reading: draft.reading(&server),
    })
}

/// `POST /dashboard/compose`.
pub(crate) async fn send(State(server): State<Shared>, who: As<Operator>, form: Form) -> Shown {
    let draft = Draft::of(&form.of(&who)?);
    let apps = server.store.apps().await?;
    match accept(&server, &apps, &draft).await {
        Ok(address) => {
            tracing::info!(
                by = who.actor(),
                app = draft.app,
                "a notification was composed in the dashboard"
            );
            Ok(Redirect::to(&address).into_response())
        }
        Err(problem) => shown(&server, &who, &apps, &draft, Some(&problem)).await,
    }
}

async fn accept(server: &Shared, apps: &[App], draft: &Draft) -> Result<String, Problem> {
    let app = apps.iter().find(|app| app.bundle_id.as_str() == draft.app);
    let app = app.ok_or_else(|| Problem::new(ProblemKind::AppNotFound, "Choose an app."))?;
    draft.must_be_meant()?;
    let submission = draft.submission(draft.to(), server)?;
    let now = server.clock.now();
    let accepted = server
        .store
        .accept(app.id, submission.notification, None, now)
        .await?;
    server.engine.work_arrived();
    let (Accepted::New(id) | Accepted::Replayed(id)) = accepted;
    Ok(format!(
        "/dashboard/apps/{}/notifications/{id}?done=sent",
        app.bundle_id
    ))
}

impl Draft {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self {
            app: text("app"),
            audience: text("audience"),
            name: text("name"),
            push_type: text("push_type"),
            priority: text("priority"),
            life: text("life"),
            collapse_id: text("collapse_id"),
            payload: text("payload"),
            confirmation: text("confirmation"),
        }
    }

    /// To many is sent only by who has typed the name of the app.
    fn must_be_meant(&self) -> Result<(), Problem> {
        let to_many = ["everyone", "tag"].contains(&self.audience.as_str());
        if !to_many || self.confirmation == self.app {
            return Ok(());
        }
        let detail = "It goes to many: type the bundle id of the app to say that you mean it.";
        Err(Problem::field("confirmation", detail).hint("Send it to a user of your own first."))
    }

    fn to(&self) -> Value {
        let name = &self.name;
        match self.audience.as_str() {
            "everyone" => json!({"everyone": true}),
            "tag" => json!({"tags": {"any": [name]}}),
            "token" => json!({"tokens": [name]}),
            "installation" => json!({"installations": [name]}),
            _ => json!({"users": [name]}),
        }
    }

    /// The notification as the API would check it.
    fn submission(&self, to: Value, server: &Shared) -> Result<Submission, Problem> {
        let (aps, data) = self.parts()?;
        let mut body = Map::new();
        body.insert("to".to_owned(), to);
        for (name, value) in [("push_type", &self.push_type), ("collapse_id", &self.collapse_id)] {
            if !value.is_empty() {
                body.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        if let Ok(priority) = self.priority.parse::<u8>() {
            body.insert("priority".to_owned(), Value::from(priority));
        }
        match self.life.parse() {
            Ok(0) => drop(body.insert("expires_at".to_owned(), Value::from(0))),
            Ok(seconds) => {
                let end = server.clock.now().saturating_add(Duration::from_secs(seconds));
                body.insert("expires_at".to_owned(), Value::from(end.to_string()));
            }
            Err(_as_usual) => {}
        }
        let mut text = Value::Object(body).to_string();
        text.pop();
        for (name, raw) in [("aps", aps), ("data", data)] {
            if let Some(raw) = raw {
                text.extend([",\"", name, "\":", raw.as_str()]);
            }
        }
        text.push('}');
        let submission: SubmissionBody = body::parse(text.as_bytes())?;
        submission.check(&self.app, server.clock.now(), &server.config)
    }

    /// Apple's dictionary, and what stands beside it, as they were written.
    fn parts(&self) -> Result<(Option<String>, Option<String>), Problem> {
        let mut members: BTreeMap<String, Box<RawValue>> = body::parse(self.payload.as_bytes())?;
        let aps = members.remove("aps").map(|aps| aps.get().to_owned());
        let data = serde_json::to_string(&members)
            .ok()
            .filter(|_| !members.is_empty());
        Ok((aps, data))
    }

    fn reading(&self, server: &Shared) -> Reading {
        // To whom it goes has no part in it, and may not be written yet.
        let checked = self.submission(json!({"users": ["somebody"]}), server);
        let bytes = match &checked {
            Ok(submission) => submission.notification.payload.len(),
            Err(_) => self.payload.len(),
        };
        let push_type: PushType = self.push_type.parse().unwrap_or(PushType::Alert);
        let limit = push_type.payload_limit();
        Reading {
            app: Foreign::new(&self.app),
            bytes: grouped(bytes as u64),
            limit: grouped(limit as u64),
            share: (bytes * 100 / limit).min(100),
            is_too_large: bytes > limit,
            preview: Preview::of(&self.payload),
            findings: match checked {
                Ok(submission) => submission.warnings.into_iter().map(Finding::from).collect(),
                Err(problem) => vec![Finding {
                    sign: Sign::Bad,
                    text: Foreign::new(problem.detail()),
                    advice: Foreign::new(problem.advice()),
                }],
            },
        }
    }
}

impl From<Lint> for Finding {
    fn from(lint: Lint) -> Self {
        Self {
            sign: match lint.severity {
                Severity::Error => Sign::Bad,
                Severity::Warning => Sign::Watch,
                Severity::Info => Sign::Quiet,
            },
            text: Foreign::new(lint.message),
            advice: Foreign::new(lint.advice),
        }
    }
}
