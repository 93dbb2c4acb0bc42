//! The pages, in groups, as they stand in the navigation.

use tidings_store::DashboardRole;

use super::session::Session;

macro_rules! places {
    ($($group:literal { $($place:ident $title:literal $address:literal $role:ident,)* })*) => {
        /// A page of the navigation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Place {
            $($($place,)*)*
        }

        const GROUPS: &[(&str, &[(Place, &str, &str, DashboardRole)])] = &[
            $(($group, &[$((Place::$place, $title, $address, DashboardRole::$role),)*]),)*
        ];
    };
}

places! {
    "Now" {
        Overview "Overview" "/dashboard" Viewer,
        Problems "Problems" "/dashboard/problems" Viewer,
        Incidents "Incidents" "/dashboard/incidents" Viewer,
    }
    "Look" {
        Devices "Devices" "/dashboard/devices" Viewer,
        Notifications "Notifications" "/dashboard/notifications" Viewer,
        Compose "Compose" "/dashboard/compose" Operator,
    }
    "Set up" {
        Apps "Apps and credentials" "/dashboard/apps" Viewer,
        Connections "Connections" "/dashboard/connections" Viewer,
        Webhooks "Webhooks" "/dashboard/webhooks" Admin,
        Keys "API keys" "/dashboard/keys" Admin,
        People "People" "/dashboard/people" Admin,
        AuditLog "Audit log" "/dashboard/audit" Admin,
        Settings "Settings" "/dashboard/settings" Admin,
        Account "Your account" "/dashboard/account" Viewer,
    }
}

/// Pages that belong together.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) entries: Vec<Entry>,
}

/// A page in the navigation.
pub(crate) struct Entry {
    pub(crate) title: &'static str,
    pub(crate) address: &'static str,
    pub(crate) is_here: bool,
    pub(crate) shows_incidents: bool,
}

impl Group {
    /// All pages that somebody may see.
    pub(crate) fn all(here: Place, session: &Session) -> Vec<Self> {
        let groups = GROUPS.iter().map(|(title, places)| {
            let allowed = places.iter().filter(|(.., role)| session.may(*role));
            let entries = allowed.map(|(place, title, address, _)| Entry {
                title,
                address,
                is_here: *place == here,
                shows_incidents: *place == Place::Incidents,
            });
            Self {
                title,
                entries: entries.collect(),
            }
        });
        groups.collect()
    }
}
