//! World files: how people, Apple and the operator behave. TOML; every key has a default, and an unknown key is an error.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use self::value::{Amount, Count, Range, Share};
use crate::failure::Failure;

pub(super) mod value;

/// The worlds that come with the program, by name.
const SHIPPED: [(&str, &str); 4] = [
    ("ordinary", include_str!("../../../worlds/ordinary.toml")),
    ("careless", include_str!("../../../worlds/careless.toml")),
    ("apple_waves", include_str!("../../../worlds/apple_waves.toml")),
    ("dirty_import", include_str!("../../../worlds/dirty_import.toml")),
];

/// A world.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct World {
    /// How long it is played.
    pub(super) days: u32,
    pub(super) people: People,
    pub(super) builds: Builds,
    pub(super) apple: Apple,
    pub(super) notifications: Notifications,
    pub(super) mistakes: Mistakes,
    pub(super) imports: Imports,
    pub(super) operator: Habits,
}

/// What people do with the app and their devices.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct People {
    /// Between two launches of the app. Each person has a mean of their own in this range.
    pub(super) launches_every_days: Range,
    pub(super) uninstalls_per_year: Amount,
    /// Of those who uninstall, who comes back.
    pub(super) comes_back_share: Share,
    pub(super) comes_back_after_days: Range,
    /// Of those who come back, who gets the same device token again.
    pub(super) same_token_share: Share,
    /// Backups restored to a new device, for each person.
    pub(super) new_devices_per_year: Amount,
    /// Until the app is first launched on the new device.
    pub(super) new_device_launch_after_days: Range,
    /// Of the old devices, which go on being used.
    pub(super) old_device_stays_share: Share,
    /// New people in a year, as a share of those at the start.
    pub(super) newcomers_per_year: Amount,
}

/// What the app tells the registry.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of the file's keys, which say what they count"
)]
pub(super) struct Builds {
    pub(super) debug_share: Share,
    pub(super) testflight_share: Share,
    /// Of all apps, which tell their environment at registration.
    pub(super) claims_environment_share: Share,
    /// Of the debug builds that tell it, which say production.
    pub(super) debug_claims_production_share: Share,
    /// Of the TestFlight builds that tell it, which say sandbox.
    pub(super) testflight_claims_sandbox_share: Share,
    /// Of all apps, which send an installation id.
    pub(super) installation_id_share: Share,
    /// Of the installation ids, which survive a deletion of the app.
    pub(super) installation_id_kept_share: Share,
    /// Of the installation ids, which a restored backup takes along to the new device (they should not).
    pub(super) installation_id_copied_share: Share,
}

/// How APNs tells of dead device tokens, and how well it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Apple {
    /// Until a device that is sent something for a deleted app is online, and reports it.
    pub(super) offline_days: Range,
    /// From then until APNs answers 410.
    pub(super) reports_after_days: Range,
    /// Of the dead device tokens, for which it never does by itself.
    pub(super) never_reports_share: Share,
    /// How long 410 goes on after the app came back under the same device token.
    pub(super) forgets_after_hours: Range,
    /// Waves of 410s in a year.
    pub(super) waves: Count,
    pub(super) wave_hours: Range,
    /// Of the dead device tokens that APNs knows of, which it tells of in a wave.
    pub(super) wave_dead_share: Share,
    /// Of the device tokens that were dead once and came back, which a wave calls dead again, with the old date.
    pub(super) wave_returned_share: Share,
    /// Of all answers for living device tokens, which are `BadDeviceToken` for no reason. Not known to happen.
    pub(super) sporadic_bad_share: Share,
    /// Outages (503) in a year.
    pub(super) outages: Count,
    pub(super) outage_hours: Range,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Notifications {
    /// To everyone.
    pub(super) campaign_every_days: Amount,
    pub(super) campaign_expires_hours: Amount,
    /// To one person.
    pub(super) individual_per_year: Amount,
    pub(super) individual_expires_hours: Range,
    /// How many of these there still are for a person who no longer has the app.
    pub(super) individual_to_gone_share: Share,
}

/// How often the operator makes each mistake.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mistakes {
    pub(super) wrong_environment: Count,
    pub(super) wrong_topic: Count,
    pub(super) revoked_key: Count,
    pub(super) expired_certificate: Count,
    pub(super) swapped_team: Count,
    pub(super) sandbox_key_in_production: Count,
}

/// Imports of device tokens from elsewhere.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Imports {
    pub(super) count: Count,
    /// How many device tokens each brings, as a share of the devices at the start.
    pub(super) devices_share: Amount,
    pub(super) dead_share: Share,
    /// Of another app.
    pub(super) foreign_share: Share,
    /// Not hexadecimal.
    pub(super) malformed_share: Share,
    /// Hexadecimal, and no device token of Apple's.
    pub(super) invented_share: Share,
    /// Living device tokens of debug builds.
    pub(super) sandbox_share: Share,
}

/// How the operator finds out, and how exact the clock is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Habits {
    /// From an incident's event to somebody who reads it.
    pub(super) incident_hours: Range,
    /// From when the share of errors is plain on a dashboard to somebody who sees it.
    pub(super) dashboard_hours: Range,
    /// What share of errors is plain.
    pub(super) dashboard_error_share: Share,
    /// From the first notification that was lost to complaints that are believed.
    pub(super) complaint_hours: Range,
    /// From knowing to having mended it.
    pub(super) repair_hours: Range,
    /// How far our clock may be from Apple's.
    pub(super) clock_off_by_seconds: Amount,
}

impl Default for World {
    fn default() -> Self {
        Self {
            days: 365,
            people: People::default(),
            builds: Builds::default(),
            apple: Apple::default(),
            notifications: Notifications::default(),
            mistakes: Mistakes::default(),
            imports: Imports::default(),
            operator: Habits::default(),
        }
    }
}

impl Default for People {
    fn default() -> Self {
        Self {
            launches_every_days: Range(0.5, 45.0),
            uninstalls_per_year: Amount(0.5),
            comes_back_share: Share(0.35),
            comes_back_after_days: Range(0.005, 120.0),
            same_token_share: Share(0.1),
            new_devices_per_year: Amount(0.25),
            new_device_launch_after_days: Range(0.02, 5.0),
            old_device_stays_share: Share(0.1),
            newcomers_per_year: Amount(0.4),
        }
    }
}

impl Default for Builds {
    fn default() -> Self {
        Self {
            debug_share: Share(0.005),
            testflight_share: Share(0.02),
            claims_environment_share: Share(0.8),
            debug_claims_production_share: Share(0.2),
            testflight_claims_sandbox_share: Share(0.1),
            installation_id_share: Share(0.9),
            installation_id_kept_share: Share(0.8),
            installation_id_copied_share: Share(0.0),
        }
    }
}

impl Default for Apple {
    fn default() -> Self {
        Self {
            offline_days: Range(0.001, 3.0),
            reports_after_days: Range(0.25, 120.0),
            never_reports_share: Share(0.2),
            forgets_after_hours: Range(0.01, 12.0),
            waves: Count(1),
            wave_hours: Range(2.0, 12.0),
            wave_dead_share: Share(0.6),
            wave_returned_share: Share(0.3),
            sporadic_bad_share: Share(0.0),
            outages: Count(3),
            outage_hours: Range(0.25, 4.0),
        }
    }
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            campaign_every_days: Amount(7.0),
            campaign_expires_hours: Amount(24.0),
            individual_per_year: Amount(24.0),
            individual_expires_hours: Range(1.0, 72.0),
            individual_to_gone_share: Share(0.25),
        }
    }
}

impl Default for Mistakes {
    fn default() -> Self {
        Self {
            wrong_environment: Count(1),
            wrong_topic: Count(0),
            revoked_key: Count(0),
            expired_certificate: Count(1),
            swapped_team: Count(0),
            sandbox_key_in_production: Count(0),
        }
    }
}

impl Default for Imports {
    fn default() -> Self {
        Self {
            count: Count(0),
            devices_share: Amount(0.2),
            dead_share: Share(0.3),
            foreign_share: Share(0.05),
            malformed_share: Share(0.02),
            invented_share: Share(0.05),
            sandbox_share: Share(0.05),
        }
    }
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            incident_hours: Range(0.25, 2.0),
            dashboard_hours: Range(4.0, 24.0),
            dashboard_error_share: Share(0.05),
            complaint_hours: Range(48.0, 120.0),
            repair_hours: Range(0.5, 2.0),
            clock_off_by_seconds: Amount(45.0),
        }
    }
}

impl World {
    /// A shipped world by its name, or the one in a file; its title goes with it.
    pub(super) fn find(name: &str) -> anyhow::Result<(String, Self)> {
        if let Some((title, text)) = SHIPPED.iter().find(|(title, _)| *title == name) {
            return Ok(((*title).to_owned(), Self::parse(text)?));
        }
        let text = std::fs::read_to_string(name)
            .with_context(|| Failure::new(format!("reading the world {name}"), shipped_hint()))?;
        let world = Self::parse(&text).with_context(|| {
            let hint = "`tidings bench truth --help` says where every key is described";
            Failure::new(format!("reading the world {name}"), hint)
        })?;
        let title = Path::new(name).file_stem().and_then(|stem| stem.to_str());
        Ok((title.unwrap_or(name).to_owned(), world))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let world: Self = toml::from_str(text)?;
        if !(30..=3650).contains(&world.days) {
            anyhow::bail!("`days` is {}, and must be from 30 to 3650", world.days);
        }
        if world.notifications.campaign_every_days.0 < 0.01 {
            anyhow::bail!("`notifications.campaign_every_days` must be at least 0.01");
        }
        if world.imports.known() > 1.0 {
            anyhow::bail!("the shares of `imports` are more than 1 together");
        }
        Ok(world)
    }
}

impl Imports {
    /// What is not simply a living device token of production.
    fn known(&self) -> f64 {
        self.dead_share.0
            + self.foreign_share.0
            + self.malformed_share.0
            + self.invented_share.0
            + self.sandbox_share.0
    }
}

fn shipped_hint() -> String {
    let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
    format!(
        "give a file, or one of the worlds that come with the program: {}",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_worlds_can_be_read_and_the_ordinary_one_is_the_default() {
        for (name, _) in SHIPPED {
            let (title, world) = World::find(name).unwrap();
            assert_eq!(title, name);
            assert_eq!(world == World::default(), name == "ordinary", "{name}");
        }
    }

    #[test]
    fn the_ordinary_world_names_every_key() {
        let text = SHIPPED[0].1;
        let given = text.lines().filter(|line| line.contains(" = ")).count();
        assert_eq!(given, 1 + 9 + 8 + 11 + 5 + 6 + 7 + 6);
    }

    #[test]
    fn what_a_world_cannot_have_is_refused() {
        for wrong in [
            "days = 5",
            "day = 365",
            "[people]\nuninstals_per_year = 1.0",
            "[people]\ncomes_back_share = 1.5",
            "[apple]\nwave_hours = [12.0, 2.0]",
            "[mistakes]\nwrong_topic = 61",
            "[imports]\ndead_share = 0.9\nforeign_share = 0.2",
        ] {
            assert!(World::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(World::parse("").unwrap(), World::default());
    }
}
