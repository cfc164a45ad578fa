//! Data keys: the keys that seal the secrets of an application, and the interface that wraps them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::ids::ApplicationId;
use crate::random::Random;

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

    /// Returns the key that these bytes are; `None` if they are not 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().map(Self::new)
    }

    /// Returns the key itself, for a key service that hands it out.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Encrypts with AES-256-GCM, with a random nonce in front. To open it, `bound` must be the same.
    pub(super) fn seal(&self, plain: &[u8], bound: &[u8], random: &Random) -> Result<Vec<u8>> {
        // Random nonces are safe up to 2^32 values under a key, more than an application has secrets.
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

    pub(super) fn open(&self, sealed: &[u8], bound: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
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

/// Name of the KMS encryption context with the application.
///
/// KMS opens a data key only for the application that it was made for, and IAM policies demand the
/// context.
pub const ENCRYPTION_CONTEXT: &str = "countersign:application";

/// A future of a [`KeyWrapper`]'s work: on AWS it is a call to KMS.
pub type Wrapping<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Makes and opens data keys. Locally that is a key file, on AWS it is KMS. Each binds a key to its
/// application, so that it opens for no other one.
pub trait KeyWrapper: Send + Sync + fmt::Debug {
    /// Returns a new data key for `application`, in the clear and wrapped.
    fn make<'a>(&'a self, application: &'a ApplicationId) -> Wrapping<'a, (DataKey, WrappedKey)>;

    /// Opens a data key of `application`.
    fn unwrap<'a>(
        &'a self,
        application: &'a ApplicationId,
        wrapped: &'a WrappedKey,
    ) -> Wrapping<'a, DataKey>;
}
