//! Apps: bundles with an `Info.plist`, an executable and a profile, and the bundles inside them, in every container.

use plist::{Dictionary, Value};

use super::property_list::{PlistForm, dictionary, texts, written};
use super::seal::Seal;
use super::zip_archive::{Compression, ZipEntry, zip};
use super::{BUNDLE, Slice, TEAM, executable};

/// Where things lie in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// All at the top, as on iOS.
    Flat,
    /// Under `Contents`, as on macOS.
    Contents,
}

/// A bundle to be made.
#[derive(Clone, Debug)]
pub struct App {
    /// The name of its folder, such as `Tidings.app`.
    pub folder: String,
    /// Where things lie in it.
    pub layout: Layout,
    /// Its `Info.plist`.
    pub info: Dictionary,
    /// How that is written.
    pub info_form: PlistForm,
    /// The name and the bytes of its executable.
    pub executable: (String, Vec<u8>),
    /// The bytes of its profile.
    pub profile: Option<Vec<u8>>,
    /// `archived-expanded-entitlements.xcent`.
    pub expanded_entitlements: Option<Dictionary>,
    /// The bundles inside it.
    pub nested: Vec<NestedApp>,
}

/// A bundle inside a bundle.
#[derive(Clone, Debug)]
pub struct NestedApp {
    /// The folder that it lies in: `PlugIns`, `Watch`, `AppClips`.
    pub within: String,
    /// The bundle.
    pub app: App,
}

impl App {
    /// An app for phones, signed with these entitlements.
    pub fn signed(entitlements: Dictionary) -> Self {
        Self {
            folder: "Tidings.app".to_owned(),
            layout: Layout::Flat,
            info: dictionary([
                ("CFBundleIdentifier", BUNDLE.into()),
                ("CFBundleExecutable", "Tidings App".into()),
                ("CFBundleShortVersionString", "1.2.3".into()),
                ("CFBundleVersion", "812".into()),
                ("CFBundlePackageType", "APPL".into()),
                ("CFBundleSupportedPlatforms", texts(&["iPhoneOS"])),
                ("UIBackgroundModes", texts(&["remote-notification", "voip"])),
            ]),
            info_form: PlistForm::Binary,
            executable: (
                "Tidings App".to_owned(),
                executable(&[Slice::signed(Seal::with(entitlements))], None),
            ),
            profile: None,
            expanded_entitlements: None,
            nested: Vec::new(),
        }
    }

    /// Entitlements of the app with this `aps-environment`.
    pub fn entitlements(aps_environment: Option<&str>) -> Dictionary {
        let mut entitlements = dictionary([
            ("application-identifier", format!("{TEAM}.{BUNDLE}").into()),
            ("com.apple.developer.team-identifier", TEAM.into()),
            ("get-task-allow", (aps_environment == Some("development")).into()),
        ]);
        if let Some(value) = aps_environment {
            entitlements.insert("aps-environment".to_owned(), value.into());
        }
        entitlements
    }

    /// A notification service extension, signed without push.
    pub fn service_extension() -> Self {
        let point = dictionary([(
            "NSExtensionPointIdentifier",
            "com.apple.usernotifications.service".into(),
        )]);
        Self::inner(
            "Service.appex",
            "service",
            dictionary([("NSExtension", Value::Dictionary(point))]),
        )
    }

    /// A watch app.
    pub fn watch_app() -> Self {
        let info = dictionary([
            ("WKCompanionAppBundleIdentifier", BUNDLE.into()),
            ("WKApplication", true.into()),
        ]);
        Self::inner("Watch.app", "watchkitapp", info)
    }

    /// An app clip.
    pub fn app_clip() -> Self {
        let info = dictionary([("NSAppClip", Value::Dictionary(Dictionary::new()))]);
        Self::inner("Clip.app", "Clip", info)
    }

    fn inner(folder: &str, suffix: &str, extra: Dictionary) -> Self {
        let id = format!("{BUNDLE}.{suffix}");
        let name = folder.split('.').next().unwrap_or_default();
        let mut info = dictionary([
            ("CFBundleIdentifier", id.as_str().into()),
            ("CFBundleExecutable", name.into()),
        ]);
        info.extend(extra);
        let mut seal = Seal::with(dictionary([(
            "application-identifier",
            format!("{TEAM}.{id}").into(),
        )]));
        seal.identifier = id;
        Self {
            folder: folder.to_owned(),
            info,
            executable: (name.to_owned(), executable(&[Slice::signed(seal)], None)),
            ..Self::signed(Dictionary::new())
        }
    }

    /// With a bundle inside it.
    #[must_use]
    pub fn with(mut self, within: &str, app: Self) -> Self {
        self.nested.push(NestedApp {
            within: within.to_owned(),
            app,
        });
        self
    }

    /// As for macOS: under `Contents`.
    #[must_use]
    pub fn for_mac(mut self) -> Self {
        self.layout = Layout::Contents;
        self.info
            .insert("LSMinimumSystemVersion".to_owned(), "13.0".into());
        self.info
            .insert("CFBundleSupportedPlatforms".to_owned(), texts(&["MacOSX"]));
        self
    }

    /// The files of the bundle, in a folder.
    pub fn files(&self, folder: &str) -> Vec<ZipEntry> {
        let mut files = Vec::new();
        self.add_files(&join(folder, &self.folder), &mut files);
        files
    }

    /// The files of the bundle, without a folder around them.
    pub fn files_of_bundle(&self) -> Vec<ZipEntry> {
        let mut files = Vec::new();
        self.add_files("", &mut files);
        files
    }

    fn add_files(&self, base: &str, files: &mut Vec<ZipEntry>) {
        let is_flat = self.layout == Layout::Flat;
        let inner = if is_flat {
            base.to_owned()
        } else {
            join(base, "Contents")
        };
        let mut add = |path: String, content: Vec<u8>| files.push(ZipEntry { path, content });
        add(
            join(&inner, "Info.plist"),
            written(self.info.clone(), self.info_form),
        );
        add(join(&inner, "Assets.car"), vec![0x55; 900]);
        let code = if is_flat {
            inner.clone()
        } else {
            join(&inner, "MacOS")
        };
        add(join(&code, &self.executable.0), self.executable.1.clone());
        let profile = if is_flat {
            "embedded.mobileprovision"
        } else {
            "embedded.provisionprofile"
        };
        if let Some(bytes) = &self.profile {
            add(join(&inner, profile), bytes.clone());
        }
        if let Some(entitlements) = &self.expanded_entitlements {
            let bytes = written(entitlements.clone(), PlistForm::Xml);
            add(join(&inner, "archived-expanded-entitlements.xcent"), bytes);
        }
        add(
            join(&inner, "_CodeSignature/CodeResources"),
            b"<plist></plist>".to_vec(),
        );
        for nested in &self.nested {
            let folder = join(&join(&inner, &nested.within), &nested.app.folder);
            nested.app.add_files(&folder, files);
        }
    }

    /// An `.ipa`.
    pub fn ipa(&self, compression: Compression) -> Vec<u8> {
        zip(&self.files("Payload"), compression)
    }

    /// The files of an `.xcarchive` that was signed by this identity.
    pub fn xcarchive(&self, identity: &str) -> Vec<ZipEntry> {
        let properties = dictionary([
            ("ApplicationPath", format!("Applications/{}", self.folder).into()),
            ("CFBundleIdentifier", BUNDLE.into()),
            ("SigningIdentity", identity.into()),
            ("Team", TEAM.into()),
        ]);
        let info = dictionary([
            ("ApplicationProperties", Value::Dictionary(properties)),
            ("ArchiveVersion", 2.into()),
            ("SchemeName", "Tidings".into()),
        ]);
        let mut files = self.files("Products/Applications");
        files.push(ZipEntry {
            path: "Info.plist".to_owned(),
            content: written(info, PlistForm::Xml),
        });
        files.push(ZipEntry {
            path: "dSYMs/Tidings.app.dSYM/Contents/Info.plist".to_owned(),
            content: b"<plist></plist>".to_vec(),
        });
        files
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
