//! What an app tells of a device that sending does not need, and by what a device is found.

use rusqlite::{Row, params};

use super::failure::unreadable;
use super::keys::{self, Index};
use super::reading::Reading;
use super::writing::{Writing, app_of};
use crate::device::Registration;
use crate::ids::DeviceId;
use crate::store_error::StoreError;

/// What an app tells of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceDetail {
    pub(crate) installation_id: Option<String>,
    pub(crate) user_id: Option<String>,
    /// Sorted.
    pub(crate) tags: Vec<String>,
    pub(crate) locale: Option<String>,
    pub(crate) app_version: Option<String>,
    pub(crate) os_version: Option<String>,
    pub(crate) device_model: Option<String>,
}

impl DeviceDetail {
    pub(crate) fn load(reading: &Reading, id: DeviceId) -> Result<Self, StoreError> {
        let sql = "SELECT installation_id, user_id, tags, locale, app_version, os_version, device_model
                   FROM device_detail WHERE id = ?1";
        match reading.row(sql, [id.0], read)? {
            Some((detail, tags)) => detail.with_tags(tags),
            None => Ok(Self::default()),
        }
    }

    /// The same with what is said now. What is not said stays.
    pub(crate) fn learn(&self, said: &Registration) -> Self {
        let newer = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        Self {
            installation_id: newer(&said.installation_id, &self.installation_id),
            user_id: newer(&said.user_id, &self.user_id),
            tags: said
                .tags
                .as_ref()
                .map_or_else(|| self.tags.clone(), |tags| sorted(tags)),
            locale: newer(&said.locale, &self.locale),
            app_version: newer(&said.app_version, &self.app_version),
            os_version: newer(&said.os_version, &self.os_version),
            device_model: newer(&said.device_model, &self.device_model),
        }
    }

    /// Writes it down where something else is.
    pub(crate) fn replace(&self, writing: &mut Writing, id: DeviceId, old: &Self) -> Result<(), StoreError> {
        if self == old {
            return Ok(());
        }
        let tags = (!self.tags.is_empty()).then(|| serde_json::to_string(&self.tags));
        writing.execute(
            "INSERT INTO device_detail VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET installation_id = ?2, user_id = ?3, tags = ?4, locale = ?5,
                 app_version = ?6, os_version = ?7, device_model = ?8",
            params![
                id.0,
                self.installation_id,
                self.user_id,
                tags.transpose().map_err(unreadable)?,
                self.locale,
                self.app_version,
                self.os_version,
                self.device_model,
            ],
        )?;
        self.replace_names(writing, id, old)
    }

    /// Removes it with all by which the device is found.
    pub(crate) fn remove(&self, writing: &mut Writing, id: DeviceId) -> Result<(), StoreError> {
        Self::default().replace_names(writing, id, self)?;
        writing
            .execute("DELETE FROM device_detail WHERE id = ?1", [id.0])
            .map(drop)
    }

    fn replace_names(&self, writing: &mut Writing, id: DeviceId, old: &Self) -> Result<(), StoreError> {
        let installation = (self.installation_id.as_deref(), old.installation_id.as_deref());
        replace_name(writing, Index::Installation, id, installation)?;
        let user = (self.user_id.as_deref(), old.user_id.as_deref());
        replace_name(writing, Index::User, id, user)?;
        for tag in old.tags.iter().filter(|tag| !self.tags.contains(tag)) {
            let params = params![keys::key(app_of(id), tag.as_bytes()), id.0];
            writing.execute(
                "DELETE FROM device_by_tag WHERE key = ?1 AND device_id = ?2",
                params,
            )?;
        }
        for tag in self.tags.iter().filter(|tag| !old.tags.contains(tag)) {
            let params = params![keys::key(app_of(id), tag.as_bytes()), id.0];
            writing.execute("INSERT OR IGNORE INTO device_by_tag VALUES (?1, ?2)", params)?;
        }
        Ok(())
    }

    fn with_tags(mut self, tags: Option<String>) -> Result<Self, StoreError> {
        if let Some(tags) = tags {
            self.tags = serde_json::from_str(&tags).map_err(unreadable)?;
        }
        Ok(self)
    }
}

fn replace_name(
    writing: &mut Writing,
    index: Index,
    id: DeviceId,
    (new, old): (Option<&str>, Option<&str>),
) -> Result<(), StoreError> {
    if new == old {
        return Ok(());
    }
    if let Some(old) = old {
        keys::delete(writing, index, old.as_bytes(), id)?;
    }
    match new {
        Some(new) => keys::insert(writing, index, new.as_bytes(), id),
        None => Ok(()),
    }
}

fn sorted(tags: &[String]) -> Vec<String> {
    let mut tags = tags.to_vec();
    tags.sort_unstable();
    tags.dedup();
    tags
}

fn read(row: &Row<'_>) -> rusqlite::Result<(DeviceDetail, Option<String>)> {
    let detail = DeviceDetail {
        installation_id: row.get(0)?,
        user_id: row.get(1)?,
        tags: Vec::new(),
        locale: row.get(3)?,
        app_version: row.get(4)?,
        os_version: row.get(5)?,
        device_model: row.get(6)?,
    };
    Ok((detail, row.get(2)?))
}
