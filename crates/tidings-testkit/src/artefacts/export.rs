//! What Xcode writes beside an exported build.

use plist::{Dictionary, Value};

use super::TEAM;
use super::property_list::{PlistForm, dictionary, texts, written};

/// A `DistributionSummary.plist` of an app with these entitlements, and of a service extension without any.
pub fn distribution_summary(entitlements: Dictionary) -> Vec<u8> {
    let extension = bundle("Service.appex", dictionary([]));
    let mut app = bundle("Tidings.app", entitlements);
    app.insert(
        "embeddedBinaries".to_owned(),
        Value::Array(vec![Value::Dictionary(extension)]),
    );
    let files = dictionary([("Tidings.ipa", Value::Array(vec![Value::Dictionary(app)]))]);
    written(files, PlistForm::Xml)
}

fn bundle(name: &str, entitlements: Dictionary) -> Dictionary {
    let certificate = dictionary([
        ("SHA1", "00".repeat(20).into()),
        ("dateExpires", "25/11/2027".into()),
        ("type", "Apple Distribution".into()),
    ]);
    let profile = dictionary([("UUID", "0a1b".into()), ("name", "Tidings Ad Hoc".into())]);
    let team = dictionary([("id", TEAM.into()), ("name", "Some Body".into())]);
    dictionary([
        ("architectures", texts(&["arm64"])),
        ("certificate", Value::Dictionary(certificate)),
        ("entitlements", Value::Dictionary(entitlements)),
        ("name", name.into()),
        ("profile", Value::Dictionary(profile)),
        ("team", Value::Dictionary(team)),
    ])
}

/// An `ExportOptions.plist` with this method.
pub fn export_options(method: &str) -> Vec<u8> {
    let options = dictionary([
        ("method", method.into()),
        ("signingStyle", "manual".into()),
        ("teamID", TEAM.into()),
    ]);
    written(options, PlistForm::Xml)
}
