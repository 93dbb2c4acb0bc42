//! What Xcode writes beside an exported build: `DistributionSummary.plist`, and `ExportOptions.plist` that it was told.

use tidings_apns::{Environment, Timestamp};

use super::{DistributionSummary, ExportOptions, SummarisedBundle};
use crate::distribution::Distribution;
use crate::entitlements::Entitlements;
use crate::property_list::Value;
use crate::text::{non_empty, shortened};

/// More bundles than an app has.
const MAX_BUNDLES: usize = 256;

/// Deeper than bundles lie in bundles.
const MAX_DEPTH: usize = 4;

/// Keys that stand beside `method` in export options.
const EXPORT_KEYS: [&str; 8] = [
    "signingStyle",
    "teamID",
    "provisioningProfiles",
    "signingCertificate",
    "destination",
    "thinning",
    "uploadSymbols",
    "stripSwiftSymbols",
];

impl DistributionSummary {
    /// The summary in a property list: a table of files, each with a list of what was made of it.
    pub(crate) fn of_list(list: &Value) -> Option<Self> {
        let files = list.table()?;
        let mut summary = Self { bundles: Vec::new() };
        for (name, items) in files {
            for item in items.list()? {
                item.table()?;
                item.at("entitlements").or_else(|| item.at("embeddedBinaries"))?;
                summary.add(name, item, MAX_DEPTH);
            }
        }
        (!summary.bundles.is_empty()).then_some(summary)
    }

    fn add(&mut self, file: &str, item: &Value, depth: usize) {
        if depth == 0 || self.bundles.len() >= MAX_BUNDLES {
            return;
        }
        let nested = |key: &str| item.at(key);
        let certificate = nested("certificate");
        self.bundles.push(SummarisedBundle {
            name: shortened(item.text_at("name").unwrap_or(file)),
            entitlements: nested("entitlements")
                .map(Entitlements::from_list)
                .unwrap_or_default(),
            profile_name: non_empty(nested("profile").and_then(|profile| profile.text_at("name"))),
            team_id: non_empty(nested("team").and_then(|team| team.text_at("id"))),
            certificate_type: non_empty(certificate.and_then(|certificate| certificate.text_at("type"))),
            certificate_expires_at: certificate.and_then(expiry),
        });
        for binary in item.list_at("embeddedBinaries").unwrap_or_default() {
            self.add(file, binary, depth - 1);
        }
    }

    /// The app itself: the first bundle that has an App ID, extensions coming after it.
    pub fn app(&self) -> Option<&SummarisedBundle> {
        self.bundles
            .iter()
            .find(|bundle| bundle.entitlements.application_identifier.is_some())
            .or_else(|| self.bundles.first())
    }

    /// The environment that the app was signed for.
    pub fn environment(&self) -> Option<Environment> {
        self.app()?.entitlements.aps_environment.as_ref()?.environment()
    }
}

/// When a certificate ends: a date, or the text `25/11/2026` of Xcode, which says day and month in an order that
/// depends on the machine and is left alone.
fn expiry(certificate: &Value) -> Option<Timestamp> {
    certificate.instant_at("dateExpires")
}

impl ExportOptions {
    /// The options in a property list.
    pub(crate) fn of_list(list: &Value) -> Option<Self> {
        let method = non_empty(list.text_at("method"));
        let is_alone = list.table()?.len() == 1;
        let is_one = EXPORT_KEYS.iter().any(|key| list.at(key).is_some()) || is_alone && method.is_some();
        is_one.then(|| Self {
            method,
            team_id: non_empty(list.text_at("teamID")),
        })
    }

    /// How the method distributes, by the names that Xcode has had for it.
    pub fn distribution(&self) -> Option<Distribution> {
        Some(match self.method.as_deref()? {
            "app-store" | "app-store-connect" => Distribution::AppStore,
            "ad-hoc" | "release-testing" => Distribution::AdHoc,
            "enterprise" => Distribution::Enterprise,
            "development" | "debugging" => Distribution::Development,
            "developer-id" => Distribution::DeveloperId,
            _ => return None,
        })
    }
}
