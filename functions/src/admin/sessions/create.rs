//! Sign in: with an address, a password and a one-time code, or a recovery code in its place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, SecondFactor, SignIn};
use shared::{
    ApplicationId, Begun, Context, Email, Error, Moment, OneTimeCode, Operation, Password,
    RecoveryCode, Result, Route, SessionToken, Visitor,
};

use crate::admin::shown::administrator::Oneself;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct BeginSession {
    email: Email,
    password: Password,
    /// The code that the authenticator shows.
    code: Option<OneTimeCode>,
    /// A recovery code, in the place of `code`.
    recovery_code: Option<RecoveryCode>,
    /// In which application, for those who are administrators of several; by default of the one
    /// where they became one first.
    application_id: Option<ApplicationId>,
}

/// A session that was begun just now.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Session {
    /// For `Authorization: Bearer`. Browsers have it as a cookie, too.
    token: SessionToken,
    /// When it ends at the latest; after 30 minutes without a call it ends sooner.
    expires_at: Moment,
    application_id: ApplicationId,
    administrator: Oneself,
}

impl Operation for BeginSession {
    const ID: &'static str = "admin.sessions.create";
    const ROUTE: Route = Route::post("/admin/sessions");
    const SUMMARY: &'static str = "Sign in";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::SignIn, AccessPattern::StillEntitled];
    type Caller = Visitor;
    type Reply = Begun<Session>;

    async fn run(self, _: &Context, caller: Visitor) -> Result<Begun<Session>> {
        let second = match (self.code, self.recovery_code) {
            (Some(code), None) => SecondFactor::Code(code),
            (None, Some(code)) => SecondFactor::Recovery(code),
            // Only `code` is named: a recovery code is the exception.
            (None, None) => return Err(Error::Missing(vec!["code".to_owned()])),
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "recovery_code",
                    "it stands in the place of `code`",
                ));
            }
        };
        let begun = caller
            .door()
            .sign_in(SignIn {
                email: self.email,
                application: self.application_id,
                password: self.password,
                second,
            })
            .await?;
        Ok(Begun {
            token: begun.token.clone(),
            body: Session {
                token: begun.token,
                expires_at: Moment(begun.expires),
                application_id: begun.application,
                administrator: Oneself::from(&begun.administrator),
            },
        })
    }
}
