//! Whom to send to: the reads that a broadcast is made of.

use std::cmp::Reverse;
use std::collections::HashSet;

use rusqlite::{CachedStatement, Row, params};
use tidings_apns::{DeviceToken, Environment, Timestamp, TokenKind};
use tidings_truth::{EnvironmentSet, Rules, Sending};

use super::apps;
use super::audience_ids::AudienceIds;
use super::codes::{Code, Coded, instant, millis};
use super::device_detail::DeviceDetail;
use super::device_row::{Judgement, judgement, token};
use super::keys::{self, Index};
use super::known_device::KnownDevice;
use super::marks::{Marks, UsualSending};
use super::reading::Reading;
use super::recipients::Pending;
use super::writing::{app_of, device_range};
use crate::addressee::{Addressee, AudiencePage};
use crate::audience::Audience;
use crate::ids::{AppId, DeviceId, NotificationId};
use crate::store_error::StoreError;

/// How many recipients that wait in one way are looked at for canaries.
const CANDIDATES: i64 = 10_000;

/// Only the first columns are read where nothing unusual is known.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, token, marks, settled_until, kind, registered_at, sending, not_before, reach, since, \
             production_last_at, sandbox_last_at FROM device WHERE ",
            $rest
        )
    };
}

/// Who asks, and by which law.
struct Asker<'a> {
    reading: &'a Reading,
    rules: &'a Rules,
    app: AppId,
    reach: EnvironmentSet,
    usual: UsualSending,
    now: Timestamp,
}

/// A page of an audience, by id.
pub(crate) fn page(
    reading: &Reading,
    rules: &Rules,
    app: AppId,
    page: &AudiencePage,
    now: Timestamp,
) -> Result<Vec<Addressee>, StoreError> {
    let asker = Asker::new(reading, rules, app, now)?;
    match &page.audience {
        Audience::Everyone => asker.everyone(page),
        Audience::Tags { any, all, none } => asker.tagged(page, &AudienceIds::new(app, any, all, none)),
        named @ (Audience::Tokens(_) | Audience::Users(_) | Audience::Installations(_)) => {
            asker.page_of_named(page, named)
        }
    }
}

/// The addressees of many direct notifications.
pub(crate) fn resolve(
    reading: &Reading,
    rules: &Rules,
    app: AppId,
    questions: &[(NotificationId, Audience, TokenKind)],
    now: Timestamp,
) -> Result<Vec<Vec<Addressee>>, StoreError> {
    let asker = Asker::new(reading, rules, app, now)?;
    let mut by_id = asker.by_id()?;
    let answers = questions
        .iter()
        .map(|(_, audience, kind)| asker.named(&mut by_id, audience, *kind));
    answers.collect()
}

/// Those that are still known.
pub(crate) fn by_ids(
    reading: &Reading,
    rules: &Rules,
    app: AppId,
    ids: &[DeviceId],
    now: Timestamp,
) -> Result<Vec<Addressee>, StoreError> {
    let asker = Asker::new(reading, rules, app, now)?;
    let mut by_id = asker.by_id()?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(asker.look_up(&mut by_id, *id)?);
    }
    Ok(found)
}

/// Device tokens whose recipients wait, those first that were accepted in an environment last.
pub(crate) fn canaries(
    reading: &Reading,
    rules: &Rules,
    app: AppId,
    environment: Environment,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<(NotificationId, Addressee)>, StoreError> {
    let asker = Asker::new(reading, rules, app, now)?;
    let mut by_id = asker.by_id()?;
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (notification, id) in asker.waiting(environment)? {
        if !seen.insert(id) {
            continue;
        }
        let mut rows = by_id.query([id.0])?;
        if let Some(row) = rows.next()? {
            let accepted_at: Option<i64> = row.get(accepted_column(environment))?;
            let addressee = asker.addressee(row)?;
            if addressee.sending != Sending::Never {
                found.push((accepted_at, (notification, addressee)));
            }
        }
    }
    found.sort_by_key(|(accepted_at, _)| Reverse(*accepted_at));
    found.truncate(limit);
    Ok(found.into_iter().map(|(_, canary)| canary).collect())
}

impl<'a> Asker<'a> {
    fn new(reading: &'a Reading, rules: &'a Rules, app: AppId, now: Timestamp) -> Result<Self, StoreError> {
        let reach = apps::reach(reading, app)?;
        Ok(Self {
            reading,
            rules,
            app,
            reach,
            usual: UsualSending::new(reach, rules),
            now,
        })
    }

    /// A scan of neighbours, as far as the page goes.
    fn everyone(&self, page: &AudiencePage) -> Result<Vec<Addressee>, StoreError> {
        let sql = if page.kind == TokenKind::Alert {
            select!("id > ?1 AND id <= ?2 AND kind = ?3 ORDER BY id")
        } else {
            select!("id > ?1 AND id <= ?2 AND kind = ?3 AND kind <> 0 ORDER BY id")
        };
        let (start, end) = device_range(self.app);
        let (after, upto) = (page.after.max(start), page.upto.min(DeviceId(end.0 - 1)));
        let mut statement = self.reading.statement(sql)?;
        let mut rows = statement.query(params![after.0, upto.0, page.kind.code()])?;
        let mut found = Vec::with_capacity(page.limit.min(4096));
        while found.len() < page.limit {
            let Some(row) = rows.next()? else {
                break;
            };
            let addressee = self.addressee(row)?;
            if addressee.sending != Sending::Never {
                found.push(addressee);
            }
        }
        Ok(found)
    }

    fn tagged(&self, page: &AudiencePage, ids: &AudienceIds) -> Result<Vec<Addressee>, StoreError> {
        let (start, end) = device_range(self.app);
        let (mut after, upto) = (page.after.max(start), page.upto.min(DeviceId(end.0 - 1)));
        let mut by_id = self.by_id()?;
        let mut found = Vec::new();
        while found.len() < page.limit {
            let batch = ids.next(self.reading, after, upto)?;
            for id in &batch.ids {
                if found.len() == page.limit {
                    break;
                }
                let addressee = self.look_up(&mut by_id, *id)?;
                found.extend(
                    addressee.filter(|addressee| {
                        addressee.kind == page.kind && addressee.sending != Sending::Never
                    }),
                );
            }
            match batch.more_after {
                Some(more_after) => after = more_after,
                None => break,
            }
        }
        Ok(found)
    }

    fn page_of_named(&self, page: &AudiencePage, audience: &Audience) -> Result<Vec<Addressee>, StoreError> {
        let mut by_id = self.by_id()?;
        let mut all = self.named(&mut by_id, audience, page.kind)?;
        all.retain(|addressee| addressee.device_id > page.after && addressee.device_id <= page.upto);
        all.sort_by_key(|addressee| addressee.device_id);
        all.truncate(page.limit);
        Ok(all)
    }

    /// Those that a direct audience names, each once. Tokens may be of any kind, since they are named.
    fn named(
        &self,
        by_id: &mut CachedStatement<'_>,
        audience: &Audience,
        kind: TokenKind,
    ) -> Result<Vec<Addressee>, StoreError> {
        let mut found: Vec<Addressee> = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |some: Vec<Addressee>| {
            let news = some
                .into_iter()
                .filter(|addressee| seen.insert(addressee.device_id));
            found.extend(news);
        };
        match audience {
            Audience::Tokens(tokens) => {
                for token in tokens {
                    add(self.with_token(by_id, token)?);
                }
            }
            Audience::Users(users) => {
                for user in users {
                    let has = |detail: &DeviceDetail| detail.user_id.as_ref() == Some(user);
                    add(self.with_name(by_id, Index::User, user, kind, has)?);
                }
            }
            Audience::Installations(installations) => {
                for installation in installations {
                    let has = |detail: &DeviceDetail| detail.installation_id.as_ref() == Some(installation);
                    add(self.with_name(by_id, Index::Installation, installation, kind, has)?);
                }
            }
            Audience::Tags { .. } | Audience::Everyone => {}
        }
        Ok(found)
    }

    fn with_token(
        &self,
        by_id: &mut CachedStatement<'_>,
        token: &DeviceToken,
    ) -> Result<Vec<Addressee>, StoreError> {
        let mut found = Vec::new();
        for id in keys::find(self.reading, Index::Token, self.app, token.as_bytes())? {
            let addressee = self.look_up(by_id, id)?;
            found.extend(addressee.filter(|addressee| addressee.token == *token));
        }
        Ok(found)
    }

    fn with_name(
        &self,
        by_id: &mut CachedStatement<'_>,
        index: Index,
        name: &str,
        kind: TokenKind,
        has: impl Fn(&DeviceDetail) -> bool,
    ) -> Result<Vec<Addressee>, StoreError> {
        let mut found = Vec::new();
        for id in keys::find(self.reading, index, self.app, name.as_bytes())? {
            let Some(addressee) = self.look_up(by_id, id)? else {
                continue;
            };
            if addressee.kind == kind && has(&DeviceDetail::load(self.reading, id)?) {
                found.push(addressee);
            }
        }
        Ok(found)
    }

    /// The recipients of the app that wait in an environment, or for which nothing was sent yet.
    fn waiting(&self, environment: Environment) -> Result<Vec<(NotificationId, DeviceId)>, StoreError> {
        let mut found = Vec::new();
        for pending in Pending::ALL {
            for lane in [environment.code(), -1] {
                let params = params![self.app.0, lane, CANDIDATES];
                let some = self.reading.rows(pending.candidates(), params, |row| {
                    Ok((
                        super::notification_row::notification_id(row, 0)?,
                        DeviceId(row.get(1)?),
                    ))
                })?;
                found.extend(some);
            }
        }
        Ok(found)
    }

    fn by_id(&self) -> Result<CachedStatement<'a>, StoreError> {
        self.reading.statement(select!("id = ?1"))
    }

    fn look_up(
        &self,
        by_id: &mut CachedStatement<'_>,
        id: DeviceId,
    ) -> Result<Option<Addressee>, StoreError> {
        if app_of(id) != self.app {
            return Ok(None);
        }
        let mut rows = by_id.query([id.0])?;
        match rows.next()? {
            Some(row) => self.addressee(row).map(Some),
            None => Ok(None),
        }
    }

    fn addressee(&self, row: &Row<'_>) -> Result<Addressee, StoreError> {
        let marks = Marks(row.get(2)?);
        let kind = row.get::<_, Code<TokenKind>>(4)?.0;
        let ends_at = self.ends_at(row, kind)?;
        let sending = if ends_at.is_some_and(|end| end <= self.now) {
            Sending::Never
        } else if marks.is_exceptional() {
            self.unusual_sending(row, kind)?
        } else {
            self.usual.of(marks)
        };
        let settled_until: i64 = row.get(3)?;
        Ok(Addressee {
            device_id: DeviceId(row.get(0)?),
            token: token(row, 1)?,
            kind,
            generation: marks.generation(),
            proven: marks.proven(),
            sending,
            ends_at,
            settled: settled_until > millis(self.now),
        })
    }

    fn ends_at(&self, row: &Row<'_>, kind: TokenKind) -> Result<Option<Timestamp>, StoreError> {
        if kind != TokenKind::LiveActivityUpdate {
            return Ok(None);
        }
        let registered_at = instant(row.get(5)?);
        Ok(Some(registered_at.saturating_add(self.rules.live_activity_life)))
    }

    /// As it was judged, or is judged now: if other environments are reached than then, or if it may have been for its age,
    /// of which only the clock can tell.
    fn unusual_sending(&self, row: &Row<'_>, kind: TokenKind) -> Result<Sending, StoreError> {
        let is_as_then =
            |judged: &Judgement| judged.reach == self.reach && kind != TokenKind::LiveActivityUpdate;
        let judged = judgement(row, 6)?.filter(is_as_then);
        if let Some(judged) = judged {
            return Ok(judged.sending);
        }
        let known = KnownDevice::load(self.reading, DeviceId(row.get(0)?))?;
        Ok(known.map_or(Sending::Never, |known| {
            known.standing(self.reach, self.rules, self.now).sending
        }))
    }
}

const fn accepted_column(environment: Environment) -> usize {
    match environment {
        Environment::Production => 10,
        Environment::Sandbox => 11,
    }
}
