//! IAM: the policies of `template.yaml`, decided as AWS does.

mod condition;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::condition::Condition;
pub use self::condition::Facts;
use self::template::Effect;

/// The account that local resource names carry: the one that AWS's own documentation uses.
pub const ACCOUNT: &str = "123456789012";
/// The region that local resource names carry.
pub const REGION: &str = "us-east-1";

/// The reason why a template was not understood. No part of a policy is ever guessed or skipped.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct PolicyFault {
    place: String,
    why: String,
}

impl PolicyFault {
    pub(crate) fn new(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            why: why.into(),
        }
    }
}

/// The policies of all functions of a template.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    by_handler: BTreeMap<String, Arc<Policy>>,
}

impl Policies {
    /// Reads a SAM template as it would be deployed under this stack name.
    pub fn parse(template: &str, stack_name: &str) -> Result<Self, PolicyFault> {
        let by_handler = template::read(template, stack_name)?;
        Ok(Self { by_handler })
    }

    /// Returns the policy of the function whose `Handler` this is.
    #[must_use]
    pub fn of(&self, handler: &str) -> Option<Arc<Policy>> {
        self.by_handler.get(handler).cloned()
    }

    /// Returns the `Handler` of every function, in alphabetical order.
    pub fn handlers(&self) -> impl Iterator<Item = &str> {
        self.by_handler.keys().map(String::as_str)
    }
}

/// The permissions of a function. The default is none.
#[derive(Debug, Default)]
pub struct Policy {
    statements: Vec<Statement>,
}

/// A statement, with the names of resources resolved.
#[derive(Debug)]
struct Statement {
    effect: Effect,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

impl Policy {
    /// Returns whether an action (`dynamodb:GetItem`) is granted on a resource ([`table_arn`]).
    #[must_use]
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        self.allows_with(action, resource, &[])
    }

    /// Returns the same for a request with these facts, on which conditions depend.
    #[must_use]
    pub fn allows_with(&self, action: &str, resource: &str, facts: Facts<'_>) -> bool {
        let mut allowed = false;
        for statement in &self.statements {
            if statement.covers(action, resource, facts) {
                match statement.effect {
                    // An explicit deny wins over every allow, in whatever order they stand.
                    Effect::Deny => return false,
                    Effect::Allow => allowed = true,
                }
            }
        }
        allowed
    }

    /// Returns every pair of action and resource in the `Allow` statements, wildcards as written.
    pub fn grants(&self) -> impl Iterator<Item = (&str, &str)> {
        let allowing = |statement: &&Statement| statement.effect == Effect::Allow;
        self.statements
            .iter()
            .filter(allowing)
            .flat_map(|statement| {
                statement.actions.iter().flat_map(|action| {
                    let resources = statement.resources.iter();
                    resources.map(move |resource| (action.as_str(), resource.as_str()))
                })
            })
    }
}

impl Statement {
    fn covers(&self, action: &str, resource: &str, facts: Facts<'_>) -> bool {
        // IAM compares actions without regard to case, resources with.
        let mut actions = self.actions.iter();
        let mut resources = self.resources.iter();
        actions.any(|pattern| matches(pattern, action, u8::eq_ignore_ascii_case))
            && resources.any(|pattern| matches(pattern, resource, u8::eq))
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(facts))
    }
}

/// Returns the name that a table has in a policy.
#[must_use]
pub fn table_arn(table: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
}

/// Returns the name that a table's index has in a policy.
#[must_use]
pub fn index_arn(table: &str, index: &str) -> String {
    format!("{}/index/{index}", table_arn(table))
}

/// Returns the name that a KMS key has in a policy. Locally its ID is its name in the template.
#[must_use]
pub fn key_arn(key: &str) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}")
}

/// Returns whether a text fits a pattern in which `*` stands for any characters and `?` for one.
fn matches(pattern: &str, text: &str, same: fn(&u8, &u8) -> bool) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on if what follows the last `*` does not fit: there, and one character later.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(expected) if same(expected, &text[t]) => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests;
