//! Executables, thin and fat, with every form of entitlements.

use tidings_apns::Environment::{Production, Sandbox};
use tidings_doctor::{ApsEnvironment, Content, EntitlementsForm, Executable, read, read_executable};
use tidings_testkit::artefacts::{
    App, Architecture, BUNDLE, DerForm, Fat, PlistForm, Seal, Slice, TEAM, executable, written,
};

fn executable_in(bytes: &[u8]) -> Executable {
    let executable = match read("anything", bytes, &[]).content {
        Content::Executable(executable) => Some(executable),
        _ => None,
    };
    executable.expect("an executable")
}

fn production() -> Seal {
    Seal::with(App::entitlements(Some("production")))
}

#[test]
fn every_architecture_is_read_thin() {
    for architecture in [
        Architecture::Arm64,
        Architecture::Arm64e,
        Architecture::Armv7,
        Architecture::X86_64,
        Architecture::Ppc,
    ] {
        let slice = Slice {
            architecture,
            ..Slice::signed(production())
        };
        let read = executable_in(&executable(&[slice], None));
        let slice = &read.slices[0];
        assert!(!read.is_fat);
        assert_eq!(slice.architecture, architecture.as_str());
        assert_eq!(slice.platform.as_deref(), Some("ios"));
        assert!(!slice.is_encrypted);
        assert_eq!(slice.problems, [""; 0]);
        let signature = slice.signature.as_ref().unwrap();
        assert_eq!(signature.identifier.as_deref(), Some(BUNDLE));
        assert_eq!(signature.team_id.as_deref(), Some(TEAM));
        assert!(!signature.is_ad_hoc);
        assert_eq!(signature.forms, [EntitlementsForm::Xml, EntitlementsForm::Der]);
        let entitlements = read.entitlements().unwrap();
        assert_eq!(
            entitlements.aps_environment,
            Some(ApsEnvironment::One(Production))
        );
        assert_eq!(entitlements.team_id.as_deref(), Some(TEAM));
        assert_eq!(entitlements.get_task_allow, Some(false));
        assert_eq!(entitlements.keys, 4);
    }
}

#[test]
fn every_slice_of_a_fat_file_is_read() {
    let slices: Vec<_> = [Architecture::Armv7, Architecture::Arm64, Architecture::Arm64e]
        .map(|architecture| Slice {
            architecture,
            ..Slice::signed(production())
        })
        .into();
    for fat in [Fat::Narrow, Fat::Wide] {
        for count in 1..=3 {
            let read = executable_in(&executable(&slices[..count], Some(fat)));
            assert!(read.is_fat);
            assert_eq!(read.slices.len(), count, "{fat:?}");
            assert!(!read.slices_disagree());
            for slice in &read.slices {
                assert_eq!(slice.problems, [""; 0], "{fat:?}");
                assert!(slice.signed_entitlements().is_some(), "{fat:?}");
            }
        }
    }
}

#[test]
fn slices_that_are_signed_differently_are_told() {
    let sandbox = Seal::with(App::entitlements(Some("development")));
    let slices = [Slice::signed(production()), Slice::signed(sandbox)];
    assert!(executable_in(&executable(&slices, Some(Fat::Narrow))).slices_disagree());
}

#[test]
fn entitlements_are_read_from_both_forms_of_der_where_there_is_no_xml() {
    for (form, expected) in [
        (DerForm::Set, EntitlementsForm::DerSet),
        (DerForm::Versioned, EntitlementsForm::Der),
    ] {
        let seal = Seal {
            xml: None,
            der: Some((form, App::entitlements(Some("development")))),
            ..production()
        };
        let read = executable_in(&executable(&[Slice::signed(seal)], None));
        let (form, entitlements) = read.signature().unwrap().entitlements.clone().unwrap();
        assert_eq!(form, expected);
        assert_eq!(entitlements.aps_environment, Some(ApsEnvironment::One(Sandbox)));
        assert_eq!(entitlements.get_task_allow, Some(true));
        assert_eq!(
            entitlements.application_identifier.unwrap(),
            format!("{TEAM}.{BUNDLE}")
        );
        assert_eq!(entitlements.keys, 4);
    }
}

#[test]
fn two_forms_that_contradict_each_other_are_told() {
    let seal = Seal {
        der: Some((DerForm::Versioned, App::entitlements(Some("development")))),
        ..production()
    };
    let read = executable_in(&executable(&[Slice::signed(seal)], None));
    assert!(read.slices[0].problems[0].contains("different"));
}

#[test]
fn an_ad_hoc_signature_has_nobody_behind_it() {
    let seal = Seal {
        is_ad_hoc: true,
        team: None,
        xml: None,
        der: None,
        ..production()
    };
    let read = executable_in(&executable(&[Slice::signed(seal)], None));
    let signature = read.signature().unwrap();
    assert!(signature.is_ad_hoc);
    assert_eq!(signature.team_id, None);
    assert_eq!(signature.entitlements, None);
    assert_eq!(signature.identifier.as_deref(), Some(BUNDLE));
}

#[test]
fn an_executable_from_the_store_is_encrypted_and_read_all_the_same() {
    let slice = Slice {
        encryption: Some(true),
        ..Slice::signed(production())
    };
    let read = executable_in(&executable(&[slice], None));
    assert!(read.is_encrypted());
    assert!(read.entitlements().is_some());
}

#[test]
fn a_build_for_the_simulator_has_its_entitlements_in_a_section() {
    for architecture in [Architecture::X86_64, Architecture::Arm64, Architecture::Armv7] {
        let section = written(App::entitlements(Some("development")), PlistForm::Xml);
        let slice = Slice {
            architecture,
            platform: Some(7),
            section: Some(section),
            seal: None,
            ..Slice::signed(production())
        };
        let read = executable_in(&executable(&[slice], None));
        assert!(read.is_for_simulator());
        assert_eq!(read.signature(), None);
        let entitlements = read.slices[0].section_entitlements.as_ref().unwrap();
        assert_eq!(entitlements.aps_environment, Some(ApsEnvironment::One(Sandbox)));
    }
}

#[test]
fn an_executable_is_read_as_a_stream_a_byte_at_a_time() {
    struct Slowly<'a>(&'a [u8]);
    impl std::io::Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }
    let bytes = executable(&[Slice::signed(production())], Some(Fat::Narrow));
    let slow = read_executable("x", Slowly(&bytes));
    assert_eq!(slow, read("x", &bytes, &[]));
}

#[test]
fn a_java_class_is_no_executable() {
    let class = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0x34, 0, 1, 2, 3];
    assert!(matches!(
        read("A.class", &class, &[]).content,
        Content::Unreadable(_)
    ));
}
