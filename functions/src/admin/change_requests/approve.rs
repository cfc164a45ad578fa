//! Approve a Change Request: it takes effect once two different administrators stand behind it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    ChangeRequest, ChangeRequestId, Context, Error, ObjectKind, OneTimeCode, Operation, Result,
    ReviewChanges, Route, SignedIn, Tagged,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ApproveChangeRequest {
    id: ChangeRequestId,
    /// The code that the caller's authenticator shows; only if the request has `needs_code`.
    code: Option<OneTimeCode>,
}

/// A change request after an approval.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovedChangeRequest")]
pub(crate) struct Approval {
    #[serde(flatten)]
    request: ChangeRequest,
    /// The link to hand to an administrator who was invited by it. It is shown here only.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_url: Option<String>,
}

impl Operation for ApproveChangeRequest {
    const ID: &'static str = "admin.change_requests.approve";
    const ROUTE: Route =
        Route::post("/admin/change-requests/{id}/approve").names(ObjectKind::ChangeRequest);
    const SUMMARY: &'static str = "Approve a Change Request";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::ApproveChange,
        AccessPattern::SpendCode,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<ReviewChanges>;
    type Reply = Tagged<Approval>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<Approval>> {
        // First, so that a request that does not exist costs nobody a one-time code.
        let takes_code = caller.store().takes_code(&self.id).await?;
        let fresh = match self.code {
            Some(code) if takes_code => Some(caller.confirm(&code).await?),
            None if takes_code => return Err(Error::Missing(vec!["code".to_owned()])),
            _ => None,
        };
        let approved = caller.store().approve(&self.id, fresh).await?;
        Ok(Tagged {
            version: approved.request.version(),
            body: Approval {
                request: approved.request,
                invitation_url: approved.invitation.map(|token| caller.link(&token)),
            },
        })
    }
}
