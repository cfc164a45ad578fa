//! The HTTP connector of guarded SDK clients: checks a request, then forwards it or refuses it.

use std::io;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::needs::{asking_for_capacity, needs};
use super::{AnswerView, Backend, Call, CallHook, Intervention, TableGuard};
use crate::embedded::{Answer, Embedded};

/// An HTTP client for the SDK that puts the guard in front of every connection.
#[derive(Debug)]
pub(super) struct GuardedClient(pub(super) Arc<TableGuard>);

impl HttpClient for GuardedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let upstream = match &self.0.backend {
            Backend::Embedded(store) => Upstream::Embedded(store.clone()),
            Backend::Endpoint(endpoint) => {
                Upstream::Http(endpoint.http.http_connector(settings, components))
            }
        };
        SharedHttpConnector::new(GuardedConnector {
            guard: Arc::clone(&self.0),
            upstream,
        })
    }
}

#[derive(Clone, Debug)]
struct GuardedConnector {
    guard: Arc<TableGuard>,
    upstream: Upstream,
}

#[derive(Clone, Debug)]
enum Upstream {
    Embedded(Embedded),
    Http(SharedHttpConnector),
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            match &connector.guard.hook {
                None => connector.pass(&request.operation(), request).await,
                Some(hook) => connector.pass_with_hook(&**hook, request).await,
            }
        })
    }
}

impl TableGuard {
    /// Checks and forwards a request that another process made.
    ///
    /// For a database at a URL it is signed anew: the other process has no credentials there.
    pub(crate) async fn forward(
        &self,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let upstream = match &self.backend {
            Backend::Embedded(store) => Upstream::Embedded(store.clone()),
            Backend::Endpoint(endpoint) => {
                let signed = endpoint.sign(request).await;
                request = signed.map_err(|fault| ConnectorError::other(fault, None))?;
                Upstream::Http(endpoint.connector())
            }
        };
        let guard = Arc::new(self.clone());
        GuardedConnector { guard, upstream }.call(request).await
    }
}

impl GuardedConnector {
    /// Refuses a request that the policy does not grant, and forwards any other.
    async fn pass(
        &self,
        operation: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if self.guard.policy.is_some() {
            let needs = needs(operation, request.json());
            if let Some(refusal) = self.guard.refusal(&needs) {
                return response(refusal);
            }
        }
        match &self.upstream {
            Upstream::Embedded(store) => response(store.call(operation, request.json()).await),
            Upstream::Http(connector) => connector.call(request).await,
        }
    }

    /// Passes a request under the eyes of a test's hook, which may change the outcome.
    async fn pass_with_hook(
        &self,
        hook: &dyn CallHook,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let operation = request.operation();
        let sent = request.json().to_vec();
        let call = Call {
            function: &self.guard.function,
            operation: &operation,
            body: &sent,
            needs: &needs(&operation, &sent),
        };
        // The wish for capacity goes to the store only: the hook is shown what the function sent.
        if hook.wants_capacity()
            && matches!(self.upstream, Upstream::Embedded(_))
            && let Some(asking) = asking_for_capacity(&operation, &sent)
        {
            *request.body_mut() = SdkBody::from(asking);
        }
        let intervention = hook.before(&call);
        let mut answer = match &intervention {
            Intervention::FailBefore => return Err(broken(io::ErrorKind::ConnectionRefused)),
            Intervention::AnswerInstead(status, body) => response(Answer {
                status: *status,
                body: body.clone(),
            })?,
            Intervention::Delay(time) => {
                tokio::time::sleep(*time).await;
                self.pass(&operation, request).await?
            }
            Intervention::Proceed | Intervention::FailAfter => {
                self.pass(&operation, request).await?
            }
        };
        // The hook sees the whole answer, so it is read here and put back afterwards.
        let received = ByteStream::new(answer.take_body()).collect().await;
        let received = received.map_err(|fault| ConnectorError::io(fault.into()))?;
        let received = received.into_bytes();
        let view = AnswerView {
            status: answer.status().as_u16(),
            body: &received,
        };
        hook.after(&call, &view);
        if matches!(intervention, Intervention::FailAfter) {
            return Err(broken(io::ErrorKind::ConnectionReset));
        }
        *answer.body_mut() = SdkBody::from(received);
        Ok(answer)
    }
}

/// The parts of a request that the guard reads.
trait DynamoDbRequest {
    /// Returns the operation's name, which is the end of the target header.
    fn operation(&self) -> String;
    /// Returns the JSON body.
    fn json(&self) -> &[u8];
}

impl DynamoDbRequest for HttpRequest {
    fn operation(&self) -> String {
        let target = self.headers().get("x-amz-target").unwrap_or_default();
        let (_, operation) = target.split_once('.').unwrap_or_default();
        operation.to_owned()
    }

    fn json(&self) -> &[u8] {
        self.body().bytes().unwrap_or_default()
    }
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(answer.status)
        .map_err(|fault| ConnectorError::other(fault.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    let headers = response.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

fn broken(kind: io::ErrorKind) -> ConnectorError {
    ConnectorError::io(io::Error::from(kind).into())
}
