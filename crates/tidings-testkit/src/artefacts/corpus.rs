//! A sample of everything, for what is done to all of them: cut off, bits flipped, misnamed, given to a fuzzer.

use super::{
    App, Architecture, Authority, Compression, DerForm, Fat, PlistForm, Profile, ProfileEncoding,
    ProfileSort, Seal, Slice, distribution_summary, executable, export_options, written, zip,
};

/// A file under a name that tells what is in it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The name, with the ending that people would give it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// One of each kind, in each container and form.
pub fn corpus() -> Vec<Sample> {
    let authority = Authority::named_as_apple();
    let mut samples = profiles(&authority);
    samples.extend(executables());
    samples.extend(property_lists());
    samples.extend(builds(&authority));
    samples
}

fn sample(name: impl Into<String>, bytes: Vec<u8>) -> Sample {
    Sample {
        name: name.into(),
        bytes,
    }
}

fn profiles(authority: &Authority) -> Vec<Sample> {
    let mut samples = Vec::new();
    for encoding in ProfileEncoding::ALL {
        let bytes = Profile::of(ProfileSort::AdHoc).written(authority, encoding);
        samples.push(sample(format!("{encoding:?}.mobileprovision"), bytes));
    }
    for sort in ProfileSort::ALL {
        let bytes = Profile::of(sort).written(authority, ProfileEncoding::Der);
        samples.push(sample(format!("{sort:?}.mobileprovision"), bytes));
    }
    samples
}

fn executables() -> Vec<Sample> {
    let seal = || Seal::with(App::entitlements(Some("production")));
    let thin = |architecture| Slice {
        architecture,
        ..Slice::signed(seal())
    };
    let der_only = |form| Seal {
        xml: None,
        der: Some((form, App::entitlements(Some("production")))),
        ..seal()
    };
    let fat = [thin(Architecture::Armv7), thin(Architecture::Arm64)];
    let simulator = Slice {
        platform: Some(7),
        section: Some(written(App::entitlements(Some("development")), PlistForm::Xml)),
        seal: None,
        ..thin(Architecture::X86_64)
    };
    vec![
        sample("thin64", executable(&[thin(Architecture::Arm64)], None)),
        sample("thin32", executable(&[thin(Architecture::Armv7)], None)),
        sample("big_endian", executable(&[thin(Architecture::Ppc)], None)),
        sample("fat32", executable(&fat, Some(Fat::Narrow))),
        sample("fat64", executable(&fat, Some(Fat::Wide))),
        sample(
            "der_set",
            executable(&[Slice::signed(der_only(DerForm::Set))], None),
        ),
        sample(
            "der",
            executable(&[Slice::signed(der_only(DerForm::Versioned))], None),
        ),
        sample("simulator", executable(&[simulator], None)),
    ]
}

fn property_lists() -> Vec<Sample> {
    let app = App::signed(App::entitlements(Some("production")));
    let source = App::entitlements(Some("$(APS_ENVIRONMENT)"));
    vec![
        sample("Info.plist", written(app.info.clone(), PlistForm::Binary)),
        sample("InfoXml.plist", written(app.info, PlistForm::Xml)),
        sample("App.entitlements", written(source, PlistForm::Xml)),
        sample(
            "DistributionSummary.plist",
            distribution_summary(App::entitlements(Some("production"))),
        ),
        sample("ExportOptions.plist", export_options("release-testing")),
    ]
}

fn builds(authority: &Authority) -> Vec<Sample> {
    let mut app = App::signed(App::entitlements(Some("production")))
        .with("PlugIns", App::service_extension())
        .with("Watch", App::watch_app())
        .with("AppClips", App::app_clip());
    app.profile = Some(Profile::of(ProfileSort::AdHoc).written(authority, ProfileEncoding::Der));
    vec![
        sample("deflated.ipa", app.ipa(Compression::Deflated)),
        sample("stored.ipa", app.ipa(Compression::Stored)),
        sample(
            "mac.zip",
            zip(&app.clone().for_mac().files(""), Compression::Deflated),
        ),
        sample(
            "archive.zip",
            zip(&app.xcarchive("Apple Development"), Compression::Deflated),
        ),
    ]
}
