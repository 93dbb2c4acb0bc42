//! Fills the world with what its file says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::control::{Control, ControlError, CreatedCertificate, NewDevice, NewKey, Switch};
use crate::directory::Directory;
use crate::simulator::StartError;
use crate::world_file::{WorldDevices, WorldFile, WorldKey};

/// Adds everything that the file lists, and writes the credentials that were made.
pub(crate) fn populate(
    control: &Control,
    world: &WorldFile,
    directory: &Directory,
) -> Result<(), StartError> {
    for app in &world.apps {
        control.create_app(app)?;
    }
    for key in &world.keys {
        add_key(control, key, directory)?;
    }
    for (number, new) in world.certificates.iter().enumerate() {
        let issued = control.issue_certificate(new)?;
        write_certificate(&format!("{}-{number}", new.bundle_id), &issued, directory)?;
    }
    for devices in &world.devices {
        for _ in 0..devices.count {
            add_device(control, devices)?;
        }
    }
    Ok(())
}

fn add_key(control: &Control, key: &WorldKey, directory: &Directory) -> Result<(), StartError> {
    let existing = match &key.private_key_file {
        None => None,
        Some(path) => {
            let read = std::fs::read_to_string(path);
            Some(read.map_err(|source| StartError::ReadKey {
                path: path.clone(),
                source,
            })?)
        }
    };
    let is_new = existing.is_none();
    let created = control.create_key(&NewKey {
        team_id: key.team_id.clone(),
        key_id: Some(key.key_id.clone()),
        environments: key.environments.clone(),
        topics: key.topics.clone(),
        related_key_id: key.related_key_id.clone(),
        private_key_pem: existing,
    })?;
    if is_new {
        directory.write(
            &format!("AuthKey_{}.p8", created.key_id),
            &created.private_key_pem,
        )?;
    }
    Ok(())
}

fn write_certificate(
    name: &str,
    issued: &CreatedCertificate,
    directory: &Directory,
) -> Result<(), StartError> {
    let pem = format!("{}{}", issued.certificate_pem, issued.private_key_pem);
    directory.write(&format!("{name}.pem"), pem)?;
    let pkcs12 = STANDARD.decode(&issued.pkcs12_base64).unwrap_or_default();
    directory.write(&format!("{name}.p12"), pkcs12)?;
    Ok(())
}

fn add_device(control: &Control, devices: &WorldDevices) -> Result<(), ControlError> {
    let device = control.create_device(&NewDevice {
        device_id: devices.device_id.clone(),
    })?;
    for install in &devices.installs {
        control.install(&device.device_id, install)?;
    }
    if !devices.online {
        control.set_online(&device.device_id, Switch::Off)?;
    }
    Ok(())
}
