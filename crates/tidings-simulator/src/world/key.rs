//! Signing keys as Apple's side knows them: the public half, and what it is good for.

use std::collections::BTreeSet;

use crate::vocabulary::Environment;

/// A signing key of a team.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "key id and public key are Apple's words"
)]
pub(crate) struct Key {
    pub(crate) key_id: String,
    pub(crate) team_id: String,
    /// Both for the legacy team keys, one for those made since February 2025.
    pub(crate) environments: BTreeSet<Environment>,
    /// The bundle ids a topic-specific key is limited to; `None` for a key of the whole team.
    pub(crate) topics: Option<BTreeSet<String>>,
    /// The one other topic-specific key that may be used on the same connection.
    pub(crate) related_key_id: Option<String>,
    /// The public key, as an uncompressed point of P-256.
    pub(crate) public_key: Vec<u8>,
}

impl Key {
    /// Whether a connection that began with `first` may go on with this key (Apple, *Establishing a token-based
    /// connection to APNs*): after a team's key any other key of the whole team; after a topic-specific key only
    /// itself and its related one.
    pub(crate) fn may_follow(&self, first: &Self) -> bool {
        if self.team_id != first.team_id {
            return false;
        }
        if self.key_id == first.key_id {
            return true;
        }
        match (&first.topics, &self.topics) {
            (None, None) => true,
            (Some(_), Some(_)) => first.is_related_to(self) || self.is_related_to(first),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    fn is_related_to(&self, other: &Self) -> bool {
        self.related_key_id.as_deref() == Some(other.key_id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(team_id: &str, key_id: &str, topics: Option<&[&str]>, related: Option<&str>) -> Key {
        Key {
            key_id: key_id.to_owned(),
            team_id: team_id.to_owned(),
            environments: Environment::ALL.into(),
            topics: topics.map(|topics| topics.iter().map(|&topic| topic.to_owned()).collect()),
            related_key_id: related.map(str::to_owned),
            public_key: Vec::new(),
        }
    }

    #[test]
    fn which_key_may_follow_which() {
        let team = key("TEAM", "A", None, None);
        let second = key("TEAM", "B", None, None);
        let foreign = key("OTHER", "C", None, None);
        let topic = key("TEAM", "D", Some(&["x"]), Some("E"));
        let related = key("TEAM", "E", Some(&["y"]), None);
        let unrelated = key("TEAM", "F", Some(&["z"]), None);
        for (first, next, allowed) in [
            (&team, &team, true),
            (&team, &second, true),
            (&team, &foreign, false),
            (&team, &topic, false),
            (&topic, &topic, true),
            (&topic, &related, true),
            (&related, &topic, true),
            (&topic, &unrelated, false),
            (&topic, &team, false),
        ] {
            assert_eq!(
                next.may_follow(first),
                allowed,
                "{} after {}",
                next.key_id,
                first.key_id
            );
        }
    }
}
