//! Facts made by hand, as the readers would find them.

use std::time::Duration;

use tidings_apns::{Environment, Timestamp};
use tidings_doctor::{
    Answer, ApsEnvironment, Artefact, Build, Bundle, BundleRole, Case, CertificateEntry,
    ConfiguredCredential, Container, Content, CredentialFile, CredentialForm, Diagnosis, Entitlements,
    EntitlementsForm, Executable, InfoPlist, KeyFile, Probe, ProbeOutcome, ProbeStep, Profile,
    ProfileEncoding, ProfileKind, ProviderTokenFacts, Registration, Signature, Slice,
};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);
pub(crate) const DAY: Duration = Duration::from_hours(24);
pub(crate) const APP: &str = "com.example.app";
pub(crate) const TEAM: &str = "TEAM123456";
pub(crate) const KEY: &str = "KEYID12345";
pub(crate) const PRODUCTION: Environment = Environment::Production;
pub(crate) const SANDBOX: Environment = Environment::Sandbox;

/// A case with its answer, if there is one.
pub(crate) fn case() -> Case {
    Case::new(NOW)
}

pub(crate) fn answered(status: u16, reason: &str) -> Case {
    Case {
        answer: Some(answer(status, reason)),
        ..case()
    }
}

pub(crate) fn said(message: &str) -> Case {
    Case {
        message: Some(message.to_owned()),
        ..case()
    }
}

pub(crate) fn answer(status: u16, reason: &str) -> Answer {
    Answer {
        status,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        timestamp: None,
    }
}

pub(crate) trait With: Sized {
    fn with(self, artefact: Artefact) -> Self;
    fn sent_to(self, environment: Environment) -> Self;
    fn topic(self, topic: &str) -> Self;
    fn token(self, text: &str) -> Self;
    fn credential(self, credential: ConfiguredCredential) -> Self;
    fn registered(self, change: impl FnOnce(&mut Registration)) -> Self;
}

impl With for Case {
    fn with(mut self, artefact: Artefact) -> Self {
        self.artefacts.push(artefact);
        self
    }

    fn sent_to(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    fn topic(mut self, topic: &str) -> Self {
        self.topic = Some(topic.to_owned());
        self
    }

    fn token(mut self, text: &str) -> Self {
        self.device_token = Some(text.to_owned());
        self
    }

    fn credential(mut self, credential: ConfiguredCredential) -> Self {
        self.credentials.push(credential);
        self
    }

    fn registered(mut self, change: impl FnOnce(&mut Registration)) -> Self {
        let mut registration = Registration::default();
        change(&mut registration);
        self.registration = Some(registration);
        self
    }
}

pub(crate) fn entitlements(environment: Option<Environment>) -> Entitlements {
    Entitlements {
        aps_environment: environment.map(ApsEnvironment::One),
        application_identifier: Some(format!("{TEAM}.{APP}")),
        team_id: Some(TEAM.to_owned()),
        get_task_allow: Some(environment == Some(SANDBOX)),
        beta_reports_active: None,
        keys: 4,
    }
}

pub(crate) fn profile(kind: ProfileKind, environment: Option<Environment>) -> Profile {
    Profile {
        encoding: ProfileEncoding::Der,
        kind,
        name: Some("A profile".to_owned()),
        uuid: None,
        app_id_name: None,
        team_ids: vec![TEAM.to_owned()],
        app_id_prefixes: vec![TEAM.to_owned()],
        created_at: Some(NOW.saturating_sub(DAY * 30)),
        expires_at: Some(NOW.saturating_add(DAY * 300)),
        platforms: vec!["iOS".to_owned()],
        devices: None,
        provisions_all_devices: false,
        is_xcode_managed: true,
        is_local: false,
        certificates: Vec::new(),
        signer: Some("Apple iPhone OS Provisioning Profile Signing".to_owned()),
        entitlements: entitlements(environment),
        doubts: Vec::new(),
    }
}

pub(crate) fn executable(entitlements: Option<Entitlements>) -> Executable {
    Executable {
        slices: vec![Slice {
            architecture: "arm64".to_owned(),
            platform: Some("ios".to_owned()),
            is_encrypted: false,
            signature: Some(Signature {
                identifier: Some(APP.to_owned()),
                team_id: Some(TEAM.to_owned()),
                is_ad_hoc: false,
                entitlements: entitlements.map(|it| (EntitlementsForm::Xml, it)),
                forms: vec![EntitlementsForm::Xml],
            }),
            section_entitlements: None,
            problems: Vec::new(),
        }],
        is_fat: false,
    }
}

pub(crate) fn bundle(id: &str, role: BundleRole) -> Bundle {
    Bundle {
        path: "Payload/App.app".to_owned(),
        role,
        info: Some(InfoPlist {
            bundle_id: Some(id.to_owned()),
            supported_platforms: vec!["iPhoneOS".to_owned()],
            background_modes: vec!["remote-notification".to_owned(), "voip".to_owned()],
            ..InfoPlist::default()
        }),
        executable: None,
        profile: None,
        expanded_entitlements: None,
        problems: Vec::new(),
    }
}

/// A build whose signature and profile agree.
pub(crate) fn build(kind: ProfileKind, environment: Environment) -> Build {
    Build {
        container: Container::Ipa,
        app: Bundle {
            executable: Some(executable(Some(entitlements(Some(environment))))),
            profile: Some(profile(kind, Some(environment))),
            ..bundle(APP, BundleRole::App)
        },
        nested: Vec::new(),
        notes: Vec::new(),
    }
}

pub(crate) fn changed(mut build: Build, change: impl FnOnce(&mut Build)) -> Build {
    change(&mut build);
    build
}

pub(crate) fn named(id: &str, kind: ProfileKind, environment: Environment) -> Build {
    changed(build(kind, environment), |build| {
        build.app = Bundle {
            info: bundle(id, BundleRole::App).info,
            ..build.app.clone()
        }
    })
}

/// Signed by another team.
pub(crate) fn of_team(team: &str) -> Build {
    changed(build(ProfileKind::AppStore, PRODUCTION), |build| {
        let mut entitlements = entitlements(Some(PRODUCTION));
        entitlements.team_id = Some(team.to_owned());
        build.app.executable = Some(executable(Some(entitlements.clone())));
        if let Some(profile) = &mut build.app.profile {
            profile.team_ids = vec![team.to_owned()];
            profile.entitlements = entitlements;
        }
    })
}

pub(crate) fn debug() -> Build {
    build(ProfileKind::Development, SANDBOX)
}

pub(crate) fn store() -> Build {
    build(ProfileKind::AppStore, PRODUCTION)
}

/// An app as it was downloaded from the App Store: signed and encrypted, without a profile.
pub(crate) fn downloaded() -> Build {
    changed(store(), |build| {
        build.app.profile = None;
        for slice in build.app.executable.iter_mut().flat_map(|it| &mut it.slices) {
            slice.is_encrypted = true;
        }
    })
}

pub(crate) fn ipa(build: Build) -> Artefact {
    at("App.ipa", build)
}

pub(crate) fn at(path: &str, build: Build) -> Artefact {
    artefact(path, Content::Build(Box::new(build)))
}

pub(crate) fn artefact(path: &str, content: Content) -> Artefact {
    Artefact {
        path: path.to_owned(),
        content,
    }
}

pub(crate) fn loose(profile: Profile) -> Artefact {
    artefact("App.mobileprovision", Content::Profile(Box::new(profile)))
}

/// A signing key as configured, with its file.
pub(crate) fn configured_key() -> ConfiguredCredential {
    ConfiguredCredential {
        origin: "tidings.toml".to_owned(),
        path: Some("AuthKey_KEYID12345.p8".to_owned()),
        key_id: Some(KEY.to_owned()),
        team_id: Some(TEAM.to_owned()),
        ..ConfiguredCredential::default()
    }
}

pub(crate) fn key_file(signs: bool) -> CredentialFile {
    let kind = if signs {
        "a P-256 private key"
    } else {
        "an RSA private key"
    };
    CredentialFile {
        form: CredentialForm::Pem,
        key_id_in_name: Some(KEY.to_owned()),
        keys: vec![KeyFile {
            kind: kind.to_owned(),
            signs_provider_tokens: signs,
            public_key_sha256: Some("aa".to_owned()),
        }],
        certificates: Vec::new(),
        notes: Vec::new(),
        unusable: None,
        advice: None,
    }
}

pub(crate) fn key() -> Artefact {
    artefact("AuthKey_KEYID12345.p8", Content::Credential(key_file(true)))
}

pub(crate) fn certificate_entry() -> CertificateEntry {
    CertificateEntry {
        common_name: Some(format!("Apple Push Services: {APP}")),
        user_id: Some(APP.to_owned()),
        team_id: Some(TEAM.to_owned()),
        environments: vec![PRODUCTION, SANDBOX],
        topics: vec![APP.to_owned(), format!("{APP}.voip")],
        is_for_push: true,
        is_authority: false,
        issuer: Some("Apple Worldwide Developer Relations Certification Authority".to_owned()),
        not_before: NOW.saturating_sub(DAY * 100),
        not_after: NOW.saturating_add(DAY * 200),
        public_key_sha256: "bb".to_owned(),
        has_key: true,
    }
}

pub(crate) fn keystore(change: impl FnOnce(&mut CertificateEntry)) -> Artefact {
    let mut certificate = certificate_entry();
    change(&mut certificate);
    artefact("push.p12", Content::Credential(keystore_of(vec![certificate])))
}

pub(crate) fn keystore_of(certificates: Vec<CertificateEntry>) -> CredentialFile {
    CredentialFile {
        form: CredentialForm::Pkcs12,
        key_id_in_name: None,
        keys: Vec::new(),
        certificates,
        notes: Vec::new(),
        unusable: None,
        advice: None,
    }
}

pub(crate) fn provider_token(change: impl FnOnce(&mut ProviderTokenFacts)) -> Artefact {
    let mut token = ProviderTokenFacts {
        algorithm: Some("ES256".to_owned()),
        key_id: Some(KEY.to_owned()),
        team_id: Some(TEAM.to_owned()),
        issued_at: Some(NOW.saturating_sub(Duration::from_mins(10))),
        flaws: Vec::new(),
    };
    change(&mut token);
    artefact("jwt.txt", Content::ProviderToken(token))
}

pub(crate) fn probe(environment: Environment, step: ProbeStep, outcome: ProbeOutcome) -> Probe {
    Probe {
        environment,
        endpoint: format!("{}:443", environment.host()),
        step,
        outcome,
    }
}

pub(crate) fn probed(environment: Environment, step: ProbeStep, status: u16, reason: &str) -> Probe {
    let outcome = ProbeOutcome::Answered {
        answer: answer(status, reason),
        clock_ahead_seconds: Some(0),
    };
    probe(environment, step, outcome)
}

pub(crate) fn failed(step: ProbeStep, error: &str, issuer: Option<&str>) -> Probe {
    let outcome = ProbeOutcome::Failed {
        error: error.to_owned(),
        issuer: issuer.map(str::to_owned),
    };
    probe(PRODUCTION, step, outcome)
}

/// Whether a code is among the causes or the findings.
pub(crate) fn speaks_of(diagnosis: &Diagnosis, code: &str) -> bool {
    let found = diagnosis.findings.iter().any(|finding| finding.code == code);
    found || diagnosis.causes.iter().any(|cause| cause.code == code)
}

/// A device token as they are.
pub(crate) const TOKEN: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The same without its first digit, and its beginning.
pub(crate) const HALF_A_BYTE: &str = "0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const CUT_OFF: &str = "00112233445566778899aabbccddeeff00112233";
