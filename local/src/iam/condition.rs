//! The conditions of a statement, as far as the template has any.

use yaml_serde::Value;

/// The condition keys of a request, with their values: facts beside its action and resource.
pub type Facts<'a> = &'a [(&'a str, &'a [&'a str])];

/// A condition. A statement holds if all of its conditions do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// `ForAllValues:StringEquals`: every value of the key is one of these. True if it has no value.
    AllEqual { key: String, values: Vec<String> },
    /// `Null`: whether the key has to be absent.
    Null { key: String, absent: bool },
}

impl Condition {
    pub(super) fn holds(&self, facts: Facts<'_>) -> bool {
        match self {
            Self::AllEqual { key, values } => found(key, facts)
                .iter()
                .all(|found| values.iter().any(|value| value == found)),
            Self::Null { key, absent } => found(key, facts).is_empty() == *absent,
        }
    }
}

/// Returns the values of a condition key. Upper and lower case in its name are the same.
fn found<'a>(key: &str, facts: Facts<'a>) -> &'a [&'a str] {
    let mut facts = facts.iter();
    let fact = facts.find(|(name, _)| name.eq_ignore_ascii_case(key));
    fact.map_or(&[], |(_, values)| values)
}

/// Reads a statement's `Condition`. Refuses operators that are not known here.
pub(super) fn read(written: &Value) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for (operator, keys) in map(written)? {
        for (key, value) in map(keys)? {
            let key = text(key)?;
            conditions.push(match operator.as_str() {
                Some("ForAllValues:StringEquals") => Condition::AllEqual {
                    key,
                    values: one_or_many(value)
                        .into_iter()
                        .map(text)
                        .collect::<Result<_, _>>()?,
                },
                Some("Null") => Condition::Null {
                    key,
                    absent: match (value.as_str(), value.as_bool()) {
                        (Some("true"), _) | (_, Some(true)) => true,
                        (Some("false"), _) | (_, Some(false)) => false,
                        _ => return Err("`Null` is neither true nor false".to_owned()),
                    },
                },
                other => {
                    let operator = other.unwrap_or("something that is no text");
                    return Err(format!("a `Condition` with `{operator}` is not understood"));
                }
            });
        }
    }
    // An empty condition would hold for every request, which nobody means who writes one.
    if conditions.is_empty() {
        return Err("`Condition` is empty".to_owned());
    }
    Ok(conditions)
}

fn map(value: &Value) -> Result<&yaml_serde::Mapping, String> {
    let map = value.as_mapping();
    map.ok_or_else(|| "`Condition` is no map of maps".to_owned())
}

fn text(value: &Value) -> Result<String, String> {
    let text = value.as_str().map(ToOwned::to_owned);
    text.ok_or_else(|| "a text was expected in `Condition`".to_owned())
}

/// Returns the elements of a list. IAM lets a list of one be written without the list.
pub(super) fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Sequence(values) => values.iter().collect(),
        value => vec![value],
    }
}
