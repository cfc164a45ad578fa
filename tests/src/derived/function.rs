//! A function in `template.yaml`, with all that is its own: its policy, its log and its alarm.

use std::collections::BTreeMap;
use std::fmt::Write;

use functions::PROVISION;
use shared::store::{Grant, Resource};
use shared::{ENCRYPTION_CONTEXT, Endpoint};

use super::class::Class;

/// Renders the function of an operation.
pub(super) fn of(endpoint: &Endpoint) -> String {
    let class = Class::of(endpoint);
    let mut yaml = head(
        endpoint.id,
        endpoint.summary,
        class.megabytes(),
        class.seconds(),
    );
    if class.reserves_concurrency() {
        yaml.push_str("      ReservedConcurrentExecutions: !If [ReservesConcurrency, !Ref SignInConcurrency, !Ref AWS::NoValue]\n");
    }
    yaml.push_str(&policies(endpoint.grants()));
    yaml.push_str(&route_or_url(endpoint));
    yaml.push_str(&watch(endpoint.id));
    yaml
}

/// Renders the provisioning function. It gets the URL as a variable, because it has no requests.
pub(super) fn provisioning() -> String {
    let unrouted = &PROVISION;
    let mut yaml = head(
        unrouted.id,
        unrouted.summary,
        unrouted.megabytes,
        unrouted.seconds,
    );
    yaml.push_str(&policies(unrouted.grants()));
    yaml.push_str(
        "      Environment:
        Variables:
          COUNTERSIGN_PUBLIC_URL:
            !If [HasPublicUrl, !Ref PublicUrl, !If [HasDomain, !Sub \"https://${DomainName}\", !Sub \"https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}\"]]
",
    );
    yaml.push_str(&watch(unrouted.id));
    yaml
}

fn head(handler: &str, summary: &str, megabytes: u32, seconds: u32) -> String {
    let id = logical_id(handler);
    format!(
        "  {id}:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildMethod: rust-cargolambda, BuildProperties: {{ Binary: bootstrap }} }}
    Properties:
      Description: {summary}
      Handler: {handler}
      MemorySize: {megabytes}
      Timeout: {seconds}
      LoggingConfig: {{ LogGroup: !Ref {id}Log }}
"
    )
}

/// Returns the logical ID of an operation's function: `clients.reset_secret` is `ClientsResetSecret`.
fn logical_id(id: &str) -> String {
    let words = id.split(['.', '_']);
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// Renders a policy with these grants and nothing else.
fn policies(grants: Vec<Grant>) -> String {
    let mut yaml = String::new();
    let mut resources: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for grant in grants {
        resources.entry(grant.on).or_default().push(grant.action);
    }
    if !resources.is_empty() {
        yaml.push_str("      Policies:\n        - Version: \"2012-10-17\"\n          Statement:\n");
    }
    for (resource, actions) in resources {
        writeln!(yaml, "            - Effect: Allow").unwrap();
        writeln!(yaml, "              Action: [{}]", actions.join(", ")).unwrap();
        writeln!(
            yaml,
            "              Resource: !GetAtt {}.Arn",
            resource.logical_id()
        )
        .unwrap();
        if resource == Resource::SealingKey {
            // Granted are requests that name the application of their data key, and nothing else
            // beside it.
            write!(
                yaml,
                "              Condition:\n                ForAllValues:StringEquals: {{ \"kms:EncryptionContextKeys\": [\"{ENCRYPTION_CONTEXT}\"] }}\n                \"Null\": {{ \"kms:EncryptionContextKeys\": \"false\" }}\n"
            )
            .unwrap();
        }
    }
    yaml
}

/// Renders the route or the URL of a function.
fn route_or_url(endpoint: &Endpoint) -> String {
    if endpoint.streams {
        // An HTTP API hands out whole answers of 6 MB at most; a function's own URL streams.
        return "      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }\n"
            .to_owned();
    }
    let mut yaml = String::from("      Events:\n");
    for method in endpoint.route.methods {
        let event = logical_id(&method.to_lowercase());
        let path = endpoint.route.path;
        writeln!(yaml, "        {event}:\n          Type: HttpApi\n          Properties: {{ ApiId: !Ref Api, Method: {method}, Path: \"{path}\" }}").unwrap();
    }
    yaml
}

/// Renders its log group, and the alarm for its failures and throttling.
fn watch(handler: &str) -> String {
    let id = logical_id(handler);
    let mut yaml = format!(
        "
  {id}Log:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub \"/countersign/${{AWS::StackName}}/{handler}\"
      RetentionInDays: !Ref LogRetentionDays

  {id}Fails:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: {handler} breaks down, runs out of time or is throttled
      AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopic], !Ref AWS::NoValue]
      OKActions: !If [HasAlarmTopic, [!Ref AlarmTopic], !Ref AWS::NoValue]
      TreatMissingData: notBreaching
      ComparisonOperator: GreaterThanThreshold
      Threshold: 0
      EvaluationPeriods: 1
      Metrics:
        - {{ Id: failures, Label: Failed or throttled, Expression: SUM(METRICS()) }}
"
    );
    for metric in ["Errors", "Throttles"] {
        writeln!(
            yaml,
            "        - Id: {}
          ReturnData: false
          MetricStat:
            Period: 300
            Stat: Sum
            Metric:
              Namespace: AWS/Lambda
              MetricName: {metric}
              Dimensions: [{{ Name: FunctionName, Value: !Ref {id} }}]",
            metric.to_lowercase()
        )
        .unwrap();
    }
    yaml
}
