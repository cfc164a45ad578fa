//! Sealing: secrets at rest are encrypted under a data key of their application, and that key is
//! wrapped by something that this process does not keep in the database.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::{Zeroize, Zeroizing};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::ids::{ApplicationId, ClientId};
use crate::opened::Opened;
use crate::random::Random;
use crate::secret::ClientSecret;

const NONCE_BYTES: usize = 12;

/// The key under which an application's secrets are sealed, in the clear. Wiped when dropped.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A key from 256 random bits, or from what a key service opened.
    pub fn new(mut bytes: [u8; 32]) -> Self {
        let key = Self(Zeroizing::new(bytes));
        bytes.zeroize();
        key
    }

    /// The key that these bytes are; `None` if they are not 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().map(Self::new)
    }

    /// The key itself, for a key service that hands it out.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// AES-256-GCM with a random nonce in front; `bound` must be the same to open it again.
    fn seal(&self, plain: &[u8], bound: &[u8], random: &Random) -> Result<Vec<u8>> {
        let nonce = random.bytes::<NONCE_BYTES>()?;
        let sealed = Aes256Gcm::new((&*self.0).into())
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: bound,
                },
            )
            .map_err(|_| Error::unexpected("sealing failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, sealed: &[u8], bound: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let broken = || {
            Error::unexpected(
                "a sealed value does not open: another key, or moved from another record",
            )
        };
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(broken)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| broken())?;
        Aes256Gcm::new((&*self.0).into())
            .decrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: ciphertext,
                    aad: bound,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| broken())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// A data key as it is stored: only a [`KeyWrapper`] opens it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WrappedKey(pub Vec<u8>);

/// The name under which the key management service is told whose data key it is: it opens one only
/// for the application that it was made for, and policies demand that it is told.
pub const ENCRYPTION_CONTEXT: &str = "countersign:application";

/// What a [`KeyWrapper`] does takes time: on AWS it is a call to the key service.
pub type Wrapping<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Makes and opens data keys. Locally that is a key file, on AWS the key management service; each
/// binds a key to its application, so that one application's key does not open for another.
pub trait KeyWrapper: Send + Sync + fmt::Debug {
    /// A new data key for `application`, in the clear and wrapped.
    fn make<'a>(&'a self, application: &'a ApplicationId) -> Wrapping<'a, (DataKey, WrappedKey)>;

    /// Opens a data key of `application`.
    fn unwrap<'a>(
        &'a self,
        application: &'a ApplicationId,
        wrapped: &'a WrappedKey,
    ) -> Wrapping<'a, DataKey>;
}

/// The key file of the local binary: 32 random bytes that wrap every data key.
#[derive(Debug)]
pub struct KeyFile {
    key: DataKey,
    random: Random,
}

/// Why a key file can not be used. The sentence names the file.
#[derive(Debug, thiserror::Error)]
#[error("the sealing key {path}: {why}")]
pub struct KeyFileFault {
    path: String,
    why: String,
}

impl KeyFile {
    /// Reads the key file, or makes it, readable by its owner alone. One that others may read, or
    /// that is not 32 bytes long, is refused: silence would be a leak, a new key would lose every
    /// secret.
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

    /// A key that lives as long as this process, for a store that does too.
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
                &*data_key.0,
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

/// The data keys that this process has opened. Each is forgotten after a few minutes, so that a key
/// that was disabled or taken away where it is kept soon opens nothing anywhere.
#[derive(Clone, Debug)]
pub(crate) struct DataKeys {
    wrapper: Arc<dyn KeyWrapper>,
    /// By application too: the same bytes must not open for another.
    opened: Opened<(ApplicationId, WrappedKey), DataKey>,
    clock: Clock,
    random: Random,
}

impl DataKeys {
    pub(crate) fn new(wrapper: Arc<dyn KeyWrapper>, clock: Clock, random: Random) -> Self {
        Self {
            wrapper,
            opened: Opened::default(),
            clock,
            random,
        }
    }

    /// A new application's key, wrapped.
    pub(crate) async fn make(&self, application: &ApplicationId) -> Result<WrappedKey> {
        self.wrapper
            .make(application)
            .await
            .map(|(_, wrapped)| wrapped)
    }

    /// The sealer of one application.
    pub(crate) async fn sealer(
        &self,
        application: &ApplicationId,
        wrapped: &WrappedKey,
    ) -> Result<Sealer> {
        let name = (application.clone(), wrapped.clone());
        // The moment before it is opened counts: that may take a while.
        let now = self.clock.now();
        let key = if let Some(key) = self.opened.get(&name, now) {
            key
        } else {
            let key = self.wrapper.unwrap(application, wrapped).await?;
            self.opened.remember(name, key, now)
        };
        Ok(Sealer {
            key,
            application: application.clone(),
            random: self.random.clone(),
        })
    }
}

/// Seals and opens the secrets of one application's clients. What is sealed is bound to the
/// application, the client and the secret's serial number: moved to another record it does not open.
#[derive(Debug)]
pub(crate) struct Sealer {
    key: Arc<DataKey>,
    application: ApplicationId,
    random: Random,
}

impl Sealer {
    pub(crate) fn seal(
        &self,
        client: &ClientId,
        serial: u32,
        secret: &ClientSecret,
    ) -> Result<Vec<u8>> {
        self.key.seal(
            secret.expose().as_bytes(),
            &self.bound_to(client, serial),
            &self.random,
        )
    }

    pub(crate) fn open(
        &self,
        client: &ClientId,
        serial: u32,
        sealed: &[u8],
    ) -> Result<ClientSecret> {
        let plain = self.key.open(sealed, &self.bound_to(client, serial))?;
        std::str::from_utf8(&plain)
            .map(ClientSecret::from_outside)
            .map_err(|_| Error::unexpected("a sealed secret is not UTF-8"))
    }

    /// Seals something else than a client's secret. It opens only for the same `what` of the same
    /// `whose`, under the same serial number.
    pub(crate) fn seal_other(
        &self,
        [what, whose]: [&str; 2],
        serial: u32,
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        let bound = self.bound([what, whose], serial);
        self.key.seal(plain, &bound, &self.random)
    }

    /// Opens what [`Sealer::seal_other`] sealed.
    pub(crate) fn open_other(
        &self,
        [what, whose]: [&str; 2],
        serial: u32,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        self.key.open(sealed, &self.bound([what, whose], serial))
    }

    fn bound_to(&self, client: &ClientId, serial: u32) -> Vec<u8> {
        self.bound(["secret", client.as_str()], serial)
    }

    /// Lengths go in front, so that no two records share one text.
    fn bound(&self, [what, whose]: [&str; 2], serial: u32) -> Vec<u8> {
        let application = self.application.as_str();
        format!(
            "countersign {what}\0{}:{application}{}:{whose}{serial}",
            application.len(),
            whose.len()
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opened::OPEN_FOR;

    fn id<T: TryFrom<String>>(text: &str) -> T
    where
        T::Error: fmt::Debug,
    {
        T::try_from(text.to_owned()).unwrap()
    }

    async fn sealer(application: &str) -> (DataKeys, WrappedKey, Sealer) {
        let random = Random::default();
        let file = Arc::new(KeyFile::ephemeral(&random).unwrap());
        let keys = DataKeys::new(file, Clock::System, random);
        let wrapped = keys.make(&id(application)).await.unwrap();
        let sealer = keys.sealer(&id(application), &wrapped).await.unwrap();
        (keys, wrapped, sealer)
    }

    #[tokio::test]
    async fn a_sealed_secret_opens_for_its_own_record_only() {
        let (_, _, sealer) = sealer("app").await;
        let sealed = sealer
            .seal(&id("one"), 1, &ClientSecret::from_outside("s3cret"))
            .unwrap();
        assert_eq!(
            sealer.open(&id("one"), 1, &sealed).unwrap().expose(),
            "s3cret"
        );
        assert!(sealer.open(&id("two"), 1, &sealed).is_err());
        assert!(sealer.open(&id("one"), 2, &sealed).is_err());
        assert!(sealer.open(&id("one"), 1, &sealed[..11]).is_err());
    }

    #[tokio::test]
    async fn a_data_key_opens_for_its_own_application_only() {
        let (keys, wrapped, _) = sealer("app").await;
        assert!(keys.sealer(&id("other"), &wrapped).await.is_err());
    }

    /// Opens data keys until it is disabled.
    #[derive(Debug)]
    struct Disabling(KeyFile, std::sync::atomic::AtomicBool);

    impl KeyWrapper for Disabling {
        fn make<'a>(&'a self, of: &'a ApplicationId) -> Wrapping<'a, (DataKey, WrappedKey)> {
            self.0.make(of)
        }

        fn unwrap<'a>(
            &'a self,
            of: &'a ApplicationId,
            wrapped: &'a WrappedKey,
        ) -> Wrapping<'a, DataKey> {
            if self.1.load(std::sync::atomic::Ordering::SeqCst) {
                return Box::pin(async { Err(Error::unexpected("disabled")) });
            }
            self.0.unwrap(of, wrapped)
        }
    }

    #[tokio::test]
    async fn a_key_that_was_disabled_stops_working_within_minutes() {
        let random = Random::default();
        let clock = Clock::manual(crate::clock::Timestamp::from_millis(0));
        let file = KeyFile::ephemeral(&random).unwrap();
        let wrapper = Arc::new(Disabling(file, false.into()));
        let keys = DataKeys::new(wrapper.clone(), clock.clone(), random);
        let application = id("app");
        let wrapped = keys.make(&application).await.unwrap();
        keys.sealer(&application, &wrapped).await.unwrap();
        wrapper.1.store(true, std::sync::atomic::Ordering::SeqCst);
        clock.advance(OPEN_FOR / 2);
        keys.sealer(&application, &wrapped).await.unwrap();
        clock.advance(OPEN_FOR / 2);
        keys.sealer(&application, &wrapped).await.unwrap_err();
    }

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
            *KeyFile::open_or_create(&path, &random).unwrap().key.0,
            *first.key.0
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
