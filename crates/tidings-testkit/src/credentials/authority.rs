//! An authority named like Apple's, and certificates of every kind that it issues.

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    date_time_ymd,
};

use super::element::{NULL, SEQUENCE, UTF8_STRING, element, of_all};
use super::key::{Algorithm, PrivateKey, content_at, content_length};

/// What a certificate is to say about itself.
#[derive(Clone, Debug, Default)]
pub struct CertificateSpec {
    /// The subject's common name.
    pub common_name: String,
    /// The subject's user id: the topic, as a rule.
    pub user_id: Option<String>,
    /// The subject's organizational unit: the team.
    pub team_id: Option<String>,
    /// Whether it is marked for the sandbox (1.2.840.113635.100.6.3.1).
    pub sandbox: bool,
    /// Whether it is marked for production (…6.3.2).
    pub production: bool,
    /// Topics with their kinds (…6.3.6).
    pub topics: Vec<(String, Vec<String>)>,
    /// Years in which it begins and ends, on the first of January.
    pub years: (i32, i32),
}

impl CertificateSpec {
    fn named(common_name: impl Into<String>) -> Self {
        Self {
            common_name: common_name.into(),
            years: (2020, 2096),
            ..Self::default()
        }
    }

    /// `Apple Push Services`: both environments and a list of topics, as since 2015.
    pub fn universal(bundle_id: &str, team_id: &str) -> Self {
        let entry = |suffix: &str, kind: &str| (format!("{bundle_id}{suffix}"), vec![kind.to_owned()]);
        Self {
            user_id: Some(bundle_id.to_owned()),
            team_id: Some(team_id.to_owned()),
            sandbox: true,
            production: true,
            topics: vec![
                entry("", "app"),
                entry(".voip", "voip"),
                entry(".complication", "complication"),
            ],
            ..Self::named(format!("Apple Push Services: {bundle_id}"))
        }
    }

    /// `Apple Development IOS Push Services`: the sandbox only.
    pub fn development(bundle_id: &str, team_id: &str) -> Self {
        Self {
            user_id: Some(bundle_id.to_owned()),
            team_id: Some(team_id.to_owned()),
            sandbox: true,
            ..Self::named(format!("Apple Development IOS Push Services: {bundle_id}"))
        }
    }

    /// `Apple Production IOS Push Services`: production only, as before 2016.
    pub fn production(bundle_id: &str, team_id: &str) -> Self {
        Self {
            user_id: Some(bundle_id.to_owned()),
            team_id: Some(team_id.to_owned()),
            production: true,
            ..Self::named(format!("Apple Production IOS Push Services: {bundle_id}"))
        }
    }

    /// A person's certificate for signing apps.
    pub fn signing(kind: &str, person: &str, team_id: &str) -> Self {
        Self {
            user_id: Some("PERSON1234".to_owned()),
            team_id: Some(team_id.to_owned()),
            ..Self::named(format!("{kind}: {person} (PERSON1234)"))
        }
    }

    /// A certificate for passes in Wallet.
    pub fn passes(pass_type_id: &str, team_id: &str) -> Self {
        Self {
            user_id: Some(pass_type_id.to_owned()),
            team_id: Some(team_id.to_owned()),
            ..Self::named(format!("Pass Type ID: {pass_type_id}"))
        }
    }

    fn params(&self) -> CertificateParams {
        let mut name = DistinguishedName::new();
        if let Some(user_id) = &self.user_id {
            let oid = vec![0, 9, 2342, 19_200_300, 100, 1, 1];
            name.push(DnType::CustomDnType(oid), user_id.as_str());
        }
        name.push(DnType::CommonName, self.common_name.as_str());
        if let Some(team_id) = &self.team_id {
            name.push(DnType::OrganizationalUnitName, team_id.as_str());
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = name;
        params.not_before = date_time_ymd(self.years.0, 1, 1);
        params.not_after = date_time_ymd(self.years.1, 1, 1);
        params.custom_extensions = self.extensions();
        params
    }

    fn extensions(&self) -> Vec<CustomExtension> {
        let mark = |last: u64, value: Vec<u8>| {
            CustomExtension::from_oid_content(&[1, 2, 840, 113_635, 100, 6, 3, last], value)
        };
        let mut extensions = Vec::new();
        if self.sandbox {
            extensions.push(mark(1, NULL.to_vec()));
        }
        if self.production {
            extensions.push(mark(2, NULL.to_vec()));
        }
        if !self.topics.is_empty() {
            let entries = self.topics.iter().flat_map(|(topic, kinds)| {
                let kinds = kinds
                    .iter()
                    .flat_map(|kind| element(UTF8_STRING, kind.as_bytes()));
                let kinds = element(SEQUENCE, &kinds.collect::<Vec<_>>());
                of_all(UTF8_STRING, &[topic.as_bytes()]).into_iter().chain(kinds)
            });
            extensions.push(mark(6, element(SEQUENCE, &entries.collect::<Vec<_>>())));
        }
        extensions
    }
}

/// An intermediate authority under a root, both named like Apple's.
pub struct Authority {
    issuer: Issuer<'static, rcgen::KeyPair>,
    /// The root, in DER.
    pub root: Vec<u8>,
    /// The intermediate, in DER.
    pub intermediate: Vec<u8>,
}

impl Authority {
    /// The name of the intermediate.
    pub const NAME: &'static str = "Apple Worldwide Developer Relations Certification Authority";

    /// Makes one.
    pub fn new() -> anyhow::Result<Self> {
        let root_key = PrivateKey::generate(Algorithm::P256)?;
        let root_params = authority_params("Apple Root CA");
        let root = root_params.self_signed(&root_key.pair)?.der().to_vec();
        let root_issuer = Issuer::new(root_params, root_key.pair);
        let key = PrivateKey::generate(Algorithm::P256)?;
        let params = authority_params(Self::NAME);
        let intermediate = params.signed_by(&key.pair, &root_issuer)?.der().to_vec();
        Ok(Self {
            issuer: Issuer::new(params, key.pair),
            root,
            intermediate,
        })
    }

    /// A certificate as the first version of X.509 had it: without a number of the version and without extensions. Its
    /// signature does not fit any more, which nobody who only reads it minds.
    pub fn without_version(certificate: &[u8]) -> anyhow::Result<Vec<u8>> {
        let content = contents(certificate).context("not a certificate")?;
        let to_be_signed = contents(content).context("not a certificate")?;
        let rest = content
            .get(content_at(content).unwrap_or_default() + to_be_signed.len()..)
            .context("no signature")?;
        let fields = to_be_signed.get(5..).context("no version")?;
        let mut end = 0;
        for _field in 0..6 {
            let field = fields.get(end..).context("a field is missing")?;
            let length = content_length(field).context("a field is damaged")?;
            end += content_at(field).context("a field is damaged")? + length;
        }
        let kept = fields.get(..end).context("a field is cut off")?;
        Ok(of_all(SEQUENCE, &[&element(SEQUENCE, kept), rest]))
    }

    /// A certificate for a key, in DER, as `.cer` files are.
    pub fn issue(&self, spec: &CertificateSpec, key: &PrivateKey) -> anyhow::Result<Vec<u8>> {
        let certificate = spec.params().signed_by(&key.pair, &self.issuer)?;
        Ok(certificate.der().to_vec())
    }
}

fn contents(element: &[u8]) -> Option<&[u8]> {
    let start = content_at(element)?;
    element.get(start..start + content_length(element)?)
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateSpec::named(name).params();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}
