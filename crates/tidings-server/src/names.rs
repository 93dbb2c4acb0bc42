//! Words of other crates, as the OpenAPI document lists them. A test compares both.

use std::borrow::Cow;

use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// Declares an enum that only exists in the OpenAPI document.
macro_rules! names {
    ($($(#[$doc:meta])* $type:ident as $shown:ident { $($variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(ToSchema)]
        #[schema(as = $shown)]
        #[expect(dead_code, reason = "only the OpenAPI document needs it")]
        pub(crate) enum $type {
            $(#[schema(rename = $text)] $variant,)*
        }

        impl $type {
            #[cfg(test)]
            const ALL: &'static [&'static str] = &[$($text,)*];
        }
    )*};
}

names! {
    /// One of Apple's two push services.
    EnvironmentName as Environment {
        Production = "production",
        Sandbox = "sandbox",
    }
    /// What a device token is for.
    KindName as Kind {
        Alert = "alert",
        Voip = "voip",
        Complication = "complication",
        FileProvider = "fileprovider",
        Location = "location",
        PushToTalk = "ptt",
        Widget = "widget",
        Controls = "controls",
        LiveActivityStart = "liveactivity-start",
        LiveActivityUpdate = "liveactivity-update",
    }
    /// The state of a device token.
    TokenStateName as TokenState {
        Unproven = "unproven",
        Active = "active",
        Quarantined = "quarantined",
        Unregistered = "unregistered",
        Rejected = "rejected",
        Superseded = "superseded",
    }
    /// The header `apns-push-type`.
    PushTypeName as PushType {
        Alert = "alert",
        Background = "background",
        Voip = "voip",
        Complication = "complication",
        FileProvider = "fileprovider",
        Mdm = "mdm",
        Location = "location",
        LiveActivity = "liveactivity",
        PushToTalk = "pushtotalk",
        Widgets = "widgets",
        Controls = "controls",
    }
    /// What an API key allows.
    ScopeName as Scope {
        Register = "register",
        Send = "send",
        Read = "read",
        Admin = "admin",
    }
    /// What somebody may do in the dashboard.
    DashboardRoleName as DashboardRole {
        Viewer = "viewer",
        Operator = "operator",
        Admin = "admin",
    }
}

/// The header `apns-priority`, as the document shows it.
pub(crate) enum PriorityNumber {}

impl utoipa::PartialSchema for PriorityNumber {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let numbers = tidings_apns::Priority::ALL.map(tidings_apns::Priority::as_u8);
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some(numbers));
        number.description(Some("The header `apns-priority`")).into()
    }
}

impl ToSchema for PriorityNumber {
    fn name() -> Cow<'static, str> {
        "Priority".into()
    }
}

/// A bundle id, as the document shows it.
pub(crate) enum BundleIdText {}

/// What a bundle id looks like.
pub(crate) const BUNDLE_ID_PATTERN: &str = "^[A-Za-z0-9._-]{1,255}$";

impl utoipa::PartialSchema for BundleIdText {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.pattern(Some(BUNDLE_ID_PATTERN)).into()
    }
}

impl ToSchema for BundleIdText {
    fn name() -> Cow<'static, str> {
        "BundleId".into()
    }
}

/// A name of the caller's (a tag, a user), as the document shows it.
pub(crate) enum NameText {}

/// What such a name looks like: no control characters in it.
pub(crate) const NAME_PATTERN: &str = r"^[^\x00-\x1f\x7f-\x9f]+$";

impl utoipa::PartialSchema for NameText {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
        let text = text.max_length(Some(crate::limits::NAME_BYTES));
        text.pattern(Some(NAME_PATTERN)).into()
    }
}

impl ToSchema for NameText {
    fn name() -> Cow<'static, str> {
        "Name".into()
    }
}

#[cfg(test)]
mod tests {
    use tidings_apns::{Environment, PushType, TokenKind};
    use tidings_store::{DashboardRole, Scope};
    use tidings_truth::TokenState;

    use super::*;

    #[test]
    fn the_document_lists_the_words_that_are_read() {
        assert_eq!(EnvironmentName::ALL, Environment::ALL.map(Environment::as_str));
        assert_eq!(KindName::ALL, TokenKind::ALL.map(TokenKind::as_str));
        assert_eq!(TokenStateName::ALL, TokenState::ALL.map(TokenState::as_str));
        assert_eq!(PushTypeName::ALL, PushType::ALL.map(PushType::as_str));
        assert_eq!(ScopeName::ALL, Scope::ALL.map(Scope::as_str));
        assert_eq!(
            DashboardRoleName::ALL,
            DashboardRole::ALL.map(DashboardRole::as_str)
        );
    }
}
