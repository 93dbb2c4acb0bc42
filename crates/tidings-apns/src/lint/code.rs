//! The rules by name: how bad it is to break each, and what to do then.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// It may not do what was meant.
    Warning,
    /// It will not do what was meant: APNs or the device is documented or known to refuse or ignore it.
    Error,
}

impl Severity {
    /// Its name: `info`, `warning` or `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Declares the rules.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $code:literal $severity:ident $advice:literal;)*) => {
        /// A lint rule. Its name does not change between versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LintCode {
            $($(#[$doc])* $name,)*
        }

        impl LintCode {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name of the rule.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// How bad it is to break it.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What to do when it is broken.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

rules! {
    /// The push type is left out.
    PushTypeMissing "push-type-missing" Warning
        "name the push type: Apple Watches refuse notifications without it, and other devices may drop them";
    /// The topic has two suffixes.
    TopicDoubledSuffix "topic-doubled-suffix" Error
        "give the bundle id without a suffix, and let it be added once";
    /// The topic's suffix is of another push type.
    TopicContradictsPushType "topic-contradicts-push-type" Error
        "use the topic that belongs to the push type; APNs answers BadTopic or DeviceTokenNotForTopic";
    /// An MDM notification to something that does not look like an MDM topic.
    MdmTopic "mdm-topic" Warning
        "use the UID of the MDM push certificate as the topic; it begins with `com.apple.mgmt.`";
    /// A background notification with priority 10.
    BackgroundPriority "background-priority" Error
        "send background notifications with priority 5; with 10, which is also assumed when none is given, \
         devices do not get them";
    /// A notification that wakes the app and alerts the user, with priority 10.
    ContentAvailablePriority "content-available-priority" Info
        "if waking the app matters more than alerting the user, send a background notification of its own with \
         priority 5";
    /// A Push to Talk notification with a priority other than 10.
    PushToTalkPriority "push-to-talk-priority" Error
        "send Push to Talk notifications with priority 10";
    /// A Push to Talk notification that may be stored.
    PushToTalkExpiration "push-to-talk-expiration" Error
        "send Push to Talk notifications with expiration 0: speech is of no use later";
    /// An alert that is lost when the device is offline.
    ExpirationOnce "expiration-once" Info
        "leave the expiration out, or give it an instant, if the alert should reach devices that are offline now";
    /// A call that may ring when it is over.
    VoipStored "voip-stored" Info
        "give calls the expiration 0, or a few seconds, so that the phone does not ring when the call is over";
    /// A date so far ahead that it must be in milliseconds.
    DateMilliseconds "date-milliseconds" Error
        "give seconds since 1970, not milliseconds";
    /// A date so long ago that it must be a length of time.
    DateRelative "date-relative" Error
        "give an instant as seconds since 1970, not the number of seconds from now";
    /// An expiration or stale date in the past.
    DatePassed "date-passed" Warning
        "give an instant that is still to come; check the clock of the machine that made it";
    /// A Live Activity's timestamp in the future.
    TimestampAhead "timestamp-ahead" Warning
        "give the instant of the change: with one in the future, devices ignore all updates until then";
    /// A payload that is too strange to be looked at.
    PayloadUnreadable "payload-unreadable" Warning
        "make the payload simpler: devices may not read it either";
    /// A key in `aps` that Apple does not know.
    ApsUnknownKey "aps-unknown-key" Warning
        "put the app's own keys beside `aps`, and spell Apple's keys as Apple does";
    /// A key beside `aps` that belongs inside.
    ApsKeyOutside "aps-key-outside" Warning
        "move the key into the `aps` dictionary; beside it, only the app sees it";
    /// A key in `aps` whose value is of the wrong type.
    ApsWrongType "aps-wrong-type" Error
        "give the value as Apple documents it; devices ignore it otherwise";
    /// A switch in `aps` that is `true` where Apple documents 1.
    ApsSwitch "aps-switch" Warning
        "write the number 1: that is what Apple documents";
    /// A background notification with something to see or hear.
    BackgroundVisible "background-visible" Error
        "send it as an alert, or take out `alert`, `badge` and `sound`";
    /// A background notification that does not say that content is available.
    BackgroundWithoutContentAvailable "background-without-content-available" Error
        "put `\"content-available\": 1` into `aps`, or the app is not woken";
    /// An alert with nothing to see or hear.
    AlertWithoutContent "alert-without-content" Warning
        "give it an `alert`, a `badge` or a `sound`";
    /// A background notification that is called an alert.
    SilentAsAlert "silent-as-alert" Error
        "send it with the push type `background` and priority 5";
    /// A notification service extension that will not be run.
    MutableContentWithoutAlert "mutable-content-without-alert" Warning
        "give it an `alert` with a title, subtitle or body: the service extension is only run for those";
    /// An interruption level that does not exist.
    InterruptionLevelUnknown "interruption-level-unknown" Error
        "use `passive`, `active`, `time-sensitive` or `critical`";
    /// A critical interruption level without a critical sound.
    CriticalLevelWithoutSound "critical-level-without-sound" Warning
        "give it a `sound` dictionary with `\"critical\": 1`; the app also needs Apple's entitlement";
    /// A volume outside of 0 to 1.
    SoundVolumeRange "sound-volume-range" Error
        "give a volume from 0 (silent) to 1 (full)";
    /// A relevance score outside of 0 to 1.
    RelevanceScoreRange "relevance-score-range" Warning
        "give a score from 0 to 1; only Live Activities take others";
    /// A Live Activity without a timestamp.
    LiveActivityWithoutTimestamp "live-activity-without-timestamp" Error
        "put the instant of the change into `timestamp`, as seconds since 1970";
    /// A Live Activity without an event.
    LiveActivityWithoutEvent "live-activity-without-event" Error
        "put `start`, `update` or `end` into `event`";
    /// A Live Activity's event that does not exist.
    LiveActivityUnknownEvent "live-activity-unknown-event" Error
        "the event is `start`, `update` or `end`";
    /// A Live Activity started or updated without a content state.
    LiveActivityWithoutContentState "live-activity-without-content-state" Error
        "put what the activity shows into `content-state`, as Swift's default JSON decoder reads it";
    /// A Live Activity that ends without a last content state.
    LiveActivityEndWithoutContentState "live-activity-end-without-content-state" Info
        "give a last `content-state`: the activity stays on the Lock Screen for up to four hours";
    /// A Live Activity started without its attributes.
    LiveActivityStartWithoutAttributes "live-activity-start-without-attributes" Error
        "put the name of the Swift type into `attributes-type` and its value into `attributes`";
    /// A Live Activity started without an alert.
    LiveActivityStartWithoutAlert "live-activity-start-without-alert" Error
        "put an `alert` with a title and a body into `aps`: devices start no activity without it";
    /// A Live Activity that is to get its updates in two ways.
    LiveActivityInputConflict "live-activity-input-conflict" Error
        "give either `input-push-token` or `input-push-channel`";
    /// A Live Activity whose sound is not in its alert.
    LiveActivitySoundOutside "live-activity-sound-outside" Warning
        "put the `sound` into the `alert`: Live Activities look for it there";
    /// A broadcast that starts an activity.
    BroadcastStart "broadcast-start" Error
        "start activities with notifications to push-to-start tokens; broadcasts only update and end them";
    /// A reload of widgets or controls that does not say so.
    ReloadWithoutContentChanged "reload-without-content-changed" Error
        "put `\"content-changed\": true` into `aps`";
    /// An MDM payload with anything but the push magic.
    MdmPayload "mdm-payload" Error
        "send exactly `{\"mdm\": \"<the device's PushMagic>\"}`";
    /// A File Provider payload that does not say what changed.
    FileProviderPayload "file-provider-payload" Warning
        "give `container-identifier` and `domain` beside `aps`";
    /// A complication updated the old way.
    ComplicationLegacy "complication-legacy" Info
        "complications made with WidgetKit are reloaded by the push type `widgets`; this one only reaches older ones";
}

impl fmt::Display for LintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
