//! From the options of the command line to the payload. Pure: files have been read and the time is an argument.

use anyhow::Context as _;
use serde_json::value::RawValue;
use tidings_apns::{
    ActivityAlert, ActivityInput, Alert, BuildPayloadError, CriticalSound, LiveActivity, Payload,
    PayloadBuilder, PushType, Text, UnixSeconds,
};

use super::args::{ActivityArgs, ContentArgs, Event};
use super::datum::Datum;
use crate::failure::Failure;

/// What the options `--payload`, `--content-state` and `--attributes` stand for, read from where they point.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) payload: Option<Vec<u8>>,
    pub(super) content_state: Option<Box<RawValue>>,
    pub(super) attributes: Option<Box<RawValue>>,
}

/// The payload.
pub(super) fn payload(
    content: &ContentArgs,
    activity: &ActivityArgs,
    texts: &Texts,
    push_type: PushType,
    now: UnixSeconds,
) -> anyhow::Result<Payload> {
    if let Some(json) = &texts.payload {
        return Payload::from_json(json).with_context(|| {
            Failure::usage(
                "--payload is no payload",
                "give one JSON object, @FILE, or - for standard input",
            )
        });
    }
    match activity.event {
        Some(event) => Draft {
            content,
            activity,
            texts,
            now,
        }
        .payload(event),
        None => ordinary(content, push_type),
    }
}

fn ordinary(content: &ContentArgs, push_type: PushType) -> anyhow::Result<Payload> {
    let mut builder = Payload::builder();
    if let Some(alert) = alert(content) {
        builder = builder.alert(alert);
    } else if let Some(body) = &content.body {
        builder = builder.alert(body.as_str());
    }
    builder = with_sound(builder, content);
    builder = with_texts(builder, content);
    builder = with_switches(builder, content, push_type);
    for Datum(members) in &content.data {
        for (key, value) in members {
            builder = builder.custom(key, value);
        }
    }
    built(builder.build())
}

/// The alert as a dictionary, if there is more to it than its text.
fn alert(content: &ContentArgs) -> Option<Alert> {
    let plain = Alert::new();
    let mut alert = plain.clone();
    if let Some(text) = &content.title {
        alert = alert.title(text);
    }
    if let Some(key) = &content.title_loc_key {
        alert = alert.title_localized(key, &content.title_loc_args);
    }
    if let Some(text) = &content.subtitle {
        alert = alert.subtitle(text);
    }
    if let Some(key) = &content.subtitle_loc_key {
        alert = alert.subtitle_localized(key, &content.subtitle_loc_args);
    }
    if let Some(key) = &content.loc_key {
        alert = alert.body_localized(key, &content.loc_args);
    }
    if let Some(file) = &content.launch_image {
        alert = alert.launch_image(file);
    }
    if alert == plain {
        return None;
    }
    Some(match &content.body {
        Some(text) => alert.body(text),
        None => alert,
    })
}

fn with_sound(builder: PayloadBuilder, content: &ContentArgs) -> PayloadBuilder {
    if content.critical {
        let mut sound = CriticalSound::new();
        if let Some(name) = &content.sound {
            sound = sound.name(name);
        }
        if let Some(volume) = content.volume {
            sound = sound.volume(volume);
        }
        return builder.sound(sound);
    }
    match &content.sound {
        Some(name) => builder.sound(name.as_str()),
        None => builder,
    }
}

fn with_texts(mut builder: PayloadBuilder, content: &ContentArgs) -> PayloadBuilder {
    if let Some(badge) = content.badge {
        builder = builder.badge(badge);
    }
    if let Some(id) = &content.thread_id {
        builder = builder.thread_id(id);
    }
    if let Some(category) = &content.category {
        builder = builder.category(category);
    }
    if let Some(level) = content.interruption_level {
        builder = builder.interruption_level(level);
    }
    if let Some(score) = content.relevance_score {
        builder = builder.relevance_score(score);
    }
    if let Some(id) = &content.target_content_id {
        builder = builder.target_content_id(id);
    }
    if let Some(criteria) = &content.filter_criteria {
        builder = builder.filter_criteria(criteria);
    }
    builder
}

fn with_switches(mut builder: PayloadBuilder, content: &ContentArgs, push_type: PushType) -> PayloadBuilder {
    if content.content_available || push_type == PushType::Background {
        builder = builder.content_available();
    }
    if content.mutable_content {
        builder = builder.mutable_content();
    }
    if content.content_changed || matches!(push_type, PushType::Widgets | PushType::Controls) {
        builder = builder.content_changed();
    }
    builder
}

/// The options as far as they concern a Live Activity.
struct Draft<'a> {
    content: &'a ContentArgs,
    activity: &'a ActivityArgs,
    texts: &'a Texts,
    now: UnixSeconds,
}

impl Draft<'_> {
    fn payload(&self, event: Event) -> anyhow::Result<Payload> {
        self.check(event)?;
        match event {
            Event::Start => self.start(),
            Event::Update => self.update(),
            Event::End => self.end(),
        }
    }

    fn start(&self) -> anyhow::Result<Payload> {
        let ActivityArgs {
            attributes_type,
            input_push_token,
            input_push_channel,
            ..
        } = self.activity;
        let attributes_type = attributes_type.as_ref().ok_or_else(|| {
            needs(
                "starting a Live Activity",
                "--attributes-type",
                "the name of the Swift type of its attributes",
            )
        })?;
        let alert = self.alert()?.ok_or_else(|| {
            needs(
                "starting a Live Activity",
                "--title and --body",
                "devices start none without an alert",
            )
        })?;
        let none = RawValue::from_string("{}".to_owned())?;
        let attributes = self.texts.attributes.as_ref().unwrap_or(&none);
        let mut start = LiveActivity::start(
            self.at(),
            attributes_type,
            attributes,
            self.content_state()?,
            alert,
        );
        if let Some(at) = self.activity.stale_date {
            start = start.stale_date(at.from(self.now));
        }
        if let Some(score) = self.content.relevance_score {
            start = start.relevance_score(score);
        }
        if *input_push_token {
            start = start.input(ActivityInput::Token);
        }
        if let Some(channel) = input_push_channel {
            start = start.input(ActivityInput::Channel(channel.clone()));
        }
        built(start.build())
    }

    fn update(&self) -> anyhow::Result<Payload> {
        let mut update = LiveActivity::update(self.at(), self.content_state()?);
        if let Some(alert) = self.alert()? {
            update = update.alert(alert);
        }
        if let Some(at) = self.activity.stale_date {
            update = update.stale_date(at.from(self.now));
        }
        if let Some(score) = self.content.relevance_score {
            update = update.relevance_score(score);
        }
        built(update.build())
    }

    fn end(&self) -> anyhow::Result<Payload> {
        let mut end = LiveActivity::end(self.at());
        if let Some(state) = &self.texts.content_state {
            end = end.content_state(state);
        }
        if let Some(alert) = self.alert()? {
            end = end.alert(alert);
        }
        if let Some(at) = self.activity.dismissal_date {
            end = end.dismissal_date(at.from(self.now));
        }
        built(end.build())
    }

    fn at(&self) -> UnixSeconds {
        self.activity.timestamp.map_or(self.now, |at| at.from(self.now))
    }

    fn content_state(&self) -> Result<&RawValue, Failure> {
        self.texts.content_state.as_deref().ok_or_else(|| {
            needs(
                "a Live Activity",
                "--content-state",
                "what the activity shows, as a JSON object",
            )
        })
    }

    fn alert(&self) -> Result<Option<ActivityAlert>, Failure> {
        let content = self.content;
        let title = text(
            content.title.as_ref(),
            content.title_loc_key.as_ref(),
            &content.title_loc_args,
        );
        let body = text(content.body.as_ref(), content.loc_key.as_ref(), &content.loc_args);
        match (title, body) {
            (Some(title), Some(body)) => {
                let alert = ActivityAlert::new(title, body);
                Ok(Some(match &content.sound {
                    Some(sound) => alert.sound(sound),
                    None => alert,
                }))
            }
            (None, None) if content.sound.is_none() => Ok(None),
            _ => Err(needs(
                "the alert of a Live Activity",
                "--title and --body",
                "it has both or neither",
            )),
        }
    }

    /// Refuses options of another event, rather than dropping them silently.
    fn check(&self, event: Event) -> Result<(), Failure> {
        let ActivityArgs {
            attributes_type,
            stale_date,
            dismissal_date,
            input_push_token,
            ..
        } = self.activity;
        let has_start = attributes_type.is_some()
            || self.texts.attributes.is_some()
            || *input_push_token
            || self.activity.input_push_channel.is_some();
        if has_start && event != Event::Start {
            return Err(only(
                "--attributes-type, --attributes and --input-push-…",
                "start",
            ));
        }
        if dismissal_date.is_some() && event != Event::End {
            return Err(only("--dismissal-date", "end"));
        }
        if event == Event::End && (stale_date.is_some() || self.content.relevance_score.is_some()) {
            return Err(only("--stale-date and --relevance-score", "start and update"));
        }
        Ok(())
    }
}

fn text(plain: Option<&String>, key: Option<&String>, args: &[String]) -> Option<Text> {
    let plain = plain.map(|text| Text::from(text.as_str()));
    plain.or_else(|| key.map(|key| Text::localized(key, args)))
}

fn built(payload: Result<Payload, BuildPayloadError>) -> anyhow::Result<Payload> {
    payload.with_context(|| {
        let hint = "change the option that the cause names; tidings send --help says what it takes";
        Failure::usage("the options make no payload", hint)
    })
}

fn needs(what: &str, option: &str, why: &str) -> Failure {
    Failure::usage(format!("{what} needs {option}"), format!("give {option}: {why}"))
}

fn only(options: &str, events: &str) -> Failure {
    Failure::usage(
        format!("{options}: only for the event {events}"),
        "leave it out, or change --event",
    )
}
