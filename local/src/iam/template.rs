//! Reads the functions, tables and keys of a SAM template, as far as its policies speak of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use yaml_serde::{Mapping, Value};

use super::condition::one_or_many;
use super::{ACCOUNT, Policy, PolicyFault, REGION, Statement, condition, key_arn, table_arn};

/// Effect of a statement: it grants or forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// Returns the policies of a template's functions, by handler.
pub(super) fn read(
    template: &str,
    stack_name: &str,
) -> Result<BTreeMap<String, Arc<Policy>>, PolicyFault> {
    let document: Value = yaml_serde::from_str(template)
        .map_err(|fault| PolicyFault::new("the template", fault.to_string()))?;
    let resources = document
        .get("Resources")
        .and_then(Value::as_mapping)
        .ok_or_else(|| PolicyFault::new("the template", "`Resources` is missing"))?;
    let names = Names::of(resources, stack_name)?;
    let mut policies = BTreeMap::new();
    for (id, properties) in of_type(resources, "AWS::Serverless::Function") {
        let handler = properties
            .get("Handler")
            .and_then(Value::as_str)
            .ok_or_else(|| PolicyFault::new(id, "`Handler` is missing or no text"))?;
        if properties.get("Role").is_some() {
            return Err(PolicyFault::new(id, "a `Role` takes the place of policies"));
        }
        let policy = Arc::new(names.policy(id, properties.get("Policies"))?);
        if policies.insert(handler.to_owned(), policy).is_some() {
            return Err(PolicyFault::new(id, format!("{handler} has two functions")));
        }
    }
    Ok(policies)
}

/// Returns the resources of one type: their names in the template, and their properties.
fn of_type<'a>(
    resources: &'a Mapping,
    wanted: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    resources.iter().filter_map(move |(id, resource)| {
        let is_wanted = resource.get("Type").and_then(Value::as_str) == Some(wanted);
        let properties = resource.get("Properties").unwrap_or(&Value::Null);
        is_wanted.then_some((id.as_str()?, properties))
    })
}

/// The names that `!Ref`, `!GetAtt` and `!Sub` can resolve.
struct Names<'a> {
    stack: &'a str,
    tables: BTreeMap<&'a str, String>,
    keys: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(resources: &'a Mapping, stack: &'a str) -> Result<Self, PolicyFault> {
        let mut names = Self {
            stack,
            tables: BTreeMap::new(),
            keys: BTreeSet::new(),
        };
        for (id, _) in of_type(resources, "AWS::KMS::Key") {
            names.keys.insert(id);
        }
        let mut tables = BTreeMap::new();
        for (id, properties) in of_type(resources, "AWS::DynamoDB::Table") {
            let name = properties
                .get("TableName")
                .ok_or_else(|| "`TableName` is missing, so its name is not known".to_owned())
                .and_then(|name| names.text(name))
                .map_err(|why| PolicyFault::new(id, why))?;
            tables.insert(id, name);
        }
        // Only now: a table's name is resolved before any table can be referred to.
        names.tables = tables;
        Ok(names)
    }

    fn policy(&self, function: &str, policies: Option<&Value>) -> Result<Policy, PolicyFault> {
        let mut statements = Vec::new();
        for policy in policies.map(one_or_many).unwrap_or_default() {
            let fields = policy.as_mapping().ok_or_else(|| {
                PolicyFault::new(function, "a policy that is not written out in the template")
            })?;
            for (name, value) in fields {
                match (name.as_str(), value) {
                    (Some("Version"), version) if version.as_str() == Some("2012-10-17") => {}
                    (Some("Statement"), written) => {
                        for statement in one_or_many(written) {
                            let place = format!("{function}, statement {}", statements.len() + 1);
                            let statement = self
                                .statement(statement)
                                .map_err(|why| PolicyFault::new(place, why))?;
                            statements.push(statement);
                        }
                    }
                    _ => return Err(PolicyFault::new(function, not_understood("policy", name))),
                }
            }
        }
        Ok(Policy { statements })
    }

    fn statement(&self, written: &Value) -> Result<Statement, String> {
        let fields = written.as_mapping().ok_or("it is no map")?;
        let (mut effect, mut actions, mut resources) = (None, Vec::new(), Vec::new());
        let mut conditions = Vec::new();
        for (name, value) in fields {
            match name.as_str() {
                Some("Sid") => {}
                Some("Effect") => {
                    effect = match value.as_str() {
                        Some("Allow") => Some(Effect::Allow),
                        Some("Deny") => Some(Effect::Deny),
                        _ => return Err("`Effect` is neither Allow nor Deny".to_owned()),
                    }
                }
                Some("Action") => actions = self.texts(value)?,
                Some("Resource") => resources = self.texts(value)?,
                Some("Condition") => conditions = condition::read(value)?,
                _ => return Err(not_understood("statement", name)),
            }
        }
        if actions.is_empty() || resources.is_empty() {
            return Err("`Action` and `Resource` are both needed".to_owned());
        }
        Ok(Statement {
            effect: effect.ok_or("`Effect` is missing")?,
            actions,
            resources,
            conditions,
        })
    }

    fn texts(&self, value: &Value) -> Result<Vec<String>, String> {
        let values = one_or_many(value).into_iter();
        values.map(|value| self.text(value)).collect()
    }

    /// Returns a text, or the result of a short intrinsic function.
    fn text(&self, value: &Value) -> Result<String, String> {
        let Value::Tagged(tagged) = value else {
            let text = value.as_str().map(ToOwned::to_owned);
            return text.ok_or_else(|| "a text was expected".to_owned());
        };
        let argument = &tagged.value;
        match (tagged.tag.to_string().as_str(), argument) {
            ("!Sub", Value::String(text)) => self.substitute(text),
            ("!Ref", Value::String(id)) => self.reference(id),
            ("!GetAtt", Value::String(path)) => self.attribute(path),
            ("!GetAtt", Value::Sequence(parts)) => {
                let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
                self.attribute(&parts.unwrap_or_default().join("."))
            }
            (tag, _) => Err(format!("{tag} is not understood here")),
        }
    }

    fn substitute(&self, text: &str) -> Result<String, String> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| format!("`{text}` has no end of its `${{`"))?;
            result.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => result.extend(["${", literal, "}"]),
                None if name.contains('.') => result.push_str(&self.attribute(name)?),
                None => result.push_str(&self.reference(name)?),
            }
            rest = after;
        }
        Ok(result + rest)
    }

    fn reference(&self, id: &str) -> Result<String, String> {
        match id {
            "AWS::StackName" => Ok(self.stack.to_owned()),
            "AWS::Region" => Ok(REGION.to_owned()),
            "AWS::AccountId" => Ok(ACCOUNT.to_owned()),
            "AWS::Partition" => Ok("aws".to_owned()),
            _ if self.keys.contains(id) => Ok(id.to_owned()),
            _ => self
                .tables
                .get(id)
                .cloned()
                .ok_or_else(|| format!("`{id}` is no table, key or pseudo parameter")),
        }
    }

    fn attribute(&self, path: &str) -> Result<String, String> {
        match path.split_once('.') {
            Some((id, "Arn")) if self.keys.contains(id) => Ok(key_arn(id)),
            Some((id, "Arn")) if self.tables.contains_key(id) => Ok(table_arn(&self.tables[id])),
            _ => Err(format!("`{path}` is not the Arn of a table or a key")),
        }
    }
}

fn not_understood(what: &str, name: &Value) -> String {
    let name = name.as_str().unwrap_or("something that is no text");
    format!("a {what} with `{name}` is not understood")
}
