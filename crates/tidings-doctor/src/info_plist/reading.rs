//! From a property list to what of an `Info.plist` matters.

use super::InfoPlist;
use crate::property_list::Value;
use crate::text::{non_empty, shortened};

/// Keys of which an `Info.plist` has one at least, also in a project's source.
const KEYS: [&str; 12] = [
    "CFBundleIdentifier",
    "CFBundleExecutable",
    "CFBundleName",
    "CFBundleDisplayName",
    "CFBundleVersion",
    "CFBundleShortVersionString",
    "CFBundlePackageType",
    "UIBackgroundModes",
    "NSExtension",
    "EXAppExtensionAttributes",
    "UILaunchStoryboardName",
    "UIApplicationSceneManifest",
];

/// More background modes or platforms than there are.
const MAX_NAMES: usize = 32;

/// Whether a property list is an `Info.plist`.
pub(crate) fn is_info_plist(list: &Value) -> bool {
    KEYS.iter().any(|key| list.at(key).is_some())
}

/// The facts of an `Info.plist`.
pub(crate) fn read(list: &Value) -> InfoPlist {
    let text = |key| non_empty(list.text_at(key));
    let is_set = |key| list.flag_at(key) == Some(true);
    InfoPlist {
        bundle_id: text("CFBundleIdentifier"),
        executable: text("CFBundleExecutable"),
        version: text("CFBundleShortVersionString"),
        build: text("CFBundleVersion"),
        package_type: text("CFBundlePackageType"),
        background_modes: names(list, "UIBackgroundModes"),
        supported_platforms: names(list, "CFBundleSupportedPlatforms"),
        extension_point: extension_point(list),
        companion_bundle_id: text("WKCompanionAppBundleIdentifier"),
        minimum_macos: text("LSMinimumSystemVersion"),
        is_watch_app: is_set("WKApplication") || is_set("WKWatchKitApp"),
        is_app_clip: list.at("NSAppClip").is_some(),
        supports_live_activities: is_set("NSSupportsLiveActivities"),
    }
}

fn names(list: &Value, key: &str) -> Vec<String> {
    list.texts_at(key)
        .into_iter()
        .take(MAX_NAMES)
        .map(shortened)
        .collect()
}

/// The point that an extension extends, in its old place or in that of `ExtensionKit`.
fn extension_point(list: &Value) -> Option<String> {
    let old = list
        .at("NSExtension")
        .and_then(|value| value.text_at("NSExtensionPointIdentifier"));
    let new = || {
        list.at("EXAppExtensionAttributes")?
            .text_at("EXExtensionPointIdentifier")
    };
    non_empty(old.or_else(new))
}
