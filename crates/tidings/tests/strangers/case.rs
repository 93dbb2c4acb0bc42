//! The table: what is arranged, what APNs answers, and what a client makes of it where that is not simply the answer.

use serde_json::json;

use crate::check::Outcome;
use crate::client::Client::{self, A2, Aioapns, Apns2, Curl, H2load, NodeApn};
use crate::errand::Errand;
use crate::scene::{APP, OTHER_APP, Scene};

/// A row of the table.
pub(crate) struct Case {
    name: &'static str,
    arrange: fn(&Scene) -> Errand,
    answer: Answer,
    /// Clients that do not simply tell status, reason and timestamp.
    otherwise: &'static [(Client, Told)],
}

/// What APNs says to the last push; those before it are accepted.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Accepted,
    /// Status and reason.
    Rejected(u16, &'static str),
    /// The same with the instant since when.
    RejectedSince(u16, &'static str),
    /// No answer, but the end of the connection with this reason.
    GoAway(&'static str),
}

/// What a client tells of it.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    /// Status, reason and timestamp.
    All,
    /// Only the class of the status; reason and timestamp are looked up in the simulator.
    Class,
    /// No status; an error with these texts.
    Error(&'static [&'static str]),
    /// Nothing: the case cannot be put to it, for this reason.
    Unable(&'static str),
}

const NO_CERTIFICATES: Told = Told::Unable("takes no client certificate");

pub(crate) const CASES: [Case; 10] = [
    Case {
        name: "accepted",
        arrange: |scene| Errand::new(scene, "production", scene.install(APP, "app_store")),
        answer: Answer::Accepted,
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "accepted by certificate",
        arrange: |scene| Errand {
            credential: scene.certificate("sandbox"),
            ..Errand::new(scene, "sandbox", scene.install(APP, "debug"))
        },
        answer: Answer::Accepted,
        otherwise: &[(Apns2, NO_CERTIFICATES), (H2load, NO_CERTIFICATES)],
    },
    Case {
        name: "device token of the other environment",
        arrange: |scene| Errand::new(scene, "production", scene.install(APP, "debug")),
        answer: Answer::Rejected(400, "BadDeviceToken"),
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "app removed",
        arrange: |scene| {
            let device_token = scene.install(APP, "app_store");
            scene.uninstall(APP);
            Errand::new(scene, "production", device_token)
        },
        answer: Answer::RejectedSince(410, "Unregistered"),
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "device token of another app",
        arrange: |scene| Errand::new(scene, "production", scene.install(OTHER_APP, "app_store")),
        answer: Answer::Rejected(400, "DeviceTokenNotForTopic"),
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "provider token too old",
        arrange: |scene| Errand {
            times: 2,
            advance_seconds: Some(3700),
            ..Errand::new(scene, "production", scene.install(APP, "app_store"))
        },
        answer: Answer::Rejected(403, "ExpiredProviderToken"),
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "provider token signed with another key",
        arrange: |scene| Errand {
            credential: scene.forged_key(),
            ..Errand::new(scene, "production", scene.install(APP, "app_store"))
        },
        answer: Answer::Rejected(403, "InvalidProviderToken"),
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "payload of more than 4096 bytes",
        arrange: |scene| Errand {
            payload: json!({ "aps": { "alert": "x".repeat(4096) } }),
            ..Errand::new(scene, "production", scene.install(APP, "app_store"))
        },
        answer: Answer::Rejected(413, "PayloadTooLarge"),
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "device token pushed to more often than the world allows",
        arrange: |scene| Errand {
            times: 3,
            ..Errand::new(scene, "production", scene.install(APP, "app_store"))
        },
        answer: Answer::Rejected(429, "TooManyRequests"),
        otherwise: &[(H2load, Told::Class)],
    },
    Case {
        name: "certificate of the other environment",
        arrange: |scene| Errand {
            credential: scene.certificate("sandbox"),
            ..Errand::new(scene, "production", scene.install(APP, "app_store"))
        },
        answer: Answer::GoAway("BadCertificateEnvironment"),
        otherwise: &[
            (NodeApn, Told::Error(&["GOAWAY", "BadCertificateEnvironment"])),
            (Apns2, NO_CERTIFICATES),
            (Aioapns, Told::Error(&["BadCertificateEnvironment"])),
            (A2, Told::Error(&["BadCertificateEnvironment"])),
            (Curl, Told::Error(&["curl: (16)"])),
            (H2load, NO_CERTIFICATES),
        ],
    },
];

impl Case {
    /// Puts the case to a client; `Err` says what was wrong.
    #[expect(
        clippy::print_stderr,
        reason = "what a client cannot do is told in the test's output"
    )]
    pub(crate) fn try_with(&self, client: Client) -> Result<(), String> {
        let told = self.told(client);
        if let Told::Unable(why) = told {
            eprintln!("{}: not put to {}, which {why}", self.name, client.name());
            return Ok(());
        }
        let scene = Scene::new();
        let before = scene.now();
        let errand = (self.arrange)(&scene);
        let arranged = before..=scene.now();
        let lines = errand.run(client, &scene);
        let outcome = Outcome {
            client,
            errand: &errand,
            lines: &lines,
            answer: self.answer,
            told,
            arranged,
        };
        outcome
            .check(&scene)
            .map_err(|wrong| format!("{}: {wrong}; it told {lines:?}", self.name))
    }

    fn told(&self, client: Client) -> Told {
        let other = self.otherwise.iter().find(|(it, _)| *it == client);
        other.map_or(Told::All, |(_, told)| *told)
    }
}

impl Answer {
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Accepted => Some(200),
            Self::Rejected(status, _) | Self::RejectedSince(status, _) => Some(status),
            Self::GoAway(_) => None,
        }
    }

    /// `4xx`
    pub(crate) fn class(self) -> Option<&'static str> {
        self.status()
            .map(|status| if status < 300 { "2xx" } else { "4xx" })
    }

    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Accepted => None,
            Self::Rejected(_, reason) | Self::RejectedSince(_, reason) | Self::GoAway(reason) => Some(reason),
        }
    }
}
