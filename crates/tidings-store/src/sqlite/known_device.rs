//! A device token with all that is known of it, as the writer changes it: loaded, given evidence, judged and saved.

use rusqlite::params;
use tidings_apns::{DeviceToken, Environment, Timestamp, TokenKind};
use tidings_truth::{
    Cause, EnvironmentSet, Evidence, Generation, History, Rules, Sending, Standing, TokenState,
};

use super::codes::millis;
use super::device_row::{DeviceRow, Judgement, Written, columns};
use super::failure::{damaged, unreadable};
use super::news::Belonging;
use super::reading::Reading;
use super::recipients;
use super::writing::{Writing, app_of};
use crate::device::Change;
use crate::event::{DeviceQuarantined, DeviceRestored, DeviceRetired, NewEvent};
use crate::fingerprint::fingerprint;
use crate::ids::{AppId, DeviceId};
use crate::store_error::StoreError;

/// A device token with all that is known of it.
pub(crate) struct KnownDevice {
    pub(crate) id: DeviceId,
    pub(crate) token: DeviceToken,
    pub(crate) kind: TokenKind,
    pub(crate) history: History,
    stored: Stored,
}

/// What is in the tables.
struct Stored {
    state: TokenState,
    place: Option<Environment>,
    exceptions: Vec<Evidence>,
    sending: Option<Sending>,
    belonging: Belonging,
}

impl KnownDevice {
    /// A device by its id, with all evidence.
    pub(crate) fn load(reading: &Reading, id: DeviceId) -> Result<Option<Self>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM device WHERE id = ?1");
        match reading.row(sql, [id.0], DeviceRow::read)? {
            Some(row) => Self::of(reading, row).map(Some),
            None => Ok(None),
        }
    }

    /// A device with all evidence.
    pub(crate) fn of(reading: &Reading, row: DeviceRow) -> Result<Self, StoreError> {
        let exceptions = if row.marks.has_evidence() {
            load_exceptions(reading, row.id)?
        } else {
            Vec::new()
        };
        let belonging = Belonging::of(&row.history);
        Ok(Self {
            id: row.id,
            token: row.token,
            kind: row.kind,
            history: row.history.with_exceptions(exceptions.clone()),
            stored: Stored {
                belonging,
                state: row.state,
                place: row.marks.place(),
                exceptions,
                sending: row.judgement.map(|judged| judged.sending),
            },
        })
    }

    /// A device that was just written down for the first time.
    pub(crate) fn new(
        id: DeviceId,
        token: DeviceToken,
        kind: TokenKind,
        history: History,
        state: TokenState,
    ) -> Self {
        let place = history.claimed;
        let belonging = Belonging::of(&history);
        Self {
            id,
            token,
            kind,
            history,
            stored: Stored {
                belonging,
                state,
                place,
                exceptions: Vec::new(),
                sending: None,
            },
        }
    }

    pub(crate) const fn app(&self) -> AppId {
        app_of(self.id)
    }

    /// The state that was last written down.
    pub(crate) const fn stored_state(&self) -> TokenState {
        self.stored.state
    }

    /// Whether it was to be sent to, where something unusual was known.
    pub(crate) const fn stored_sending(&self) -> Option<Sending> {
        self.stored.sending
    }

    /// Where it was, as far as that was proven or claimed.
    pub(crate) const fn stored_place(&self) -> Option<Environment> {
        self.stored.place
    }

    pub(crate) const fn generation(&self) -> Generation {
        self.history.generation
    }

    /// What it is now.
    pub(crate) fn standing(&self, reach: EnvironmentSet, rules: &Rules, now: Timestamp) -> Standing {
        self.history.standing(self.kind, reach, rules, now)
    }

    /// Judges it and writes it down, with all that follows: counts, an event, and recipients that need not be held any more.
    pub(crate) fn save(self, writing: &mut Writing, now: Timestamp) -> Result<(Change, Self), StoreError> {
        let app = self.app();
        let reach = writing.reach(app)?;
        let standing = self.standing(reach, &writing.rules, now);
        let written = self.written(&standing, reach);
        written.update(writing, &self.token)?;
        let place = written.marks().place();
        self.save_exceptions(writing)?;
        self.count(writing, standing.state, place);
        self.free(writing, standing.sending, now)?;
        let change = Change {
            before: self.stored.state,
            after: standing,
        };
        self.tell(writing, &change, now)?;
        let stored = self.remember(&change.after, place);
        Ok((change, stored))
    }

    fn written(&self, standing: &Standing, reach: EnvironmentSet) -> Written<'_> {
        Written {
            id: self.id,
            kind: self.kind,
            state: standing.state,
            history: &self.history,
            judgement: judge(&self.history, standing, reach),
        }
    }

    fn save_exceptions(&self, writing: &Writing) -> Result<(), StoreError> {
        if self.history.exceptions() == self.stored.exceptions {
            return Ok(());
        }
        let evidence = serde_json::to_string(self.history.exceptions()).map_err(unreadable)?;
        writing.execute(
            "INSERT INTO device_evidence VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET damned_at = excluded.damned_at, evidence = excluded.evidence",
            params![self.id.0, damned_at(&self.history), evidence],
        )?;
        Ok(())
    }

    fn count(&self, writing: &mut Writing, state: TokenState, place: Option<Environment>) {
        let app = self.app();
        if (state, place) != (self.stored.state, self.stored.place) {
            writing.count_device(app, self.stored.state, self.stored.place, -1);
            writing.count_device(app, state, place, 1);
        }
    }

    /// Recipients that were held for it are looked at again when it is not held any more; and those that wait for an instant
    /// until which it was not to be tried, when it may be.
    fn free(&self, writing: &mut Writing, sending: Sending, now: Timestamp) -> Result<(), StoreError> {
        let had_to_wait = match self.stored.sending {
            Some(Sending::NotBefore(..) | Sending::Held) => true,
            Some(Sending::To(_) | Sending::OnProbation(_) | Sending::Never) | None => false,
        };
        match sending {
            Sending::To(_) | Sending::OnProbation(_) if had_to_wait => {
                recipients::free_all(writing, self.id, now)
            }
            Sending::To(_) | Sending::OnProbation(_) | Sending::NotBefore(..) | Sending::Never => {
                recipients::free_held(writing, self.id, now)
            }
            Sending::Held => Ok(()),
        }
    }

    /// That a token was proven is nothing to tell: most are.
    fn tell(&self, writing: &mut Writing, change: &Change, now: Timestamp) -> Result<(), StoreError> {
        let device = |token: &Self| fingerprint(&token.token);
        for found in Belonging::of(&self.history).news_since(self.stored.belonging) {
            writing.news.note(self.app(), found, || Ok(device(self)), now)?;
        }
        let (before, after) = (change.before, change.after.state);
        if before == after || (before, after) == (TokenState::Unproven, TokenState::Active) {
            return Ok(());
        }
        if after == TokenState::Unregistered {
            writing.news.note_unregistered(self.app(), now);
        }
        let event = event(self, change);
        writing.event(&event, now).map(drop)
    }

    fn remember(mut self, standing: &Standing, place: Option<Environment>) -> Self {
        self.stored = Stored {
            state: standing.state,
            place,
            exceptions: self.history.exceptions().to_vec(),
            sending: Some(standing.sending),
            belonging: Belonging::of(&self.history),
        };
        self
    }
}

/// What a change of the state is to those who listen.
fn event(device: &KnownDevice, change: &Change) -> NewEvent {
    let (before, after) = (change.before, change.after.state);
    let (app, subject) = (Some(device.app()), fingerprint(&device.token));
    let (cause, device_id) = (change.after.cause.as_str(), device.id.0);
    macro_rules! told {
        ($kind:ident) => {
            NewEvent::new(
                app,
                subject,
                &$kind {
                    before,
                    after,
                    cause,
                    device_id,
                },
            )
        };
    }
    match after {
        TokenState::Unproven | TokenState::Active => told!(DeviceRestored),
        TokenState::Quarantined => told!(DeviceQuarantined),
        TokenState::Unregistered | TokenState::Rejected | TokenState::Superseded => told!(DeviceRetired),
    }
}

/// Unusual evidence as it was kept.
pub(crate) fn load_exceptions(reading: &Reading, id: DeviceId) -> Result<Vec<Evidence>, StoreError> {
    let sql = "SELECT evidence FROM device_evidence WHERE id = ?1";
    let text: Option<String> = reading.row(sql, [id.0], |row| row.get(0))?;
    let text = text.ok_or_else(damaged)?;
    serde_json::from_str(&text).map_err(unreadable)
}

/// What is to be kept of a standing, if it does not follow from the usual.
pub(crate) fn judge(history: &History, standing: &Standing, reach: EnvironmentSet) -> Option<Judgement> {
    let counts = |evidence: &Evidence| evidence.generation() >= history.registered_generation;
    let is_usual = !history.exceptions().iter().any(counts) && standing.cause != Cause::TooOld;
    (!is_usual).then_some(Judgement {
        sending: standing.sending,
        reach,
        since: standing.since,
    })
}

/// When the last request was sent whose answer an incident could cast doubt on; 0 if there is none.
fn damned_at(history: &History) -> i64 {
    let of_incidents = |evidence: &&Evidence| {
        matches!(evidence, Evidence::BadToken { .. } | Evidence::WrongTopic { .. })
            && evidence.generation() == history.generation
    };
    let all = history.exceptions().iter().filter(of_incidents);
    all.map(|evidence| millis(evidence.at()))
        .max()
        .unwrap_or_default()
}
