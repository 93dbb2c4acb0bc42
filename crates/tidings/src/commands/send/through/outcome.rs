//! What came of a notification, for people and for programs.

use serde::{Deserialize, Serialize};

use crate::output::{BAD, DIM, DOUBTFUL, GOOD, field, styled};

/// How many recipients ended how, or wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Counts {
    recipients: u64,
    delivered: u64,
    rejected: u64,
    expired: u64,
    cancelled: u64,
    undeliverable: u64,
    unknown_dropped: u64,
    waiting: u64,
    held: u64,
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Recipient {
    token: Option<String>,
    outcome: String,
    explanation: String,
    advice: Option<String>,
    status: Option<u16>,
    reason: Option<String>,
    environment: Option<String>,
}

/// What is told of a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Told {
    id: String,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<Recipient>,
}

impl Told {
    /// The server has taken it; nobody waits for what comes of it.
    pub(super) fn accepted(id: String) -> Self {
        Self {
            id,
            state: "accepted".to_owned(),
            counts: None,
            recipients: Vec::new(),
        }
    }

    pub(super) fn new(id: String, state: String, counts: Counts, recipients: Vec<Recipient>) -> Self {
        Self {
            id,
            state,
            counts: Some(counts),
            recipients,
        }
    }

    /// Whether it was taken, or has reached everybody.
    pub(super) fn is_good(&self) -> bool {
        self.counts
            .is_none_or(|counts| counts.recipients > 0 && counts.delivered == counts.recipients)
    }

    /// For people.
    pub(super) fn in_words(&self) -> String {
        let Some(counts) = &self.counts else {
            let mut out = format!("{} by the server, and safe\n", styled(GOOD, "✔ accepted"));
            out += &field("id", &self.id);
            return out;
        };
        let mut out = format!("{}\n", self.headline(counts));
        out += &field("id", &self.id);
        if counts.recipients == 0 {
            out += &field("means", "Nobody was meant by it: no device that is registered.");
        }
        for recipient in &self.recipients {
            out += &recipient.in_words();
        }
        out
    }

    fn headline(&self, counts: &Counts) -> String {
        let is_over = ["finished", "cancelled"].contains(&self.state.as_str());
        let (style, sign) = match (self.is_good(), is_over) {
            (true, _) => (GOOD, "✔"),
            (false, true) => (BAD, "✘"),
            (false, false) => (DOUBTFUL, "…"),
        };
        let state = if is_over { &self.state } else { "not finished yet" };
        let sums = [
            (counts.rejected, "rejected"),
            (counts.expired, "expired"),
            (counts.cancelled, "cancelled"),
            (counts.undeliverable, "undeliverable"),
            (counts.unknown_dropped, "dropped with an unknown outcome"),
            (counts.waiting, "waiting"),
            (counts.held, "held"),
        ];
        let sums = sums.iter().filter(|(count, _)| *count > 0);
        let mut rest = vec!["delivered to APNs".to_owned()];
        rest.extend(sums.map(|(count, what)| format!("{count} {what}")));
        let of = format_args!("{sign} {state}: {} of {}", counts.delivered, counts.recipients);
        format!("{} {}", styled(style, of), styled(DIM, rest.join(", ")))
    }
}

impl Recipient {
    fn in_words(&self) -> String {
        let token = self.token.as_deref().map_or("a forgotten device", shortened);
        let environment = self.environment.as_deref().unwrap_or("nowhere");
        let mut out = field(&self.outcome, &format!("{token}… · {environment}"));
        out += &field("", &self.explanation);
        if let Some(advice) = &self.advice {
            out += &field("what to do", advice);
        }
        out
    }
}

/// The beginning of a device token, by which people know it again.
fn shortened(token: &str) -> &str {
    token.get(..12).unwrap_or(token)
}
