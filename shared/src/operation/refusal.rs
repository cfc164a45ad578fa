//! Refusals, written into the company's audit.

use crate::admission::call::Call;
use crate::domain::audit::{About, Actor, Object};
use crate::domain::kind::ObjectKind;
use crate::error::Error;
use crate::wire::route::Envelope;

/// Writes a refusal into the audit before its caller hears of it. One that cannot be written down is
/// still a refusal, but not a silent one.
pub(super) async fn recorded(call: &Call<'_>, about: About, error: Error) -> Error {
    let Some(reason) = reason(call, &error) else {
        return error;
    };
    let about = About {
        // A stranger names what he likes, and would make an event of each.
        object: match about.actor {
            Actor::Nobody => about.object,
            _ => about.object.or_else(|| named(call)),
        },
        ..about
    };
    let origin = call.origin(about.actor.clone());
    let store = call.cx.store();
    store.count_refusal(&origin, &about, reason, error).await
}

/// Returns the audit's name of the refusal, if the audit records it.
fn reason(call: &Call<'_>, error: &Error) -> Option<&'static str> {
    // A token that is refused is refused, also where it was asked for in the wrong way.
    let is_wrong = matches!(
        error,
        Error::Missing(_) | Error::Invalid { .. } | Error::Duplicate { .. }
    );
    let asks_for_tokens = call.envelope == Envelope::OAuth;
    let wrong = (asks_for_tokens && is_wrong).then_some("invalid-request");
    error.refusal().or(wrong)
}

/// Returns the object that a request names: a client, a person or a change request.
///
/// The names come from its path and its arguments. An invitation's token is no name.
fn named(call: &Call<'_>) -> Option<Object> {
    /// The arguments of the machine API that name another client than the caller.
    const CLIENTS: [&str; 2] = ["for_client_id", "client_id_for_deletion"];
    let in_path = |kind| Some((kind, call.request.path_parameters.first()?.1.clone()));
    let in_form = |name: &&str| {
        let given = call.arguments.credential(name).ok().flatten()?;
        Some((ObjectKind::ApiClient, given.to_string()))
    };
    let in_path = call.names.and_then(in_path);
    let (kind, id) = in_path.or_else(|| CLIENTS.iter().find_map(in_form))?;
    Some(Object {
        kind,
        name: id.chars().take(255).collect(),
        id: id.chars().take(255).collect(),
    })
}
