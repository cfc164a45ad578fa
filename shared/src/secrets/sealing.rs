//! Sealing: encryption of secrets at rest under a data key of their application.
//!
//! That key is wrapped by a key that is not in the database.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::ids::{ApplicationId, ClientId};
use crate::random::Random;
use crate::secrets::client_secret::ClientSecret;
use crate::secrets::data_key::{DataKey, KeyWrapper, WrappedKey};
use crate::secrets::key_cache::Opened;

/// The data keys that this process has opened. Each is forgotten after a few minutes, so that a key
/// that was disabled in KMS soon opens nothing anywhere.
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

    /// Returns a new application's key, wrapped.
    pub(crate) async fn make(&self, application: &ApplicationId) -> Result<WrappedKey> {
        self.wrapper
            .make(application)
            .await
            .map(|(_, wrapped)| wrapped)
    }

    /// Returns the sealer of one application.
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

/// Seals and opens the secrets of one application's clients. A sealed value is bound to the
/// application, the client and the secret's serial number. Moved to another record, it does not open.
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
    use std::fmt;

    use super::*;
    use crate::secrets::data_key::Wrapping;
    use crate::secrets::key_cache::OPEN_FOR;
    use crate::secrets::key_file::KeyFile;

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
}
