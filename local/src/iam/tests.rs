use super::*;

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  ClientsTable:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: !Sub "${AWS::StackName}-clients", BillingMode: PAY_PER_REQUEST}
  AuditTable:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: !Sub "${AWS::StackName}-audit"}
  SealingKey: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true}}
  ClientsResetSecret:
    Type: AWS::Serverless::Function
    Properties:
      Handler: clients.reset_secret
      Policies:
        - Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:PutItem]
              Resource: !GetAtt ClientsTable.Arn
            - Sid: Index
              Effect: Allow
              Action: dynamodb:Query
              Resource: [!Sub "${ClientsTable.Arn}/index/*", !GetAtt [AuditTable, Arn]]
            - Effect: Allow
              Action: kms:Dec*
              Resource: !GetAtt SealingKey.Arn
  Everything:
    Type: AWS::Serverless::Function
    Properties:
      Handler: everything
      Policies:
        Statement:
          - {Effect: Allow, Action: "dynamodb:*", Resource: "*"}
          - Effect: Deny
            Action: dynamodb:Put?tem
            Resource: !Sub "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AuditTable}"
  Nothing:
    Type: AWS::Serverless::Function
    Properties: {Handler: nothing}
"#;

fn policy(handler: &str) -> Arc<Policy> {
    let policies = Policies::parse(TEMPLATE, "countersign").unwrap();
    policies.of(handler).unwrap()
}

#[test]
fn only_what_is_named_is_granted() {
    let policy = policy("clients.reset_secret");
    let clients = table_arn("countersign-clients");
    assert!(policy.allows("dynamodb:GetItem", &clients));
    assert!(policy.allows("DynamoDB:getitem", &clients));
    assert!(!policy.allows("dynamodb:DeleteItem", &clients));
    assert!(!policy.allows("dynamodb:GetItem", &table_arn("countersign-clients2")));
    assert!(!policy.allows("dynamodb:GetItem", &table_arn("Countersign-clients")));
    assert!(!policy.allows("dynamodb:GetItem", &table_arn("countersign-audit")));
    assert!(!policy.allows("dynamodb:Query", &clients));
    assert!(policy.allows(
        "dynamodb:Query",
        &index_arn("countersign-clients", "by_name")
    ));
    assert!(policy.allows("dynamodb:Query", &table_arn("countersign-audit")));
    assert!(policy.allows("kms:Decrypt", &key_arn("SealingKey")));
    assert!(!policy.allows("kms:GenerateDataKey", &key_arn("SealingKey")));
}

#[test]
fn a_denial_wins() {
    let policy = policy("everything");
    assert!(policy.allows("dynamodb:PutItem", &table_arn("countersign-clients")));
    assert!(policy.allows("dynamodb:GetItem", &table_arn("countersign-audit")));
    assert!(!policy.allows("dynamodb:PutItem", &table_arn("countersign-audit")));
    assert!(!policy.allows("kms:Decrypt", &key_arn("SealingKey")));
}

#[test]
fn a_function_without_policies_may_do_nothing() {
    assert!(!policy("nothing").allows("dynamodb:GetItem", &table_arn("countersign-clients")));
    let policies = Policies::parse(TEMPLATE, "countersign").unwrap();
    assert!(policies.of("unheard.of").is_none());
    let handlers: Vec<&str> = policies.handlers().collect();
    assert_eq!(handlers, ["clients.reset_secret", "everything", "nothing"]);
}

#[test]
fn conditions_are_asked() {
    const KEYS: &str = "kms:EncryptionContextKeys";
    let template = r#"Resources:
  K: {Type: AWS::KMS::Key}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: f
      Policies:
        Statement:
          - Effect: Allow
            Action: kms:Decrypt
            Resource: !GetAtt K.Arn
            Condition:
              ForAllValues:StringEquals: {"kms:EncryptionContextKeys": [a, b]}
              "Null": {"kms:encryptioncontextkeys": "false"}
          - Effect: Allow
            Action: kms:Encrypt
            Resource: !GetAtt K.Arn
            Condition: {"Null": {"kms:EncryptionContextKeys": true}}
"#;
    let policy = Policies::parse(template, "s").unwrap().of("f").unwrap();
    let key = key_arn("K");
    let may = |keys: &[&str]| policy.allows_with("kms:Decrypt", &key, &[(KEYS, keys)]);
    assert!(may(&["a"]) && may(&["b", "a"]));
    assert!(!may(&["a", "c"]) && !may(&["A"]) && !may(&[]));
    assert!(!policy.allows("kms:Decrypt", &key), "the key is absent");
    assert!(policy.allows("kms:Encrypt", &key));
    assert!(!policy.allows_with("kms:Encrypt", &key, &[(KEYS, &["a"])]));
}

#[test]
fn grants_are_listed() {
    let policy = policy("clients.reset_secret");
    let clients = table_arn("countersign-clients");
    let grants: Vec<_> = policy.grants().collect();
    assert_eq!(grants.len(), 5);
    assert_eq!(grants[0], ("dynamodb:GetItem", clients.as_str()));
    assert_eq!(grants[1], ("dynamodb:PutItem", clients.as_str()));
}

#[test]
fn the_stack_name_is_the_prefix_of_tables() {
    let policies = Policies::parse(TEMPLATE, "other").unwrap();
    let policy = policies.of("clients.reset_secret").unwrap();
    assert!(policy.allows("dynamodb:GetItem", &table_arn("other-clients")));
    assert!(!policy.allows("dynamodb:GetItem", &table_arn("countersign-clients")));
}

/// Returns a template with this property of its one function.
fn fault(property: &str) -> String {
    let template = format!(
        "Resources:\n  T: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: t}}}}\n  \
         F: {{Type: AWS::Serverless::Function, Properties: {{Handler: f, {property}}}}}\n"
    );
    Policies::parse(&template, "s").unwrap_err().to_string()
}

fn statement_fault(fields: &str) -> String {
    fault(&format!("Policies: [{{Statement: [{{{fields}}}]}}]"))
}

#[test]
fn what_is_not_understood_is_refused() {
    let cases = [
        (
            fault("Policies: AWSXRayDaemonWriteAccess"),
            "F: a policy that is not written out",
        ),
        (
            fault("Policies: [{DynamoDBReadPolicy: {TableName: t}}]"),
            "`DynamoDBReadPolicy`",
        ),
        (
            fault("Policies: [{Version: 2008-10-17, Statement: []}]"),
            "`Version`",
        ),
        (fault("Role: arn:aws:iam::1:role/r"), "F: a `Role`"),
        (
            statement_fault("Effect: Allow, NotAction: a, Resource: r"),
            "F, statement 1: a statement with `NotAction`",
        ),
        (
            statement_fault("Effect: Allow, Action: a, NotResource: r"),
            "`NotResource`",
        ),
        (
            statement_fault("Effect: Allow, Action: a, Resource: r, Condition: {}"),
            "`Condition`",
        ),
        (
            statement_fault(
                "Effect: Allow, Action: a, Resource: r, Condition: {StringLike: {k: v}}",
            ),
            "a `Condition` with `StringLike`",
        ),
        (
            statement_fault(
                "Effect: Allow, Action: a, Resource: r, Condition: {\"Null\": {k: maybe}}",
            ),
            "`Null` is neither",
        ),
        (
            statement_fault("Effect: Maybe, Action: a, Resource: r"),
            "`Effect`",
        ),
        (
            statement_fault("Action: a, Resource: r"),
            "`Effect` is missing",
        ),
        (
            statement_fault("Effect: Allow, Action: a"),
            "are both needed",
        ),
        (
            statement_fault("Effect: Allow, Action: [], Resource: r"),
            "are both needed",
        ),
        (
            statement_fault("Effect: Allow, Action: a, Resource: !Ref Elsewhere"),
            "`Elsewhere`",
        ),
        (
            statement_fault("Effect: Allow, Action: a, Resource: !GetAtt T.StreamArn"),
            "`T.StreamArn`",
        ),
        (
            statement_fault("Effect: Allow, Action: a, Resource: !GetAtt F.Arn"),
            "`F.Arn`",
        ),
        (
            statement_fault("Effect: Allow, Action: a, Resource: !ImportValue x"),
            "!ImportValue",
        ),
        (
            statement_fault("Effect: Allow, Action: a, Resource: !Sub \"${T.Arn\""),
            "no end",
        ),
        (
            statement_fault("Effect: Allow, Action: a, Resource: {Fn::Sub: x}"),
            "a text was expected",
        ),
        (
            statement_fault("Effect: Allow, Action: 7, Resource: r"),
            "a text was expected",
        ),
    ];
    for (said, expected) in cases {
        assert!(said.contains(expected), "{said}, not {expected}");
    }
}

#[test]
fn templates_without_what_is_needed_are_refused() {
    let function = "{Type: AWS::Serverless::Function, Properties: {Handler: f}}";
    for (template, expected) in [
        ("", "`Resources` is missing"),
        ("a: [", "the template: "),
        (
            "Resources: {T: {Type: AWS::DynamoDB::Table}}",
            "T: `TableName` is missing",
        ),
        (
            "Resources: {F: {Type: AWS::Serverless::Function}}",
            "F: `Handler` is missing",
        ),
        (
            &format!("Resources: {{A: {function}, B: {function}}}"),
            "B: f has two functions",
        ),
    ] {
        let said = Policies::parse(template, "s").unwrap_err().to_string();
        assert!(said.contains(expected), "{said}, not {expected}");
    }
}

#[test]
fn wildcards_match_as_in_iam() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abcbc", true),
        ("a*c", "abcb", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*b*", "abc", true),
        ("a**", "a", true),
        ("", "a", false),
        ("a", "ab", false),
    ] {
        assert_eq!(matches(pattern, text, u8::eq), expected, "{pattern} {text}");
    }
}
