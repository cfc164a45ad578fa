//! How one Lambda function reaches the sealing key here: through a door that its IAM policy guards.

use std::sync::Arc;

use shared::store::Resource;
use shared::{ApplicationId, DataKey, ENCRYPTION_CONTEXT, Error, KeyWrapper, WrappedKey, Wrapping};

use crate::dynamodb::Witness;
use crate::iam::{Policy, key_arn};

/// The sealing key, as far as one function may use it. A key file stands here for the key of KMS,
/// and asks nobody; this asks the function's policy, as KMS would.
#[derive(Debug)]
pub struct KeyDoor {
    /// The function's name, which is its `Handler`.
    pub function: Arc<str>,
    /// What opens data keys.
    pub keys: Arc<dyn KeyWrapper>,
    /// What the function may do.
    pub policy: Arc<Policy>,
    /// A test that looks on.
    pub witness: Option<Arc<dyn Witness>>,
}

impl KeyDoor {
    /// Asks whether the function may do this with the sealing key, if this is what its encryption context
    /// names.
    pub(crate) fn pass(&self, action: &str, context: &[&str]) -> Result<(), Error> {
        let (function, key) = (&self.function, Resource::SealingKey.logical_id());
        if let Some(witness) = &self.witness {
            witness.uses_key(function, action)?;
        }
        let facts: &[(&str, &[&str])] = &[("kms:EncryptionContextKeys", context)];
        if self.policy.allows_with(action, &key_arn(key), facts) {
            return Ok(());
        }
        tracing::warn!(%function, %action, %key, "not granted by template.yaml");
        Err(Error::unexpected(format!(
            "KMS refuses {action}: AccessDeniedException"
        )))
    }
}

impl KeyWrapper for KeyDoor {
    fn make<'a>(&'a self, application: &'a ApplicationId) -> Wrapping<'a, (DataKey, WrappedKey)> {
        Box::pin(async move {
            self.pass("kms:GenerateDataKey", &[ENCRYPTION_CONTEXT])?;
            self.keys.make(application).await
        })
    }

    fn unwrap<'a>(
        &'a self,
        application: &'a ApplicationId,
        wrapped: &'a WrappedKey,
    ) -> Wrapping<'a, DataKey> {
        Box::pin(async move {
            self.pass("kms:Decrypt", &[ENCRYPTION_CONTEXT])?;
            self.keys.unwrap(application, wrapped).await
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::{KeyFile, Random};

    use super::*;
    use crate::iam::Policies;

    const TEMPLATE: &str = r#"
Resources:
  SealingKey: {Type: AWS::KMS::Key}
  Opens:
    Type: AWS::Serverless::Function
    Properties:
      Handler: opens
      Policies:
        - Statement:
            - Effect: Allow
              Action: kms:Decrypt
              Resource: !GetAtt SealingKey.Arn
              Condition:
                ForAllValues:StringEquals: {"kms:EncryptionContextKeys": ["countersign:application"]}
                "Null": {"kms:EncryptionContextKeys": "false"}
  OpensSomethingElse:
    Type: AWS::Serverless::Function
    Properties:
      Handler: opens_something_else
      Policies:
        - Statement:
            - Effect: Allow
              Action: kms:Decrypt
              Resource: !GetAtt SealingKey.Arn
              Condition:
                ForAllValues:StringEquals: {"kms:EncryptionContextKeys": ["else"]}
  Opener:
    Type: AWS::Serverless::Function
    Properties: {Handler: nothing}
"#;

    fn door(function: &str, keys: &Arc<dyn KeyWrapper>) -> KeyDoor {
        let policies = Policies::parse(TEMPLATE, "s").unwrap();
        KeyDoor {
            function: function.into(),
            keys: Arc::clone(keys),
            policy: policies.of(function).unwrap(),
            witness: None,
        }
    }

    #[tokio::test]
    async fn only_a_function_that_may_decrypt_opens_a_data_key() {
        let keys: Arc<dyn KeyWrapper> = Arc::new(KeyFile::ephemeral(&Random::default()).unwrap());
        let application = ApplicationId::try_from("app".to_owned()).unwrap();
        let (_, wrapped) = keys.make(&application).await.unwrap();
        let opens = door("opens", &keys);
        opens.unwrap(&application, &wrapped).await.unwrap();
        opens.make(&application).await.unwrap_err();
        for function in ["nothing", "opens_something_else"] {
            let denied = door(function, &keys).unwrap(&application, &wrapped).await;
            let Err(Error::Unexpected(cause)) = denied else {
                panic!("{function} opens it");
            };
            let words = cause.for_the_log();
            assert!(words.contains("AccessDeniedException"), "{words}");
        }
    }
}
