//! AWS KMS: makes and decrypts the data keys that seal secrets.

use aws_sdk_kms::Client;
use aws_sdk_kms::config::StalledStreamProtectionConfig;
use aws_sdk_kms::config::{BehaviorVersion, Builder};
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::RequestId;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use shared::store::{retries, timeouts};
use shared::{
    ApplicationId, DataKey, ENCRYPTION_CONTEXT, Error, KeyWrapper, Result, WrappedKey, Wrapping,
};
use zeroize::Zeroizing;

/// A wrapper of data keys with a key in KMS, which never leaves KMS.
///
/// The encryption context binds each data key to its application. KMS writes the context into its
/// own log.
#[derive(Debug)]
pub struct KmsKeys {
    kms: Client,
    key: String,
}

impl KmsKeys {
    /// Returns a wrapper with the key that has this ARN or ID.
    pub fn new(kms: Client, key: impl Into<String>) -> Self {
        let key = key.into();
        Self { kms, key }
    }
}

/// Adds the retries and timeouts of our DynamoDB clients to a KMS client.
pub fn tuned(config: Builder) -> Builder {
    config
        .behavior_version(BehaviorVersion::latest())
        .retry_config(retries())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

impl KeyWrapper for KmsKeys {
    fn make<'a>(&'a self, application: &'a ApplicationId) -> Wrapping<'a, (DataKey, WrappedKey)> {
        Box::pin(async move {
            let made = self
                .kms
                .generate_data_key()
                .key_id(&self.key)
                .key_spec(DataKeySpec::Aes256)
                .encryption_context(ENCRYPTION_CONTEXT, application.as_str())
                .send()
                .await
                .map_err(|fault| refused("GenerateDataKey", &fault))?;
            let wrapped = made
                .ciphertext_blob
                .ok_or_else(|| Error::unexpected("KMS made a data key and does not wrap it"))?;
            Ok((data_key(made.plaintext)?, WrappedKey(wrapped.into_inner())))
        })
    }

    fn unwrap<'a>(
        &'a self,
        application: &'a ApplicationId,
        wrapped: &'a WrappedKey,
    ) -> Wrapping<'a, DataKey> {
        Box::pin(async move {
            let opened = self
                .kms
                .decrypt()
                // Without it, KMS would also open what another key has wrapped, if the function may use that key.
                .key_id(&self.key)
                .ciphertext_blob(Blob::new(wrapped.0.as_slice()))
                .encryption_context(ENCRYPTION_CONTEXT, application.as_str())
                .send()
                .await
                .map_err(|fault| refused("Decrypt", &fault))?;
            data_key(opened.plaintext)
        })
    }
}

/// Returns the data key from an answer of KMS, and wipes the answer's copy.
fn data_key(plain: Option<Blob>) -> Result<DataKey> {
    let plain = Zeroizing::new(plain.map(Blob::into_inner).unwrap_or_default());
    DataKey::from_slice(&plain)
        .ok_or_else(|| Error::unexpected("KMS gave a data key that is not 32 bytes long"))
}

/// Returns the error for a failed call, with its code, and its request ID for AWS's own log.
///
/// AWS's messages and bodies stay out, because they might contain parts of a key.
fn refused<E, R>(call: &str, fault: &SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + RequestId,
{
    let Some(refusal) = fault.as_service_error() else {
        let why = match fault {
            SdkError::TimeoutError(_) => "it took too long",
            SdkError::DispatchFailure(_) => "the connection failed",
            SdkError::ResponseError(_) => "its answer is not to be read",
            _ => "it was not asked",
        };
        return Error::unexpected(format!("KMS did not answer {call}: {why}"));
    };
    match refusal.code().unwrap_or("no code") {
        "ThrottlingException" | "Throttling" | "RequestLimitExceeded" => Error::Busy,
        code => {
            let id = refusal.request_id().unwrap_or("none");
            Error::unexpected(format!("KMS refuses {call}: {code}, request {id}"))
        }
    }
}
