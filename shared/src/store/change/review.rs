//! The review of a change: its differences, its escalations, and the codes that it takes.

use crate::domain::change_request::ProposedChange;
use crate::domain::feature::Feature;
use crate::store::change::{Change, client};

impl Change {
    /// Returns the fields that differ, for a reviewer: escalations first, and of a secret only that it
    /// will be replaced.
    pub(super) fn proposed(&self) -> Vec<ProposedChange> {
        let mut shown: Vec<_> = self
            .differences()
            .into_iter()
            // Numbers that no reviewer can judge. The entries below say it in words.
            .filter(|(field, _)| field != "secret_serial" && field != "previous_secret_until")
            .map(|(field, (before, after))| ProposedChange {
                escalation: self.escalates(&field),
                field,
                before,
                after,
            })
            .collect();
        if let Self::ReplaceSecret { hours, .. } = self {
            shown.push(ProposedChange {
                field: "secret".to_owned(),
                before: serde_json::Value::Null,
                after: "will be replaced".into(),
                escalation: false,
            });
            shown.push(ProposedChange {
                field: "hours_to_live".to_owned(),
                before: serde_json::Value::Null,
                after: serde_json::json!(hours),
                escalation: false,
            });
        }
        if let Self::RetireSecret { .. } = self {
            shown.push(ProposedChange {
                field: "previous_secret".to_owned(),
                before: serde_json::Value::Null,
                after: "will end".into(),
                escalation: false,
            });
        }
        // The sort is stable: the fields of each group stay in their order.
        shown.sort_by_key(|change| !change.escalation);
        shown
    }

    /// Returns whether its change of `field` lets somebody do more than before.
    fn escalates(&self, field: &str) -> bool {
        match self {
            Self::CreateClient { client } => match field {
                "features" => client.features.contains(Feature::Owner),
                "modules" => !client.modules.is_empty(),
                _ => false,
            },
            Self::EditClient { before, after } => match field {
                "enabled" => after.enabled,
                "features" => after
                    .features
                    .iter()
                    .any(|new| !before.features.contains(new)),
                "modules" => client::grants_more(&before.modules, &after.modules),
                "allow_list" => !after.allow_list.is_within(&before.allow_list),
                _ => false,
            },
            Self::InviteAdministrator { .. } => field == "privileges",
            Self::EditAdministrator { loaded, after } => {
                field == "privileges"
                    && !loaded.administrator.privileges.includes(&after.privileges)
            }
            Self::SwitchOff => true,
            Self::ReplaceSecret { .. }
            | Self::RetireSecret { .. }
            | Self::DeleteClient { .. }
            | Self::DeleteAdministrator { .. } => false,
        }
    }

    /// Returns whether approving it takes a code of the approver (administration contract, section 5).
    pub(super) fn needs_code(&self) -> bool {
        match self {
            Self::ReplaceSecret { .. } | Self::SwitchOff => true,
            Self::CreateClient { client } => {
                client.features.contains(Feature::Owner) || !client.modules.is_empty()
            }
            Self::EditClient { before, after } => {
                client::grants_more(&before.modules, &after.modules)
                    || (after.features.contains(Feature::Owner)
                        && !before.features.contains(Feature::Owner))
            }
            Self::RetireSecret { .. }
            | Self::DeleteClient { .. }
            | Self::InviteAdministrator { .. }
            | Self::EditAdministrator { .. }
            | Self::DeleteAdministrator { .. } => false,
        }
    }

    /// Returns whether it lets a client into a new module.
    pub(super) fn grants_modules(&self) -> bool {
        match self {
            Self::CreateClient { client } => !client.modules.is_empty(),
            Self::EditClient { before, after } => {
                let mut modules = after.modules.keys();
                modules.any(|module| !before.modules.contains_key(module))
            }
            _ => false,
        }
    }

    /// Returns whether it changes the modules of a client.
    pub(super) fn touches_modules(&self) -> bool {
        match self {
            Self::CreateClient { client } => !client.modules.is_empty(),
            Self::EditClient { before, after } => before.modules != after.modules,
            _ => false,
        }
    }
}
