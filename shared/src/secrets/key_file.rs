//! The key file of the local binary, which wraps data keys where there is no key service.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::ids::ApplicationId;
use crate::random::Random;
use crate::secrets::data_key::{DataKey, KeyWrapper, WrappedKey, Wrapping};

/// The key file of the local binary: 32 random bytes that wrap every data key.
#[derive(Debug)]
pub struct KeyFile {
    key: DataKey,
    random: Random,
}

/// The reason why a key file cannot be used. Its text names the file.
#[derive(Debug, thiserror::Error)]
#[error("the sealing key {path}: {why}")]
pub struct KeyFileFault {
    path: String,
    why: String,
}

impl KeyFile {
    /// Reads the key file, or makes it, readable by its owner alone. One that others may read is
    /// refused, because it may have leaked. One that is not 32 bytes long is refused too: a new key
    /// would lose every secret.
    pub fn open_or_create(path: &Path, random: &Random) -> Result<Self, KeyFileFault> {
        let fault = |why: String| KeyFileFault {
            path: path.display().to_string(),
            why,
        };
        let io = |fault_: std::io::Error| fault(fault_.to_string());
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
        {
            Ok(mut file) => {
                let key = random
                    .bytes::<32>()
                    .map_err(|_| fault("no randomness to be had".into()))?;
                file.write_all(&key)
                    .and_then(|()| file.sync_all())
                    .map_err(io)?;
                Ok(Self {
                    key: DataKey::new(key),
                    random: random.clone(),
                })
            }
            Err(exists) if exists.kind() == std::io::ErrorKind::AlreadyExists => {
                let mut file = File::open(path).map_err(io)?;
                let mode = file.metadata().map_err(io)?.permissions().mode();
                // Somebody else may have read the key already, so this is not mended in silence.
                if mode & 0o077 != 0 {
                    return Err(fault(format!(
                        "others may read it (mode {:o}); take that away with `chmod 600`",
                        mode & 0o777
                    )));
                }
                let mut bytes = Zeroizing::new(Vec::with_capacity(32));
                file.read_to_end(&mut bytes).map_err(io)?;
                let key = DataKey::from_slice(&bytes)
                    .ok_or_else(|| fault(format!("it has {} bytes instead of 32", bytes.len())))?;
                Ok(Self {
                    key,
                    random: random.clone(),
                })
            }
            Err(other) => Err(io(other)),
        }
    }

    /// Returns a key that lives as long as this process, for a store that does too.
    pub fn ephemeral(random: &Random) -> Result<Self> {
        Ok(Self {
            key: DataKey::new(random.bytes()?),
            random: random.clone(),
        })
    }
}

fn bound_to_application(application: &ApplicationId) -> Vec<u8> {
    [b"countersign data key\0", application.as_str().as_bytes()].concat()
}

impl KeyWrapper for KeyFile {
    fn make<'a>(&'a self, application: &'a ApplicationId) -> Wrapping<'a, (DataKey, WrappedKey)> {
        Box::pin(async move {
            let data_key = DataKey::new(self.random.bytes()?);
            let wrapped = self.key.seal(
                data_key.expose(),
                &bound_to_application(application),
                &self.random,
            )?;
            Ok((data_key, WrappedKey(wrapped)))
        })
    }

    fn unwrap<'a>(
        &'a self,
        application: &'a ApplicationId,
        wrapped: &'a WrappedKey,
    ) -> Wrapping<'a, DataKey> {
        Box::pin(async move {
            let plain = self
                .key
                .open(&wrapped.0, &bound_to_application(application))?;
            DataKey::from_slice(&plain)
                .ok_or_else(|| Error::unexpected("a data key is not 32 bytes long"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_private_kept_and_never_replaced() {
        let folder = std::env::temp_dir().join(Random::default().id(16).unwrap());
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("sealing.key");
        let random = Random::default();
        let first = KeyFile::open_or_create(&path, &random).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            *KeyFile::open_or_create(&path, &random)
                .unwrap()
                .key
                .expose(),
            *first.key.expose()
        );

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let fault = KeyFile::open_or_create(&path, &random)
            .unwrap_err()
            .to_string();
        assert!(fault.contains("others may read it"), "{fault}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, b"short").unwrap();
        let fault = KeyFile::open_or_create(&path, &random)
            .unwrap_err()
            .to_string();
        assert!(fault.contains("5 bytes instead of 32"), "{fault}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
