//! Settings of functions in the template: their timeout and their memory.

use std::collections::BTreeMap;
use std::time::Duration;

use yaml_serde::Value;

use crate::iam::PolicyFault;

/// The settings of all functions, by `Handler`.
#[derive(Debug)]
pub(super) struct Settings {
    by_handler: BTreeMap<String, FunctionSettings>,
}

/// The settings of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionSettings {
    /// Longest time for an event.
    pub(super) timeout: Duration,
    /// Memory in MB.
    memory: u64,
}

/// Lambda's own defaults.
const DEFAULT: FunctionSettings = FunctionSettings {
    timeout: Duration::from_secs(3),
    memory: 128,
};

impl Settings {
    /// Reads a SAM template. A `!Ref` stands for the default of its parameter.
    pub(super) fn parse(template: &str) -> Result<Self, PolicyFault> {
        let document: Value = yaml_serde::from_str(template)
            .map_err(|fault| PolicyFault::new("the template", fault.to_string()))?;
        let globals = &document["Globals"]["Function"];
        let resources = document["Resources"].as_mapping().into_iter().flatten();
        let functions = resources
            .filter(|(_, resource)| resource["Type"].as_str() == Some("AWS::Serverless::Function"));
        let mut by_handler = BTreeMap::new();
        for (id, resource) in functions {
            let number = |name: &str, default: u64| {
                let own = &resource["Properties"][name];
                let value = if own.is_null() { &globals[name] } else { own };
                let place = format!("{}, `{name}`", id.as_str().unwrap_or_default());
                number(&document, value, default).map_err(|why| PolicyFault::new(place, why))
            };
            let settings = FunctionSettings {
                timeout: Duration::from_secs(number("Timeout", DEFAULT.timeout.as_secs())?),
                memory: number("MemorySize", DEFAULT.memory)?,
            };
            let handler = resource["Properties"]["Handler"].as_str();
            by_handler.insert(handler.unwrap_or_default().to_owned(), settings);
        }
        Ok(Self { by_handler })
    }

    /// Returns the settings of the function whose `Handler` this is.
    pub(super) fn of(&self, handler: &str) -> FunctionSettings {
        self.by_handler.get(handler).copied().unwrap_or(DEFAULT)
    }
}

impl FunctionSettings {
    /// Returns the environment variables that Lambda gives every function.
    pub(super) fn variables(&self, handler: &str) -> [(&'static str, String); 12] {
        let text = |text: &str| text.to_owned();
        [
            ("_HANDLER", text(handler)),
            ("AWS_EXECUTION_ENV", text("AWS_Lambda_provided.al2023")),
            ("AWS_LAMBDA_FUNCTION_NAME", text(handler)),
            ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.memory.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", text("on-demand")),
            (
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{handler}"),
            ),
            ("LAMBDA_TASK_ROOT", text("/var/task")),
            ("LAMBDA_RUNTIME_DIR", text("/var/runtime")),
            ("LANG", text("en_US.UTF-8")),
            ("PATH", text("/usr/local/bin:/usr/bin/:/bin")),
            ("TZ", text(":UTC")),
        ]
    }
}

fn number(document: &Value, value: &Value, default: u64) -> Result<u64, String> {
    let not_understood =
        || "it is no whole number, nor a `!Ref` to a parameter with one".to_owned();
    match value {
        Value::Null => Ok(default),
        Value::Tagged(tagged) if tagged.tag == "!Ref" => {
            let name = tagged.value.as_str().unwrap_or_default();
            let default = &document["Parameters"][name]["Default"];
            default.as_u64().ok_or_else(not_understood)
        }
        value => value.as_u64().ok_or_else(not_understood),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_its_own_or_the_usual_or_the_parameter() {
        let template = r"
Parameters: {Memory: {Type: Number, Default: 512}}
Globals: {Function: {Timeout: 20, MemorySize: 256}}
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Usual: {Type: AWS::Serverless::Function, Properties: {Handler: usual}}
  Own:
    Type: AWS::Serverless::Function
    Properties: {Handler: own, Timeout: 300, MemorySize: !Ref Memory}
";
        let settings = Settings::parse(template).unwrap();
        let of = |seconds, memory| FunctionSettings {
            timeout: Duration::from_secs(seconds),
            memory,
        };
        assert_eq!(settings.of("usual"), of(20, 256));
        assert_eq!(settings.of("own"), of(300, 512));
        assert_eq!(settings.of("another"), of(3, 128));
        for wrong in ["soon", "!Ref Table", "1.5"] {
            let template = template.replace("300", wrong);
            let fault = Settings::parse(&template).unwrap_err().to_string();
            assert!(
                fault.starts_with("Own, `Timeout`: it is no whole"),
                "{fault}"
            );
        }
    }

    #[test]
    fn the_template_says_it_of_every_operation() {
        let settings = Settings::parse(crate::TEMPLATE).unwrap();
        for operation in functions::OPERATIONS {
            assert_ne!(settings.of(operation.id), DEFAULT, "{}", operation.id);
        }
    }
}
