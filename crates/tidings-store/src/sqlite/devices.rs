//! Device tokens as they are looked at.

use rusqlite::params;
use tidings_apns::{DeviceToken, Environment, Timestamp, TokenKind};
use tidings_truth::{EnvironmentSet, Rules, Standing, TokenState};

use super::apps;
use super::codes::{Code, Coded, count};
use super::device_detail::DeviceDetail;
use super::keys::{self, Index};
use super::known_device::KnownDevice;
use super::marks::{IsExceptional, Marks};
use super::reading::Reading;
use super::writing::{Writing, device_range};
use crate::device::{Device, DeviceCount, DeviceFilter};
use crate::fingerprint::fingerprint;
use crate::ids::{AppId, DeviceId};
use crate::store_error::StoreError;

/// A device by its token, with all evidence.
pub(crate) fn find(
    reading: &Reading,
    app: AppId,
    token: &DeviceToken,
) -> Result<Option<KnownDevice>, StoreError> {
    let named = keys::find(reading, Index::Token, app, token.as_bytes())?;
    pick(reading, named, app, token)
}

/// The same for the writer, who knows of most new tokens that they are new.
pub(crate) fn find_to_write(
    writing: &Writing,
    app: AppId,
    token: &DeviceToken,
) -> Result<Option<KnownDevice>, StoreError> {
    let named = keys::find_to_write(writing, Index::Token, app, token.as_bytes())?;
    pick(writing.reading(), named, app, token)
}

/// The one that really has the token.
fn pick(
    reading: &Reading,
    named: Vec<DeviceId>,
    app: AppId,
    token: &DeviceToken,
) -> Result<Option<KnownDevice>, StoreError> {
    for id in named {
        let known = KnownDevice::load(reading, id)?;
        if let Some(known) = known.filter(|known| known.token == *token && known.app() == app) {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// What a device is called where its token must not stand whole; nothing when it is not known any more.
pub(crate) fn fingerprint_of(reading: &Reading, id: DeviceId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT token FROM device WHERE id = ?1";
    let token: Option<Vec<u8>> = reading.row(sql, [id.0], |row| row.get(0))?;
    let token = token.and_then(|bytes| DeviceToken::try_from_bytes(&bytes).ok());
    Ok(token.as_ref().map(fingerprint))
}

/// A device as it is shown.
pub(crate) fn assemble(device: KnownDevice, detail: DeviceDetail, standing: Standing) -> Device {
    Device {
        id: device.id,
        token: device.token,
        kind: device.kind,
        history: device.history,
        standing,
        installation_id: detail.installation_id,
        user_id: detail.user_id,
        tags: detail.tags,
        locale: detail.locale,
        app_version: detail.app_version,
        os_version: detail.os_version,
        device_model: detail.device_model,
    }
}

pub(crate) fn by_token(
    reading: &Reading,
    rules: &Rules,
    app: AppId,
    token: &DeviceToken,
    now: Timestamp,
) -> Result<Option<Device>, StoreError> {
    let Some(known) = find(reading, app, token)? else {
        return Ok(None);
    };
    show(reading, rules, apps::reach(reading, app)?, known, now).map(Some)
}

/// A device by its id, and whose it is.
pub(crate) fn by_id(
    reading: &Reading,
    rules: &Rules,
    id: DeviceId,
    now: Timestamp,
) -> Result<Option<(AppId, Device)>, StoreError> {
    let Some(known) = KnownDevice::load(reading, id)? else {
        return Ok(None);
    };
    let app = known.app();
    let device = show(reading, rules, apps::reach(reading, app)?, known, now)?;
    Ok(Some((app, device)))
}

/// Devices that a filter lets through, by id. The narrowest condition is looked up, the others are compared.
pub(crate) fn page(
    reading: &Reading,
    rules: &Rules,
    app: AppId,
    filter: &DeviceFilter,
    after: Option<DeviceId>,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Device>, StoreError> {
    let among = usize::MAX;
    let (found, _) = page_among(reading, rules, app, filter, after, limit, among, now)?;
    Ok(found)
}

/// The same, but it looks at so many candidates at most, more or less; and where to go on, if there may be more.
#[expect(clippy::too_many_arguments, reason = "these are the parts of one question")]
pub(crate) fn page_among(
    reading: &Reading,
    rules: &Rules,
    app: AppId,
    filter: &DeviceFilter,
    after: Option<DeviceId>,
    limit: usize,
    among: usize,
    now: Timestamp,
) -> Result<(Vec<Device>, Option<DeviceId>), StoreError> {
    let reach = apps::reach(reading, app)?;
    let (start, end) = device_range(app);
    let mut after = after.unwrap_or(start).max(start);
    let (mut found, mut looked_at) = (Vec::new(), 0);
    while found.len() < limit && looked_at < among {
        let batch = candidates(reading, app, filter, after, end)?;
        if batch.is_empty() {
            return Ok((found, None));
        }
        looked_at += batch.len();
        for id in batch {
            if found.len() == limit {
                break;
            }
            after = id;
            if let Some(known) = KnownDevice::load(reading, id)? {
                let device = show(reading, rules, reach, known, now)?;
                found.extend(passes(filter, &device).then_some(device));
            }
        }
    }
    Ok((found, Some(after)))
}

/// How many device tokens are where.
pub(crate) fn counts(reading: &Reading, app: AppId) -> Result<Vec<DeviceCount>, StoreError> {
    let sql = "SELECT state, environment, count FROM device_count WHERE app_id = ?1 AND count <> 0";
    reading.rows(sql, [app.0], |row| {
        Ok(DeviceCount {
            state: row.get::<_, Code<TokenState>>(0)?.0,
            environment: Environment::of_code(row.get(1)?),
            count: count(row.get(2)?),
        })
    })
}

/// How many ids are looked at together.
const BATCH: i64 = 256;

/// The next ids among which all that pass the filter are.
fn candidates(
    reading: &Reading,
    app: AppId,
    filter: &DeviceFilter,
    after: DeviceId,
    end: DeviceId,
) -> Result<Vec<DeviceId>, StoreError> {
    let named = |index, name: &str| -> Result<Vec<DeviceId>, StoreError> {
        let mut found = keys::find(reading, index, app, name.as_bytes())?;
        found.retain(|id| *id > after);
        Ok(found)
    };
    let by_code = |sql: &str, code: i64| {
        reading.rows(sql, params![code, after.0, end.0, BATCH], |row| {
            row.get(0).map(DeviceId)
        })
    };
    if let Some(installation) = &filter.installation_id {
        return named(Index::Installation, installation);
    }
    if let Some(user) = &filter.user_id {
        return named(Index::User, user);
    }
    if let Some(tag) = &filter.tag {
        return by_code(
            "SELECT device_id FROM device_by_tag WHERE key = ?1 AND device_id > ?2 AND device_id < ?3
             ORDER BY device_id LIMIT ?4",
            keys::key(app, tag.as_bytes()),
        );
    }
    if let Some(state) = filter.state.filter(|state| state.code() >= 2) {
        return by_code(
            "SELECT id FROM device WHERE state = ?1 AND state >= 2 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
            state.code(),
        );
    }
    if let Some(kind) = filter.kind.filter(|kind| *kind != TokenKind::Alert) {
        return by_code(
            "SELECT id FROM device WHERE kind = ?1 AND kind <> 0 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
            kind.code(),
        );
    }
    by_code(
        "SELECT id FROM device WHERE ?1 = 0 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
        0,
    )
}

fn show(
    reading: &Reading,
    rules: &Rules,
    reach: EnvironmentSet,
    known: KnownDevice,
    now: Timestamp,
) -> Result<Device, StoreError> {
    let detail = DeviceDetail::load(reading, known.id)?;
    let standing = known.standing(reach, rules, now);
    Ok(assemble(known, detail, standing))
}

fn passes(filter: &DeviceFilter, device: &Device) -> bool {
    let is = |wanted: &Option<String>, has: &Option<String>| wanted.is_none() || wanted == has;
    let place = Marks::of(&device.history, IsExceptional::No).place();
    is(&filter.user_id, &device.user_id)
        && is(&filter.installation_id, &device.installation_id)
        && filter.tag.as_ref().is_none_or(|tag| device.tags.contains(tag))
        && filter.state.is_none_or(|state| state == device.standing.state)
        && filter
            .environment
            .is_none_or(|environment| Some(environment) == place)
        && filter.kind.is_none_or(|kind| kind == device.kind)
}
