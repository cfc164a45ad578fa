//! The review of a change: its differences, its escalations, and the codes that it takes.

use crate::domain::change_request::ProposedChange;
use crate::domain::client::grants_more;
use crate::domain::feature::Feature;
use crate::store::change::Change;

impl Change {
    /// Returns the fields that differ, for a reviewer: escalations first, and of a secret only that it
    /// will be replaced.
    pub(super) fn proposed(&self) -> Vec<ProposedChange> {
        let escalations = self.escalations();
        let mut shown: Vec<_> = self
            .differences()
            .into_iter()
            // Numbers that no reviewer can judge. The entries below say it in words.
            .filter(|(field, _)| field != "secret_serial" && field != "previous_secret_until")
            .map(|(field, (before, after))| ProposedChange {
                escalation: escalations.contains(&field.as_str()),
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

    /// Returns the fields whose change lets somebody do more than before.
    fn escalations(&self) -> Vec<&'static str> {
        match self {
            Self::CreateClient { client } => client.profile.escalations(None),
            Self::EditClient { before, after } => after.profile.escalations(Some(&before.profile)),
            Self::InviteAdministrator { administrator, .. } => {
                administrator.profile.escalations(None)
            }
            Self::EditAdministrator { loaded, after } => {
                let before = &loaded.administrator.profile;
                after.profile.escalations(Some(before))
            }
            Self::SwitchOff => vec!["multi_admin"],
            Self::ReplaceSecret { .. }
            | Self::RetireSecret { .. }
            | Self::DeleteClient { .. }
            | Self::DeleteAdministrator { .. } => Vec::new(),
        }
    }

    /// Returns whether approving it takes a code of the approver (administration contract, section 5).
    pub(super) fn needs_code(&self) -> bool {
        match self {
            Self::ReplaceSecret { .. } | Self::SwitchOff => true,
            Self::CreateClient { client } => {
                client.profile.features.contains(Feature::Owner)
                    || !client.profile.modules.is_empty()
            }
            Self::EditClient { before, after } => {
                grants_more(&before.profile.modules, &after.profile.modules)
                    || (after.profile.features.contains(Feature::Owner)
                        && !before.profile.features.contains(Feature::Owner))
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
            Self::CreateClient { client } => !client.profile.modules.is_empty(),
            Self::EditClient { before, after } => {
                let mut modules = after.profile.modules.keys();
                modules.any(|module| !before.profile.modules.contains_key(module))
            }
            Self::ReplaceSecret { .. }
            | Self::RetireSecret { .. }
            | Self::DeleteClient { .. }
            | Self::InviteAdministrator { .. }
            | Self::EditAdministrator { .. }
            | Self::DeleteAdministrator { .. }
            | Self::SwitchOff => false,
        }
    }

    /// Returns whether it changes the modules of a client.
    pub(super) fn touches_modules(&self) -> bool {
        match self {
            Self::CreateClient { client } => !client.profile.modules.is_empty(),
            Self::EditClient { before, after } => before.profile.modules != after.profile.modules,
            Self::ReplaceSecret { .. }
            | Self::RetireSecret { .. }
            | Self::DeleteClient { .. }
            | Self::InviteAdministrator { .. }
            | Self::EditAdministrator { .. }
            | Self::DeleteAdministrator { .. }
            | Self::SwitchOff => false,
        }
    }
}
