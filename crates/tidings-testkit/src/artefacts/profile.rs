//! Provisioning profiles of every sort and in every encoding.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use plist::{Dictionary, Value};

use super::authority::{Authority, MessageForm, developer_certificate};
use super::property_list::{PlistForm, dictionary, texts, written};
use super::{BUNDLE, TEAM};

const DAY: Duration = Duration::from_hours(24);

/// A sort of profile, by what Apple makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileSort {
    /// iOS, development.
    Development,
    /// iOS, ad hoc.
    AdHoc,
    /// iOS, App Store.
    AppStore,
    /// iOS, in-house.
    Enterprise,
    /// macOS, development.
    MacDevelopment,
    /// macOS, App Store.
    MacAppStore,
    /// macOS, outside the App Store.
    DeveloperId,
    /// iOS, for debuggers and without devices: no sort of Apple's.
    Unusual,
}

impl ProfileSort {
    /// All sorts.
    pub const ALL: [Self; 8] = [
        Self::Development,
        Self::AdHoc,
        Self::AppStore,
        Self::Enterprise,
        Self::MacDevelopment,
        Self::MacAppStore,
        Self::DeveloperId,
        Self::Unusual,
    ];

    /// Whether it is for macOS.
    pub const fn is_for_mac(self) -> bool {
        matches!(self, Self::MacDevelopment | Self::MacAppStore | Self::DeveloperId)
    }

    /// Whether it is for development.
    pub const fn is_for_development(self) -> bool {
        matches!(self, Self::Development | Self::MacDevelopment | Self::Unusual)
    }
}

/// How a profile is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileEncoding {
    /// A signed message in DER.
    Der,
    /// In BER, with chunks of 1000 bytes.
    Ber,
    /// In BER, with chunks in chunks.
    BerNested,
    /// XML.
    Xml,
    /// XML after a byte order mark.
    XmlWithMark,
    /// XML in UTF-16.
    XmlUtf16,
    /// A binary property list.
    Binary,
    /// A signed message that somebody took for text: its bytes beyond ASCII are replaced.
    Mangled,
    /// A signed message without its first bytes.
    Beheaded,
}

impl ProfileEncoding {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Der,
        Self::Ber,
        Self::BerNested,
        Self::Xml,
        Self::XmlWithMark,
        Self::XmlUtf16,
        Self::Binary,
        Self::Mangled,
        Self::Beheaded,
    ];
}

/// A provisioning profile to be made. Every field can be changed from what Apple would write.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What sort it is.
    pub sort: ProfileSort,
    /// `Name`.
    pub name: String,
    /// `TeamIdentifier`.
    pub team: String,
    /// The prefix of App IDs: the team, but in old accounts.
    pub prefix: String,
    /// The bundle id, or a wildcard.
    pub bundle_id: String,
    /// The value of `aps-environment`.
    pub aps_environment: Option<Value>,
    /// `get-task-allow`, which not all profiles have.
    pub get_task_allow: Option<bool>,
    /// `beta-reports-active`.
    pub beta_reports_active: Option<bool>,
    /// How many devices it names.
    pub devices: Option<usize>,
    /// `Platform`; absent if empty.
    pub platforms: Vec<String>,
    /// `LocalProvision`.
    pub is_local: bool,
    /// `IsXcodeManaged`.
    pub is_xcode_managed: bool,
    /// `CreationDate`.
    pub created_at: SystemTime,
    /// `ExpirationDate`.
    pub expires_at: SystemTime,
    /// Common names of the certificates.
    pub certificates: Vec<String>,
    /// Whether the certificates are something that is no base64.
    pub has_broken_data: bool,
}

impl Profile {
    /// A profile as Apple would make it, with push.
    pub fn of(sort: ProfileSort) -> Self {
        let created_at = UNIX_EPOCH + DAY * 20_000;
        let environment = if sort.is_for_development() {
            "development"
        } else {
            "production"
        };
        let mac = sort.is_for_mac();
        let platforms: &[&str] = if mac {
            &["OSX"]
        } else {
            &["iOS", "xrOS", "visionOS"]
        };
        Self {
            sort,
            name: format!("A made-up profile: {sort:?}"),
            team: TEAM.to_owned(),
            prefix: TEAM.to_owned(),
            bundle_id: BUNDLE.to_owned(),
            aps_environment: Some(environment.into()),
            get_task_allow: (!mac).then_some(sort.is_for_development()),
            beta_reports_active: (sort == ProfileSort::AppStore).then_some(true),
            devices: matches!(
                sort,
                ProfileSort::Development | ProfileSort::AdHoc | ProfileSort::MacDevelopment
            )
            .then_some(3),
            platforms: platforms.iter().map(ToString::to_string).collect(),
            is_local: false,
            is_xcode_managed: false,
            created_at,
            expires_at: created_at + DAY * 365,
            certificates: vec![certificate(sort).to_owned()],
            has_broken_data: false,
        }
    }

    /// A profile for a wildcard App ID, which has no push.
    pub fn wildcard(sort: ProfileSort) -> Self {
        Self {
            bundle_id: "*".to_owned(),
            aps_environment: None,
            ..Self::of(sort)
        }
    }

    /// A profile of a free personal team: a week, and no push.
    pub fn personal() -> Self {
        let profile = Self::of(ProfileSort::Development);
        Self {
            aps_environment: None,
            is_local: true,
            is_xcode_managed: true,
            expires_at: profile.created_at + DAY * 7,
            ..profile
        }
    }

    /// The profile in a file.
    pub fn written(&self, authority: &Authority, encoding: ProfileEncoding) -> Vec<u8> {
        let xml = || self.xml();
        let signed = |form| authority.sign(&xml(), form);
        match encoding {
            ProfileEncoding::Der => signed(MessageForm::Der),
            ProfileEncoding::Ber => signed(ber(false)),
            ProfileEncoding::BerNested => signed(ber(true)),
            ProfileEncoding::Xml => xml(),
            ProfileEncoding::XmlWithMark => [b"\xef\xbb\xbf".to_vec(), xml()].concat(),
            ProfileEncoding::XmlUtf16 => utf16(&xml()),
            ProfileEncoding::Binary => written(self.list(), PlistForm::Binary),
            ProfileEncoding::Mangled => String::from_utf8_lossy(&signed(MessageForm::Der))
                .into_owned()
                .into_bytes(),
            ProfileEncoding::Beheaded => signed(MessageForm::Der).split_off(7),
        }
    }

    fn xml(&self) -> Vec<u8> {
        let xml = written(self.list(), PlistForm::Xml);
        if !self.has_broken_data {
            return xml;
        }
        let text = String::from_utf8_lossy(&xml).replace("<data>", "<data><!-- made up > --><none/>!!!");
        text.into_bytes()
    }

    fn list(&self) -> Dictionary {
        let mut list = dictionary([
            ("AppIDName", "Tidings".into()),
            ("ApplicationIdentifierPrefix", texts(&[&self.prefix])),
            ("CreationDate", Value::Date(self.created_at.into())),
            ("Name", self.name.as_str().into()),
            ("UUID", "0a1b2c3d-0000-4000-8000-000000000000".into()),
            ("Version", 1.into()),
            ("TimeToLive", 365.into()),
            ("TeamName", "Some Body & Co <Ltd>".into()),
            ("TeamIdentifier", texts(&[&self.team])),
            ("ExpirationDate", Value::Date(self.expires_at.into())),
            ("Entitlements", Value::Dictionary(self.entitlements())),
            ("IsXcodeManaged", self.is_xcode_managed.into()),
            ("DeveloperCertificates", self.developer_certificates()),
        ]);
        let mut set = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                list.insert(key.to_owned(), value);
            }
        };
        let platforms = (!self.platforms.is_empty()).then(|| texts(&self.platforms));
        let for_all = matches!(self.sort, ProfileSort::Enterprise | ProfileSort::DeveloperId);
        set("Platform", platforms);
        set("ProvisionedDevices", self.devices.map(devices));
        set("ProvisionsAllDevices", for_all.then(|| true.into()));
        set("LocalProvision", self.is_local.then(|| true.into()));
        list
    }

    fn entitlements(&self) -> Dictionary {
        let mac = self.sort.is_for_mac();
        let prefix = if mac { "com.apple." } else { "" };
        let push = if mac { "com.apple.developer." } else { "" };
        let mut entitlements = dictionary([
            ("com.apple.developer.team-identifier", self.team.as_str().into()),
            ("keychain-access-groups", texts(&[format!("{}.*", self.prefix)])),
        ]);
        let id = format!("{}.{}", self.prefix, self.bundle_id);
        let mut set = |key: String, value: Option<Value>| {
            if let Some(value) = value {
                entitlements.insert(key, value);
            }
        };
        set(format!("{prefix}application-identifier"), Some(id.into()));
        set(format!("{push}aps-environment"), self.aps_environment.clone());
        set("get-task-allow".to_owned(), self.get_task_allow.map(Into::into));
        set(
            "beta-reports-active".to_owned(),
            self.beta_reports_active.map(Into::into),
        );
        entitlements
    }

    fn developer_certificates(&self) -> Value {
        let certificates = self.certificates.iter();
        let certificates = certificates.map(|name| Value::Data(developer_certificate(name, &self.team)));
        Value::Array(certificates.collect())
    }
}

const fn ber(is_nested: bool) -> MessageForm {
    MessageForm::Ber {
        chunk: 1000,
        is_nested,
    }
}

const fn certificate(sort: ProfileSort) -> &'static str {
    match sort {
        ProfileSort::Development | ProfileSort::Unusual => "Apple Development: Some Body (ABCDE12345)",
        ProfileSort::AdHoc => "iPhone Distribution: Some Body (TEAM123456)",
        ProfileSort::AppStore | ProfileSort::Enterprise => "Apple Distribution: Some Body (TEAM123456)",
        ProfileSort::MacDevelopment => "Mac Developer: Some Body (ABCDE12345)",
        ProfileSort::MacAppStore => "3rd Party Mac Developer Application: Some Body (TEAM123456)",
        ProfileSort::DeveloperId => "Developer ID Application: Some Body (TEAM123456)",
    }
}

/// Devices that no one has.
fn devices(count: usize) -> Value {
    Value::Array((0..count).map(|number| format!("{number:040x}").into()).collect())
}

fn utf16(xml: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(xml);
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}
