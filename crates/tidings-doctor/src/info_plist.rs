//! What an `Info.plist` says that matters to push.

mod reading;

pub(crate) use reading::{is_info_plist, read};

/// The keys of an `Info.plist` that matter to push. A value can hold an unresolved build variable, such as
/// `$(PRODUCT_BUNDLE_IDENTIFIER)`, if the file is a project's source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfoPlist {
    /// `CFBundleIdentifier`: the topic of the app's ordinary tokens.
    pub bundle_id: Option<String>,
    /// `CFBundleExecutable`; it can hold spaces.
    pub executable: Option<String>,
    /// `CFBundleShortVersionString`.
    pub version: Option<String>,
    /// `CFBundleVersion`.
    pub build: Option<String>,
    /// `UIBackgroundModes`.
    pub background_modes: Vec<String>,
    /// `CFBundleSupportedPlatforms`, such as `iPhoneOS` or `iPhoneSimulator`.
    pub supported_platforms: Vec<String>,
    /// `NSExtension.NSExtensionPointIdentifier`.
    pub extension_point: Option<String>,
    /// `WKCompanionAppBundleIdentifier`: the app that a watch app belongs to.
    pub companion_bundle_id: Option<String>,
    /// `LSMinimumSystemVersion`, which only apps for macOS have.
    pub minimum_macos: Option<String>,
    /// `CFBundlePackageType`, such as `APPL` or `XPC!`.
    pub package_type: Option<String>,
    /// `WKApplication` or `WKWatchKitApp`: it is an app for the watch.
    pub is_watch_app: bool,
    /// `NSAppClip`: it is an app clip.
    pub is_app_clip: bool,
    /// `NSSupportsLiveActivities`.
    pub supports_live_activities: bool,
}

impl InfoPlist {
    /// Whether it was built for a simulator.
    pub fn is_for_simulator(&self) -> bool {
        let mut platforms = self.supported_platforms.iter();
        platforms.any(|platform| platform.ends_with("Simulator"))
    }

    /// Whether the bundle id holds a build variable: then it is a project's source, and says nothing of what is shipped.
    pub fn is_source(&self) -> bool {
        let texts = [&self.bundle_id, &self.executable, &self.version, &self.build];
        texts
            .into_iter()
            .flatten()
            .any(|text| text.contains("$(") || text.contains("${"))
    }
}
