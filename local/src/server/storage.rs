//! Storage of the local server: a folder, memory, or DynamoDB at a URL.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shared::{KeyFile, KeyWrapper, Random};

use crate::dynamodb::{Backend, Endpoint};
use crate::embedded::Embedded;
use crate::fault::StartError;

const DATABASE: &str = "countersign.db";
const SEALING_KEY: &str = "sealing.key";
const LOCK: &str = "lock";

/// The storage to use.
#[derive(Clone, Debug)]
pub enum Storage {
    /// Memory: everything is gone when the server stops.
    Memory,
    /// A folder, which is created if it is missing.
    Folder(PathBuf),
    /// DynamoDB at a URL, with the sealing key in a folder.
    Endpoint {
        /// `http://HOST:PORT` or `https://HOST`
        url: String,
        /// The folder of the sealing key.
        folder: PathBuf,
    },
    /// DynamoDB at a URL, under a sealing key that is gone when the server stops: for tests.
    EndpointMemory {
        /// `http://HOST:PORT` or `https://HOST`
        url: String,
    },
    /// The storage of another server in this process.
    Shared {
        /// Its DynamoDB.
        store: Embedded,
        /// Its sealing key.
        keys: Arc<dyn KeyWrapper>,
    },
}

/// Storage that is ready for use.
#[derive(Debug)]
pub(super) struct OpenStorage {
    pub(super) backend: Backend,
    pub(super) keys: Arc<dyn KeyWrapper>,
    /// The sealing key's file, if it was made just now.
    pub(super) new_key: Option<PathBuf>,
    /// The lock file, which keeps other processes out of the folder while it is open.
    _lock: Option<File>,
}

impl Storage {
    pub(super) async fn open(self, random: &Random) -> Result<OpenStorage, StartError> {
        let ephemeral = || -> Result<Arc<dyn KeyWrapper>, StartError> {
            Ok(Arc::new(KeyFile::ephemeral(random)?))
        };
        let key_file = match &self {
            Self::Folder(folder) | Self::Endpoint { folder, .. } => Some(folder.join(SEALING_KEY)),
            _ => None,
        };
        let new_key = key_file.filter(|file| !file.exists());
        let (backend, keys, lock) = match self {
            Self::Memory => (Backend::Embedded(Embedded::memory()?), ephemeral()?, None),
            Self::Folder(folder) => {
                let lock = lock_folder(&folder)?;
                let file = folder.join(DATABASE);
                // A new key for old data would lose every secret in it, so that the key comes first.
                if file.exists() && !folder.join(SEALING_KEY).exists() {
                    return Err(StartError::KeyMissing(folder.join(SEALING_KEY)));
                }
                let keys = keys_in(&folder, random)?;
                let store = Embedded::open(&file)
                    .map_err(|fault| StartError::Database(file.clone(), fault))?;
                (Backend::Embedded(store), keys, Some(lock))
            }
            Self::Endpoint { url, folder } => {
                let endpoint = Endpoint::new(&url).await?;
                let lock = lock_folder(&folder)?;
                (
                    Backend::Endpoint(endpoint),
                    keys_in(&folder, random)?,
                    Some(lock),
                )
            }
            Self::EndpointMemory { url } => (
                Backend::Endpoint(Endpoint::new(&url).await?),
                ephemeral()?,
                None,
            ),
            Self::Shared { store, keys } => (Backend::Embedded(store), keys, None),
        };
        Ok(OpenStorage {
            backend,
            keys,
            new_key,
            _lock: lock,
        })
    }
}

impl OpenStorage {
    pub(super) fn embedded(&self) -> Option<&Embedded> {
        match &self.backend {
            Backend::Embedded(store) => Some(store),
            Backend::Endpoint(_) => None,
        }
    }

    pub(super) fn shared(&self) -> Option<Storage> {
        Some(Storage::Shared {
            store: self.embedded()?.clone(),
            keys: Arc::clone(&self.keys),
        })
    }
}

fn keys_in(folder: &Path, random: &Random) -> Result<Arc<dyn KeyWrapper>, StartError> {
    Ok(Arc::new(KeyFile::open_or_create(
        &folder.join(SEALING_KEY),
        random,
    )?))
}

/// Creates the folder if it is missing, and locks it for this process.
fn lock_folder(folder: &Path) -> Result<File, StartError> {
    let fault = |fault| StartError::Folder(folder.to_owned(), fault);
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder).map_err(fault)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(folder.join(LOCK)).map_err(fault)?;
    // The system lets go of it when the process ends, however it ends.
    lock.try_lock().map_err(|refused| match refused {
        TryLockError::WouldBlock => StartError::InUse(folder.to_owned()),
        TryLockError::Error(refused) => fault(refused),
    })?;
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_is_private_and_for_one_process() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b");
        let lock = lock_folder(&folder).unwrap();
        let mode = folder.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(matches!(lock_folder(&folder), Err(StartError::InUse(_))));
        drop(lock);
        lock_folder(&folder).unwrap();
    }

    #[test]
    fn a_file_is_no_folder() {
        let outer = tempfile::tempdir().unwrap();
        let file = outer.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(lock_folder(&file), Err(StartError::Folder(..))));
    }
}
