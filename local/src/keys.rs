//! The sealing key as one Lambda function reaches it here: behind a guard that enforces its IAM policy.

use std::sync::Arc;

use shared::store::Resource;
use shared::{ApplicationId, DataKey, ENCRYPTION_CONTEXT, Error, KeyWrapper, WrappedKey, Wrapping};

use crate::dynamodb::CallHook;
use crate::iam::{Policy, key_arn};

/// A guard of the sealing key, for one function.
///
/// A key file stands in for the key in KMS. It checks nothing, so the guard asks the function's
/// policy, as KMS would.
#[derive(Debug)]
pub struct KeyGuard {
    /// The function's name, which is its `Handler`.
    pub function: Arc<str>,
    /// The sealing key itself.
    pub keys: Arc<dyn KeyWrapper>,
    /// The function's policy.
    pub policy: Arc<Policy>,
    /// A test's hook.
    pub hook: Option<Arc<dyn CallHook>>,
}

impl KeyGuard {
    /// Checks that the function may do this with the sealing key, under an encryption context of these keys.
    pub(crate) fn pass(&self, action: &str, context: &[&str]) -> Result<(), Error> {
        let (function, key) = (&self.function, Resource::SealingKey.logical_id());
        if let Some(hook) = &self.hook {
            hook.uses_key(function, action)?;
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

impl KeyWrapper for KeyGuard {
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

    fn guard(function: &str, keys: &Arc<dyn KeyWrapper>) -> KeyGuard {
        let policies = Policies::parse(TEMPLATE, "s").unwrap();
        KeyGuard {
            function: function.into(),
            keys: Arc::clone(keys),
            policy: policies.of(function).unwrap(),
            hook: None,
        }
    }

    #[tokio::test]
    async fn only_a_function_that_may_decrypt_opens_a_data_key() {
        let keys: Arc<dyn KeyWrapper> = Arc::new(KeyFile::ephemeral(&Random::default()).unwrap());
        let application = ApplicationId::try_from("app".to_owned()).unwrap();
        let (_, wrapped) = keys.make(&application).await.unwrap();
        let opens = guard("opens", &keys);
        opens.unwrap(&application, &wrapped).await.unwrap();
        opens.make(&application).await.unwrap_err();
        for function in ["nothing", "opens_something_else"] {
            let denied = guard(function, &keys).unwrap(&application, &wrapped).await;
            let Err(Error::Unexpected(cause)) = denied else {
                panic!("{function} opens it");
            };
            let words = cause.for_the_log();
            assert!(words.contains("AccessDeniedException"), "{words}");
        }
    }
}
