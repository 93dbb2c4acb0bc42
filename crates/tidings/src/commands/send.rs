//! `tidings send`: a notification from the shell, straight to APNs.

mod args;
mod datum;
mod draft;
mod dry_run;
mod payload;
mod recipients;
mod report;
mod through;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use serde_json::value::RawValue;
use tidings_apns::{
    ApnsId, Broadcast, DeviceToken, Lint, Notification, Request, Response, Severity, UnixSeconds,
};
use tidings_client::{BatchOutcome, Client, Credential, SendError};
use uuid::Uuid;

pub(crate) use self::args::Args;
use self::draft::Draft;
use self::dry_run::Preview;
use self::payload::Texts;
use self::report::{About, Outcome, Report};
use crate::access::{CredentialArgs, Service, app_of};
use crate::failure::Failure;
use crate::input;
use crate::output::{self, BAD, DIM, DOUBTFUL, Format, SIGN, print, print_line, styled, tell};
use crate::runtime;

/// Sends, or shows what would be sent.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let sending = Sending::prepare(args)?;
    sending.tell_lints();
    if args.run.dry_run {
        sending.show()?;
        return Ok(ExitCode::SUCCESS);
    }
    sending.check()?;
    match &args.through.server {
        Some(server) => runtime::on_this_thread(through::send(&sending, server))?,
        None => runtime::on_this_thread(sending.send())?,
    }
}

/// All that is known before anything is sent.
struct Sending<'a> {
    args: &'a Args,
    credential: Option<Credential>,
    tokens: Vec<DeviceToken>,
    draft: Draft,
    lints: Vec<Lint>,
    now: UnixSeconds,
}

impl<'a> Sending<'a> {
    fn prepare(args: &'a Args) -> anyhow::Result<Self> {
        let now = UnixSeconds::from(SystemTime::now());
        check_inputs(args)?;
        let texts = read_texts(args)?;
        let tokens = recipients::read(&args.recipients, args.through.names_somebody())?;
        if tokens.len() > 1 && args.headers.apns_id.is_some() {
            let hint = "leave it out: every request gets an id of its own";
            return Err(Failure::usage("--apns-id is for one device token only", hint).into());
        }
        args.through.check(args)?;
        let credential = args.access.credential.read()?;
        let draft = Draft::new(args, &texts, app_of(credential.as_ref()), now)?;
        let lints = if args.run.no_lint {
            Vec::new()
        } else {
            draft.lint(now)
        };
        Ok(Self {
            args,
            credential,
            tokens,
            draft,
            lints,
            now,
        })
    }

    fn tell_lints(&self) {
        for lint in &self.lints {
            let style = match lint.severity {
                Severity::Error => BAD,
                Severity::Warning => DOUBTFUL,
                Severity::Info => SIGN,
            };
            let name = styled(style, format!("{}[{}]:", lint.severity, lint.code));
            tell(format_args!(
                "{name} {}\n  {} {}",
                lint.message,
                styled(DIM, "advice:"),
                lint.advice
            ));
        }
    }

    /// Refuses what APNs would certainly refuse.
    fn check(&self) -> anyhow::Result<()> {
        if self.args.run.no_lint {
            return Ok(());
        }
        let hint = "make the payload smaller, or give --no-lint to see APNs refuse it";
        self.draft
            .check()
            .with_context(|| Failure::new("APNs would refuse this notification", hint))
    }

    /// Shows the requests instead of sending them.
    fn show(&self) -> anyhow::Result<()> {
        let server = self.args.access.endpoint.address(Service::Push).to_string();
        let tokens = self.tokens.iter().map(Some);
        let broadcast = self.tokens.is_empty().then_some(None);
        for token in tokens.chain(broadcast) {
            let (credential, lints) = (self.credential.as_ref(), &self.lints);
            let preview = Preview::new(&server, &self.draft, token, self.apns_id(), credential, lints)?;
            match self.args.run.format {
                Format::Text => print(preview.to_text())?,
                Format::Json => output::json(&preview)?,
            }
        }
        Ok(())
    }

    async fn send(self) -> anyhow::Result<ExitCode> {
        let credential = CredentialArgs::require(self.credential.clone())?;
        let client = self.args.access.client(credential)?;
        let mut tally = Tally::default();
        match &self.draft {
            Draft::Broadcast(broadcast) => {
                let result = client.publish(broadcast).await;
                tally.take(&self, self.about_broadcast(broadcast), result);
            }
            Draft::Notification(notification) => {
                let notification = Arc::new(notification.clone());
                self.send_to_all(&client, &notification, &mut tally).await;
            }
        }
        client.close().await;
        tally.conclude(&self)
    }

    async fn send_to_all(&self, client: &Client, notification: &Arc<Notification>, tally: &mut Tally) {
        let request =
            |token: &DeviceToken| Request::new(Arc::clone(notification), token.clone(), self.apns_id());
        if let [token] = &*self.tokens {
            let request = request(token);
            let about = self.about(notification, token, Some(request.apns_id));
            let result = client.send(request).await;
            return tally.take(self, about, result);
        }
        let requests = self.tokens.iter().map(request);
        let told = |outcome: BatchOutcome| {
            let token = usize::try_from(outcome.index)
                .ok()
                .and_then(|index| self.tokens.get(index));
            if let Some(token) = token {
                tally.take(self, self.about(notification, token, None), outcome.result);
            }
        };
        client.send_batch(requests, told).await;
    }

    fn apns_id(&self) -> ApnsId {
        self.args.headers.apns_id.unwrap_or_else(|| Uuid::new_v4().into())
    }

    fn about<'b>(
        &self,
        notification: &'b Notification,
        device_token: &'b DeviceToken,
        apns_id: Option<ApnsId>,
    ) -> About<'b> {
        About {
            environment: self.args.access.endpoint.environment(),
            topic: notification.topic().as_str(),
            device_token: Some(device_token),
            apns_id,
        }
    }

    fn about_broadcast<'b>(&self, broadcast: &'b Broadcast) -> About<'b> {
        About {
            environment: self.args.access.endpoint.environment(),
            topic: broadcast.bundle_id().as_str(),
            device_token: None,
            apns_id: broadcast.request_id(),
        }
    }
}

/// What came of all requests so far.
#[derive(Default)]
struct Tally {
    accepted: u64,
    rejected: u64,
    unanswered: u64,
    /// The first of its kind stands for all: it is told in full at the end.
    error: Option<SendError>,
    unprinted: Option<io::Error>,
}

impl Tally {
    /// Counts and prints one outcome.
    fn take(&mut self, sending: &Sending<'_>, about: About<'_>, result: Result<Response, SendError>) {
        let report = Report::new(about, &result);
        match report.outcome() {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Rejected => self.rejected += 1,
            Outcome::NotSent | Outcome::Unknown => self.unanswered += 1,
        }
        if self.unprinted.is_none() {
            self.unprinted = sending.print(&report).err();
        }
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    fn conclude(self, sending: &Sending<'_>) -> anyhow::Result<ExitCode> {
        if let Some(error) = self.unprinted {
            return Err(error.into());
        }
        let Self {
            accepted,
            rejected,
            unanswered,
            ..
        } = self;
        if sending.tokens.len() > 1 {
            tell(format_args!(
                "{accepted} accepted, {rejected} rejected, {unanswered} without an answer"
            ));
        }
        match self.error {
            Some(error) => Err(error.into()),
            None if rejected > 0 => Ok(ExitCode::FAILURE),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}

impl Sending<'_> {
    fn print(&self, report: &Report) -> io::Result<()> {
        let is_one = self.tokens.len() <= 1;
        match (self.args.run.format, report.outcome()) {
            (Format::Json, _) => output::json(report),
            // The error is told in full at the end.
            (Format::Text, Outcome::NotSent | Outcome::Unknown) if is_one => Ok(()),
            (Format::Text, _) if is_one => print(report.to_text(self.now)),
            (Format::Text, _) => print_line(report.to_line()),
        }
    }
}

/// Refuses a command line that reads standard input twice.
fn check_inputs(args: &Args) -> Result<(), Failure> {
    let texts = [
        &args.content.payload,
        &args.activity.content_state,
        &args.activity.attributes,
    ];
    let texts = texts.into_iter().flatten().map(String::as_str);
    let tokens = args.recipients.tokens.iter().map(String::as_str);
    let file = args
        .recipients
        .tokens_file
        .iter()
        .filter_map(|path| path.to_str());
    input::check_stdin_once(texts.chain(tokens).chain(file))
}

fn read_texts(args: &Args) -> anyhow::Result<Texts> {
    let payload = args.content.payload.as_deref();
    Ok(Texts {
        payload: payload
            .map(|text| input::argument("the payload", text))
            .transpose()?,
        content_state: json_text("--content-state", args.activity.content_state.as_deref())?,
        attributes: json_text("--attributes", args.activity.attributes.as_deref())?,
    })
}

fn json_text(option: &str, argument: Option<&str>) -> anyhow::Result<Option<Box<RawValue>>> {
    let Some(argument) = argument else { return Ok(None) };
    let bytes = input::argument(option, argument)?;
    let read = serde_json::from_slice(&bytes);
    read.map(Some).with_context(|| {
        Failure::usage(
            format!("{option} is not JSON"),
            "give a JSON object, @FILE, or - for standard input",
        )
    })
}
