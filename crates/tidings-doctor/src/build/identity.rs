//! Whose build it is, and which topics reach it.

use tidings_apns::{BundleId, TokenKind};

use super::{Build, Bundle, BundleRole};
use crate::distribution::Distribution;
use crate::entitlements::Entitlements;
use crate::executable::Signature;

impl Build {
    /// The bundle id of the app: the topic of its ordinary tokens.
    pub fn bundle_id(&self) -> Option<&str> {
        self.app.bundle_id()
    }

    /// The team of the app.
    pub fn team_id(&self) -> Option<&str> {
        self.app.team_id()
    }

    /// How it gets to its users: by its profile, or by having none. What is in an `.xcarchive` says nothing of that.
    pub fn distribution(&self) -> Option<Distribution> {
        if self.is_archived() || self.is_for_simulator() {
            return None;
        }
        match &self.app.profile {
            Some(profile) => profile.distribution(),
            None => self.app.is_as_from_store().then_some(Distribution::AppStore),
        }
    }

    /// Whether it was built for a simulator.
    pub fn is_for_simulator(&self) -> bool {
        self.app.is_for_simulator()
    }

    /// Whether it was built for macOS.
    pub fn is_for_mac(&self) -> bool {
        self.app.is_for_mac()
    }

    /// The app and all bundles inside it.
    pub fn bundles(&self) -> impl Iterator<Item = &Bundle> {
        std::iter::once(&self.app).chain(&self.nested)
    }

    /// The topics that reach it, each with the kind of its device tokens, as far as the build shows which kinds there are.
    /// Extensions are no topics; some show that the app has tokens of a kind.
    pub fn topics(&self) -> Vec<(TokenKind, String)> {
        let mut topics = Vec::new();
        for bundle in self.bundles().filter(|bundle| bundle.has_own_tokens()) {
            let kinds = match bundle.role {
                BundleRole::App => self.kinds(),
                _ => vec![TokenKind::Alert],
            };
            let id = bundle.bundle_id().and_then(|id| id.parse::<BundleId>().ok());
            if let Some(id) = id {
                topics.extend(kinds.into_iter().map(|kind| (kind, kind.topic(&id).to_string())));
            }
        }
        topics
    }

    /// The kinds of device tokens that the app shows signs of.
    fn kinds(&self) -> Vec<TokenKind> {
        let info = self.app.info.as_ref();
        let mode =
            |mode: &str| info.is_some_and(|info| info.background_modes.iter().any(|known| known == mode));
        let extends = |point: &str| {
            let mut nested = self.nested.iter();
            nested.any(|bundle| matches!(&bundle.role, BundleRole::Extension(Some(known)) if known == point))
        };
        let activities = info.is_some_and(|info| info.supports_live_activities);
        let signs = [
            (TokenKind::Alert, true),
            (TokenKind::Voip, mode("voip")),
            (TokenKind::PushToTalk, mode("push-to-talk")),
            (TokenKind::LiveActivityUpdate, activities),
            (TokenKind::FileProvider, extends("com.apple.fileprovider-nonui")),
            (TokenKind::Location, extends("com.apple.location.push.service")),
        ];
        signs
            .into_iter()
            .filter_map(|(kind, sign)| sign.then_some(kind))
            .collect()
    }
}

impl Bundle {
    /// Its bundle id: by its `Info.plist`, or else its signature, or else its App ID.
    pub fn bundle_id(&self) -> Option<&str> {
        let by_info = self.info.as_ref().and_then(|info| info.bundle_id.as_deref());
        by_info
            .or_else(|| self.signature()?.identifier.as_deref())
            .or_else(|| self.profile.as_ref()?.bundle_id())
    }

    /// Its team: by its signature, or else its profile. Never by the prefix of its App ID, which is another in old accounts.
    pub fn team_id(&self) -> Option<&str> {
        let sealed = self
            .signed_entitlements()
            .and_then(|sealed| sealed.team_id.as_deref());
        sealed
            .or_else(|| self.signature()?.team_id.as_deref())
            .or_else(|| self.profile.as_ref()?.team_id())
    }

    /// The entitlements sealed in the signature of its executable.
    pub fn signed_entitlements(&self) -> Option<&Entitlements> {
        let slices = &self.executable.as_ref()?.slices;
        slices.iter().find_map(|slice| slice.signed_entitlements())
    }

    /// Whether it registers for pushes by itself.
    pub const fn has_own_tokens(&self) -> bool {
        match self.role {
            BundleRole::App | BundleRole::WatchApp | BundleRole::AppClip => true,
            BundleRole::Extension(_) => false,
        }
    }

    fn signature(&self) -> Option<&Signature> {
        self.executable.as_ref()?.signature()
    }
}
