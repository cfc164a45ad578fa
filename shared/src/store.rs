//! The store: how DynamoDB keeps everything. Nothing outside this module names a table's attribute.
//!
//! # Why it is as it is
//!
//! *No caller gets the store itself.* A proof hands out a view of it, such as `ClientEditor`. The
//! view knows its application and its actor. So an operation cannot read another application's items,
//! and cannot write without an event in the audit.
//!
//! *A change is one transaction.* It has the items, the condition of the version that was read, and
//! the audit event. Either all of it happens or nothing does. If somebody else was faster, the change
//! is read and made again.
//!
//! *Reads are consistent.* A client that was disabled is refused at its very next call. An index is
//! only eventually consistent, so there is none. What has to be found by a second key is a second
//! item, written in the same transaction (decision 0001).
//!
//! *An operation makes few calls.* Items that are needed together are read with one `BatchGetItem` or
//! one `Query`. `docs/capacity.md` has the number of each operation, and a test holds it.
//!
//! *Counters are no transactions.* Limits, refusals, issued tokens and last uses happen at every
//! call. They are single `UpdateItem`s in a table of their own, where they meet no change (decisions
//! 0016 and 0023).
//!
//! *Access is declared.* An operation names its `AccessPattern`s. Its IAM policy is made from them,
//! and the local server enforces it.
//!
//! # Reading order
//!
//! `key`, `table`, `dynamodb`, `transaction`, `outcome` and `retry` are the engine. `scope` is a caller's
//! view of it. `application`, `client`, `administrator`, `setting`, `published` and `access_token` read
//! and write. Changes of clients and administrators go through `change`. `audit`, `limit` and
//! `idempotency` accompany them. `import` and `create_tables` run before the first call. `access` has
//! the grants.
//!
//! `Store`, `Scope` and `Transaction` have methods in other files too. The name of such a method says
//! the entity that it reads or writes. The files that add methods to them:
//!
//! | file | `Store` | `Scope` | `Transaction` |
//! |---|---|---|---|
//! | `scope` | making one | its fields | |
//! | `transaction` | | | items, conditions, `commit` |
//! | `dynamodb` | `get…`, `query…`, `delete_all` | | |
//! | `create_tables` | tables | | |
//! | `import` | seeds | | clients of a seed |
//! | `limit` | rate limits | | |
//! | `idempotency` | | replays | kept replies |
//! | `audit`, `audit/counted` | refusals and counted events | | `audit`, `audit_as` |
//! | `application` | `application` | | |
//! | `client` | clients, credentials | changes of clients | |
//! | `client/record`, `client/last_use` | signing secrets, last uses | | |
//! | `client/delete` | the read before a deletion | deleted clients | |
//! | `administrator` | administrators, sealers | | the roster |
//! | `administrator/edit` | | | invitations |
//! | `administrator/session`, `administrator/spend_code` | sessions, attempts, codes | `confirm_code` | |
//! | `access_token` and its files | issuers, key rings, counts of tokens | | issuers, audiences, public keys |
//! | `setting` and its files | | layers, history | the first layer |
//! | `published` and its files | published snapshots | heads, published versions | withdrawal |
//! | `change` | | `apply_or_hold` | the policy, imported changes |
//! | `change/client`, `change/administrator` | | | clients, administrators, names |
//! | `change/request`, `change/decide` | | change requests, their supporters | |
//! | `change/multi_admin` | | the policy | the application, its policy |
//!
//! # Items
//!
//! The access patterns, and the keys that serve them (`pk` / `sk`):
//!
//! | pattern | table | key | how |
//! |---|---|---|---|
//! | authenticate a client | clients | `client#{id}` / `credential` | one consistent `GetItem` |
//! | an application's policy and data key | clients | `app#{app}` / `application` | with what stands beside it |
//! | a client of an application | clients | `app#{app}` / `client#{id}` | consistent `BatchGetItem`, with the application |
//! | all clients of an application | clients | `app#{app}` / `application` … `client#…` | one consistent `Query`, paged |
//! | one description, one client | clients | `app#{app}` / `name#{hash}` | condition in the transaction of the change |
//! | a layer of settings | settings | `app#{app}` / `default` or `client#{id}` | one consistent `BatchGetItem`, both layers and the client's record at once |
//! | all layers of an application | settings | `app#{app}` / `client#…` … `default` | one consistent `Query`, paged |
//! | the history of a layer | settings | `history#{app}#{layer}` / `{version mod 100}` | one `Query`; a ring, written with the layer |
//! | what is published of a client, and which is the newest | published | `app#{app}` / `{client}#` | with what it leads to |
//! | the published versions of a client, of an application | published | `app#{app}` / `{client}#{version}` | one `Query`, paged |
//! | a published snapshot | published | `content#{app}#{client}` / `{version}` | one consistent `BatchGetItem` |
//! | deleted clients with something left to clear away | clients | `app#{app}` / `remains#{id}` | one `Query`, at a deletion |
//! | an administrator, with what they authenticate with and who else there is | administrators | `app#{app}` / `administrator#{id}`, `authenticator#{id}`, `roster` | one consistent `BatchGetItem`, with the application |
//! | all administrators of an application | administrators | `app#{app}` / `administrator#…` … `authenticator#…` | one consistent `Query` |
//! | who signs in with an address | administrators | `login#{hash}` / `{app}` | one consistent `Query`; also keeps the address unique in each application |
//! | a session, and where its administrator stands | administrators | `administrator#{id}` / `session#{digest}`, `standing` | one consistent `BatchGetItem` |
//! | an invitation or reset | administrators | `invitation#{digest}` / `invitation` | one consistent `GetItem` |
//! | what a creation has answered | administrators | `once#{hash}` / `reply` | with the application |
//! | how often something was attempted | attempts | `limit#{what}#{hash}` / `{window}` | one `UpdateItem` that adds and tells |
//! | the refusals of a minute | attempts | `app#{app}` / `{minute}#{hash}` | one `UpdateItem` that adds |
//! | when a client has last used its secrets | attempts | `used#{client}` / `secrets` | one `UpdateItem` for each minute, process and secret; read with `BatchGetItem` |
//! | an application's signing keys, and whom its tokens may be for | tokens | `app#{app}` / `issuer` | one consistent `GetItem` |
//! | all public keys | tokens | `jwks` / `{app}#{key}` | one consistent `Query` |
//! | is a token revoked | tokens | `revoked#{app}#{token}` / `token` | one consistent `BatchGetItem`, with the token's client, after the signing keys |
//! | whose an audience is | tokens | `audience#{hash}` / `application` | condition in the transaction of the change |
//! | the tokens that were issued within a minute | attempts | `app#{app}` / `{minute}#{hash}` | one `UpdateItem` that adds |
//! | the audit, newest first | audit, attempts | `app#{app}` / `{time}…` | one consistent `Query` each, page by page |
//! | an audit event | audit | `app#{app}` / `{time}#{request}#{action}#{object}` | `Put` in the transaction of the change |
//!
//! A client is stored twice. Its *record* in its application's partition is the truth and carries the
//! version. Its *credential* is the part that authentication needs. It is under the client's ID alone,
//! because a caller presents nothing else. Every change writes both in one transaction, on condition
//! that the record still has the version that was read.

mod access;
mod access_token;
mod administrator;
mod application;
mod audit;
mod change;
mod client;
mod create_tables;
mod dynamodb;
mod idempotency;
mod import;
mod key;
mod limit;
mod memory;
mod outcome;
mod published;
mod retry;
mod scope;
mod setting;
mod table;
mod transaction;

pub use access::{AccessPattern, Grant, Resource};
pub use access_token::{
    ClientScope, Issued, KeyCustodian, KeyReader, KeySet, KeyShown, TokenInspector, TokenIssuer,
    TokenPolicy, TokenPolicyEditor, TokenPolicyReader, TokenRevoker,
};
pub use administrator::{
    AdministratorEditor, AdministratorReader, Enrolment, FreshCode, FrontDoor, OwnSession, Reset,
    SecondFactor, Seen, SignIn, SignedInSession,
};
pub use application::{ModuleEditor, ModuleReader};
pub use audit::{AuditFilter, AuditReader, Event, EventStream};
pub use change::{Approved, Policy, PolicyEditor, PolicyReader, RequestReader, Reviewer};
pub(crate) use client::PendingWrite;
pub use client::{ClientEditor, ClientReader, ClientViewer, Listed, SecretKeeper, Uses};
pub use dynamodb::{retries, timeouts, tuned};
pub use published::{PublishedFiles, PublishedReader, Publisher};
pub use scope::Scope;
pub(crate) use scope::Store;
pub use setting::{ApplicationSettingReader, Difference, SettingEditor, SettingReader, Version};
pub use table::Table;
