//! How device tokens come in and go: registered, imported, restored, forgotten.

use serde_json::json;
use tidings_apns::{DeviceToken, Timestamp, TokenKind};
use tidings_truth::{Evidence, History, RestoreCause, TokenState};

use super::device_detail::DeviceDetail;
use super::device_row::Written;
use super::devices;
use super::keys::{self, Index};
use super::known_device::{self, KnownDevice};
use super::recipients;
use super::superseding;
use super::writing::Writing;
use crate::audit::AuditEntry;
use crate::device::{Before, Device, ImportLine, ImportReport, ImportedDevice, Registered, Registration};
use crate::event::{DeviceForgotten, NewEvent};
use crate::fingerprint::fingerprint;
use crate::ids::AppId;
use crate::store_error::StoreError;

/// The app tells its token.
pub(crate) fn register(
    writing: &mut Writing,
    app: AppId,
    token: &DeviceToken,
    registration: &Registration,
    now: Timestamp,
) -> Result<Registered, StoreError> {
    let known = devices::find_to_write(writing, app, token)?;
    let reach = writing.reach(app)?;
    let before = known.as_ref().map(|known| Before {
        kind: known.kind,
        proven: known.history.proven(),
        standing: known.standing(reach, &writing.rules, now),
    });
    let (device, detail) = match known {
        Some(known) => register_again(writing, known, registration, now, now)?,
        None => register_first(writing, app, token, registration, now)?,
    };
    superseding::supersede_others(writing, &device, &detail, now)?;
    let standing = device.standing(reach, &writing.rules, now);
    let device = devices::assemble(device, detail, standing);
    Ok(Registered { device, before })
}

/// Takes device tokens from elsewhere.
pub(crate) fn import(
    writing: &mut Writing,
    app: AppId,
    lines: &[ImportLine],
    now: Timestamp,
) -> Result<ImportReport, StoreError> {
    let mut report = ImportReport::default();
    for line in lines {
        let count = match import_one(writing, app, &line.device, now)? {
            Imported::Created => &mut report.created,
            Imported::Updated => &mut report.updated,
            Imported::Unchanged => &mut report.unchanged,
        };
        *count += 1;
    }
    Ok(report)
}

/// Forgets a device because somebody asked for it.
pub(crate) fn forget(
    writing: &mut Writing,
    app: AppId,
    token: &DeviceToken,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(known) = devices::find_to_write(writing, app, token)? else {
        return Ok(false);
    };
    remove(writing, &known, now)?;
    writing.audit(&entry(actor, "device.forgotten", &known, now))?;
    let says = DeviceForgotten {
        device_id: known.id.0,
    };
    let event = NewEvent::new(Some(app), fingerprint(token), &says);
    writing.event(&event, now)?;
    Ok(true)
}

/// Voids what is held against a device token because somebody asked for it.
pub(crate) fn restore(
    writing: &mut Writing,
    app: AppId,
    token: &DeviceToken,
    actor: &str,
    now: Timestamp,
) -> Result<Option<Device>, StoreError> {
    let Some(mut known) = devices::find_to_write(writing, app, token)? else {
        return Ok(None);
    };
    known.history.record(Evidence::Restored {
        generation: known.generation().next(),
        at: now,
        why: RestoreCause::Operator,
    });
    writing.audit(&entry(actor, "device.restored", &known, now))?;
    let (change, known) = known.save(writing, now)?;
    let detail = DeviceDetail::load(writing.reading(), known.id)?;
    Ok(Some(devices::assemble(known, detail, change.after)))
}

/// Removes a device with all that belongs to it. Recipients that were held for it are looked at again, and end.
pub(crate) fn remove(writing: &mut Writing, known: &KnownDevice, now: Timestamp) -> Result<(), StoreError> {
    let (id, app) = (known.id, known.app());
    DeviceDetail::load(writing.reading(), id)?.remove(writing, id)?;
    keys::delete(writing, Index::Token, known.token.as_bytes(), id)?;
    writing.execute("DELETE FROM device_evidence WHERE id = ?1", [id.0])?;
    writing.execute("DELETE FROM device WHERE id = ?1", [id.0])?;
    writing.count_device(app, known.stored_state(), known.stored_place(), -1);
    recipients::free_held(writing, id, now)
}

fn register_first(
    writing: &mut Writing,
    app: AppId,
    token: &DeviceToken,
    registration: &Registration,
    now: Timestamp,
) -> Result<(KnownDevice, DeviceDetail), StoreError> {
    let history = History::new(now, registration.environment);
    let device = insert(
        writing,
        app,
        token,
        registration.kind.unwrap_or_default(),
        history,
        now,
    )?;
    let detail = DeviceDetail::default().learn(registration);
    detail.replace(writing, device.id, &DeviceDetail::default())?;
    Ok((device, detail))
}

fn register_again(
    writing: &mut Writing,
    mut known: KnownDevice,
    registration: &Registration,
    at: Timestamp,
    now: Timestamp,
) -> Result<(KnownDevice, DeviceDetail), StoreError> {
    let kind = registration.kind.unwrap_or(known.kind);
    if kind != known.kind {
        // What was answered, was answered on the topic of another kind.
        known.kind = kind;
        known.history.accepted_production = None;
        known.history.accepted_sandbox = None;
    }
    known.history.record(Evidence::Registered {
        generation: known.generation().next(),
        at,
        claimed: registration.environment.or(known.history.claimed),
    });
    let old = DeviceDetail::load(writing.reading(), known.id)?;
    let detail = old.learn(registration);
    detail.replace(writing, known.id, &old)?;
    let (_, known) = known.save(writing, now)?;
    Ok((known, detail))
}

fn insert(
    writing: &mut Writing,
    app: AppId,
    token: &DeviceToken,
    kind: TokenKind,
    history: History,
    now: Timestamp,
) -> Result<KnownDevice, StoreError> {
    let reach = writing.reach(app)?;
    let id = writing.next_device(app)?;
    let standing = history.standing(kind, reach, &writing.rules, now);
    let written = Written {
        id,
        kind,
        state: standing.state,
        history: &history,
        judgement: known_device::judge(&history, &standing, reach),
    };
    written.insert(writing, token)?;
    keys::insert(writing, Index::Token, token.as_bytes(), id)?;
    writing.count_device(app, standing.state, written.marks().place(), 1);
    let state = standing.state;
    Ok(KnownDevice::new(id, token.clone(), kind, history, state))
}

enum Imported {
    Created,
    Updated,
    Unchanged,
}

/// A token whose registration is not dated is as old as can be: what APNs says of it, is newer.
fn import_one(
    writing: &mut Writing,
    app: AppId,
    line: &ImportedDevice,
    now: Timestamp,
) -> Result<Imported, StoreError> {
    let dated = line.registered_at.map(|at| at.min(now));
    let at = dated.unwrap_or(Timestamp::from_unix_millis(0));
    let known = devices::find_to_write(writing, app, &line.token)?;
    let (imported, device, detail) = match known {
        Some(known) if known.history.registered_at >= at => return Ok(Imported::Unchanged),
        Some(known) => {
            let (device, detail) = register_again(writing, known, &line.registration, at, now)?;
            (Imported::Updated, device, detail)
        }
        None => {
            let (device, detail) = register_first(writing, app, &line.token, &line.registration, at)?;
            (Imported::Created, device, detail)
        }
    };
    superseding::supersede_older(writing, device, &detail, now)?;
    Ok(imported)
}

fn entry(actor: &str, action: &str, known: &KnownDevice, now: Timestamp) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: action.to_owned(),
        app_id: Some(known.app()),
        subject: fingerprint(&known.token),
        data: json!({"device_id": known.id, "state": known.stored_state()}),
    }
}

/// Whether several tokens of a kind may live in one installation: then a new one ends no other.
pub(crate) const fn is_one_of_many(kind: TokenKind) -> bool {
    match kind {
        // Each Live Activity, and each control, has a token of its own.
        TokenKind::LiveActivityUpdate | TokenKind::Controls => true,
        TokenKind::Alert
        | TokenKind::Voip
        | TokenKind::Complication
        | TokenKind::FileProvider
        | TokenKind::Location
        | TokenKind::PushToTalk
        | TokenKind::Widget
        | TokenKind::LiveActivityStart => false,
    }
}

/// Whether a device has been superseded already, or APNs has said that it is dead.
pub(crate) const fn has_ended(state: TokenState) -> bool {
    match state {
        TokenState::Superseded | TokenState::Unregistered => true,
        TokenState::Unproven | TokenState::Active | TokenState::Quarantined | TokenState::Rejected => false,
    }
}
