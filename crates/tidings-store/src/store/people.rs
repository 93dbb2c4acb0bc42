//! People who may see the dashboard.

use tidings_apns::Timestamp;

use super::Store;
use crate::ids::PersonId;
use crate::person::{Person, PersonSecret};
use crate::sqlite::{dashboard, people};
use crate::store_error::StoreError;

impl Store {
    /// Everybody who has opened a link, by name.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.engine.read(people::all).await
    }

    /// Somebody, with what is kept of their password.
    pub async fn person(&self, id: PersonId) -> Result<Option<PersonSecret>, StoreError> {
        self.engine.read(move |reading| people::by_id(reading, id)).await
    }

    /// The same by their name, whatever is written large.
    pub async fn person_by_name(&self, name: &str) -> Result<Option<PersonSecret>, StoreError> {
        let name = name.to_owned();
        self.engine
            .read(move |reading| people::by_name(reading, &name))
            .await
    }

    /// Sets somebody's password, of which the hash is given in the PHC format; all their sessions end but that of `keeping`.
    /// Whether there is such a person.
    pub async fn set_dashboard_password(
        &self,
        id: PersonId,
        password: String,
        keeping: [u8; 32],
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .take_in(move |writing| people::set_password(writing, id, &password, &keeping, &actor, now))
            .await
    }

    /// Takes somebody's password away; whether they had one.
    pub async fn remove_dashboard_password(
        &self,
        id: PersonId,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .write(move |writing| people::remove_password(writing, id, &actor, now))
            .await
    }

    /// Forgets somebody with their sessions, their password, and the links that wait for them; whether they were known.
    pub async fn remove_person(&self, id: PersonId, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
        let actor = actor.to_owned();
        self.engine
            .write(move |writing| people::remove(writing, id, &actor, now))
            .await
    }

    /// Somebody looks: written down with their session, and with themselves.
    pub async fn dashboard_session_seen(
        &self,
        secret_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.engine
            .write(move |writing| dashboard::session_seen(writing, &secret_hash, now))
            .await
    }
}
