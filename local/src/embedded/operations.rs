//! The DynamoDB operations that the embedded store answers, by their names.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::idempotency::{TokenState, content};
use super::{Answer, Embedded, Store};

/// Runs the operation of this name.
pub(super) async fn dispatch(store: &Embedded, operation: &str, body: &[u8]) -> Answer {
    match operation {
        "BatchGetItem" => read_items(store, body, Database::batch_get_item).await,
        "BatchWriteItem" => run(store, body, Database::batch_write_item).await,
        "CreateTable" => run(store, body, Database::create_table).await,
        "DeleteItem" => run(store, body, Database::delete_item).await,
        "DescribeTable" => run(store, body, Database::describe_table).await,
        "DescribeTimeToLive" => run(store, body, Database::describe_time_to_live).await,
        "GetItem" => read_items(store, body, Database::get_item).await,
        "ListTables" => run(store, body, Database::list_tables).await,
        "PutItem" => run(store, body, Database::put_item).await,
        "Query" => run(store, body, Database::query).await,
        "Scan" => run(store, body, Database::scan).await,
        "TransactGetItems" => read_items(store, body, Database::transact_get_items).await,
        "TransactWriteItems" => transact_write(store, body).await,
        "UpdateItem" => run(store, body, Database::update_item).await,
        "UpdateTimeToLive" => run(store, body, Database::update_time_to_live).await,
        _ => Answer {
            status: 400,
            body: br#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_vec(),
        },
    }
}

type DatabaseCall<I, O> = fn(&Database, I) -> Result<O, DynoxideError>;

/// Runs an operation. JSON is read and written on the caller's thread, to keep the store's thread free.
async fn run<I, O>(store: &Embedded, body: &[u8], call: DatabaseCall<I, O>) -> Answer
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
{
    let input = match read(body) {
        Ok(input) => input,
        Err(answer) => return answer,
    };
    let outcome = store.run(move |store| call(&store.db, input)).await;
    outcome.map_or_else(internal_error, |outcome| write(&outcome))
}

/// Runs a read of single items. By their keys that takes microseconds, whatever the table's size.
async fn read_items<I, O>(store: &Embedded, body: &[u8], call: DatabaseCall<I, O>) -> Answer
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
{
    let input = match read(body) {
        Ok(input) => input,
        Err(answer) => return answer,
    };
    let work = move |store: &mut Store| call(&store.db, input);
    let outcome = store.run_briefly(work).await;
    outcome.map_or_else(internal_error, |outcome| write(&outcome))
}

/// Runs a transaction, at most once for each token.
async fn transact_write(store: &Embedded, body: &[u8]) -> Answer {
    let mut input: TransactWriteItemsRequest = match read(body) {
        Ok(input) => input,
        Err(answer) => return answer,
    };
    // Taken out, because the store's own memory of tokens makes each write slower than the last.
    let Some(token) = input.client_request_token.take() else {
        let outcome = store.run(move |store| store.db.transact_write_items(input));
        return outcome
            .await
            .map_or_else(internal_error, |outcome| write(&outcome));
    };
    let content = content(body);
    let answer = store.run(move |store| once(store, input, token, content));
    answer.await.unwrap_or_else(internal_error)
}

fn once(
    store: &mut Store,
    input: TransactWriteItemsRequest,
    token: String,
    content: u64,
) -> Answer {
    match store.succeeded.token_state(&token, content) {
        TokenState::Succeeded(answer) => return answer,
        TokenState::OtherContent => {
            let fault = DynoxideError::IdempotentParameterMismatchException(
                "the token was used for another transaction".to_owned(),
            );
            return refusal(&fault);
        }
        TokenState::Unused => {}
    }
    let outcome = store.db.transact_write_items(input);
    let answer = write(&outcome);
    // A failed transaction changed nothing, so its retry runs again, as at AWS.
    if outcome.is_ok() {
        let now = Instant::now();
        store
            .succeeded
            .remember(now, token, content, answer.clone());
    }
    answer
}

fn read<I: DeserializeOwned>(body: &[u8]) -> Result<I, Answer> {
    // The store checks much while it reads; a panic there is no reason to lose the request's task.
    match catch_unwind(AssertUnwindSafe(|| serde_json::from_slice(body))) {
        Ok(Ok(input)) => Ok(input),
        Ok(Err(fault)) => Err(unreadable(&fault)),
        Err(_) => Err(internal_error()),
    }
}

/// Returns the refusal of a body that cannot be read.
///
/// The store marks its class at the beginning of the parser's error text.
fn unreadable(fault: &serde_json::Error) -> Answer {
    let text = fault.to_string();
    let (marker, message) = text
        .split_once(':')
        .filter(|(marker, _)| marker.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .unwrap_or(("VALIDATION", &text));
    let message = message.to_owned();
    refusal(&if marker.starts_with("SERIALIZATION") {
        DynoxideError::SerializationException(message)
    } else {
        DynoxideError::ValidationException(message)
    })
}

fn write<O: Serialize>(outcome: &Result<O, DynoxideError>) -> Answer {
    match outcome {
        Err(fault) => refusal(fault),
        Ok(output) => serde_json::to_vec(output)
            .map_or_else(|_| internal_error(), |body| Answer { status: 200, body }),
    }
}

fn refusal(fault: &DynoxideError) -> Answer {
    let status = fault.status_code();
    if status >= 500 {
        tracing::error!(%fault, "the embedded DynamoDB failed");
    }
    Answer {
        status,
        body: fault.to_json().into_bytes(),
    }
}

fn internal_error() -> Answer {
    refusal(&DynoxideError::InternalServerError(
        "internal error".to_owned(),
    ))
}
