//! The table of actions: configuration name and kind of each.

use super::{
    action::{Action, ExternalTool, Motion},
    detail::Tab,
    panes::{Pane, SortBy},
};

use ActionKind::{Other, Verb};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionKind {
    /// Does something with what is selected.
    Verb,
    /// Moves about, arranges the screen, or belongs to an overlay that is open.
    Other,
}

/// All actions. Their names are stable, as configuration files use them; panes have the names of the panes.
#[rustfmt::skip]
const TABLE: &[(Action, &str, ActionKind)] = &[
    (Action::Quit, "quit", Other),
    (Action::Help, "help", Other),
    (Action::Back, "back", Other),
    (Action::NextPane, "next-pane", Other),
    (Action::PreviousPane, "previous-pane", Other),
    (Action::Move(Motion::Up), "up", Other),
    (Action::Move(Motion::Down), "down", Other),
    (Action::Move(Motion::PageUp), "page-up", Other),
    (Action::Move(Motion::PageDown), "page-down", Other),
    (Action::Move(Motion::First), "first", Other),
    (Action::Move(Motion::Last), "last", Other),
    (Action::Open, "open", Verb),
    (Action::Detail(Tab::Diagnosis), "diagnosis", Verb),
    (Action::Detail(Tab::Timeline), "timeline", Verb),
    (Action::Detail(Tab::Rollout), "rollout", Verb),
    (Action::Detail(Tab::Describe), "describe", Verb),
    (Action::Detail(Tab::Yaml), "yaml", Verb),
    (Action::Detail(Tab::Events), "events-of-object", Verb),
    (Action::Detail(Tab::Logs), "logs", Verb),
    (Action::NextTab, "next-view", Other),
    (Action::PreviousTab, "previous-view", Other),
    (Action::PreviousLog, "previous-log", Verb),
    (Action::NextContainer, "next-container", Other),
    (Action::Find, "find", Other),
    (Action::NextMatch, "next-match", Other),
    (Action::PreviousMatch, "previous-match", Other),
    (Action::Fix(1), "fix", Verb),
    (Action::Fix(2), "second-fix", Verb),
    (Action::Fix(3), "third-fix", Verb),
    (Action::Faults, "what-is-wrong", Other),
    (Action::ProbeRegistry, "ask-registry", Verb),
    (Action::Hygiene, "hygiene", Other),
    (Action::Menu, "menu", Other),
    (Action::ShowGuide, "learn", Verb),
    (Action::NextSection, "next-section", Other),
    (Action::PreviousSection, "previous-section", Other),
    (Action::Apply, "apply", Other),
    (Action::New, "new", Verb),
    (Action::Setup, "setup", Other),
    (Action::Bind, "bind", Verb),
    (Action::SetImage, "set-image", Verb),
    (Action::JumpToNamespace, "warp", Other),
    (Action::Restart, "restart", Verb),
    (Action::PullTest, "pull-test", Verb),
    (Action::StartPullTest, "start-pull-test", Other),
    (Action::Node, "node", Verb),
    (Action::ProposeNodeFiles, "preview-node-files", Verb),
    (Action::ReadNodeFiles, "read-node-files", Other),
    (Action::CleanUp, "clean-up", Other),
    (Action::Report, "report", Verb),
    (Action::Deploy, "deploy", Other),
    (Action::Rotate, "rotate", Verb),
    (Action::CopyTo, "copy-to", Verb),
    (Action::Delete, "delete", Verb),
    (Action::Undo, "undo", Other),
    (Action::Export, "export", Other),
    (Action::Toggle, "toggle", Other),
    (Action::ToggleAll, "toggle-all", Other),
    (Action::NextOption, "next-option", Other),
    (Action::PreviousOption, "previous-option", Other),
    (Action::GoBack, "go-back", Other),
    (Action::GoForward, "go-forth", Other),
    (Action::PauseRollout, "pause-rollout", Verb),
    (Action::RollBack, "roll-back", Verb),
    (Action::NextField, "next-field", Other),
    (Action::PreviousField, "previous-field", Other),
    (Action::Submit, "submit", Other),
    (Action::Filter, "filter", Other),
    (Action::Palette, "command", Other),
    (Action::Contexts, "contexts", Other),
    (Action::Favourite(0), "all-namespaces", Other),
    (Action::Favourite(1), "favourite-1", Other),
    (Action::Favourite(2), "favourite-2", Other),
    (Action::Favourite(3), "favourite-3", Other),
    (Action::Favourite(4), "favourite-4", Other),
    (Action::Favourite(5), "favourite-5", Other),
    (Action::Favourite(6), "favourite-6", Other),
    (Action::Favourite(7), "favourite-7", Other),
    (Action::Favourite(8), "favourite-8", Other),
    (Action::Favourite(9), "favourite-9", Other),
    (Action::Sort(SortBy::Name), "sort-by-name", Other),
    (Action::Sort(SortBy::Namespace), "sort-by-namespace", Other),
    (Action::Sort(SortBy::Status), "sort-by-status", Other),
    (Action::Sort(SortBy::Age), "sort-by-age", Other),
    (Action::Sort(SortBy::Count), "sort-by-count", Other),
    (Action::NextSortColumn, "next-sort-column", Other),
    (Action::PreviousSortColumn, "previous-sort-column", Other),
    (Action::FaultsOnly, "faults-only", Other),
    (Action::Fold, "fold", Other),
    (Action::PauseEvents, "hold", Other),
    (Action::NextProblem, "next-problem", Other),
    (Action::PreviousProblem, "previous-problem", Other),
    (Action::ToAccount, "to-account", Verb),
    (Action::UsedBy, "used-by", Verb),
    (Action::Copy, "copy", Verb),
    (Action::CopyImage, "copy-image", Verb),
    (Action::CopyMessage, "copy-message", Verb),
    (Action::CopyCommands, "copy-commands", Verb),
    (Action::CopyNamespace, "copy-namespace", Verb),
    (Action::Reveal, "reveal", Verb),
    (Action::CopyPassword, "copy-password", Other),
    (Action::LastNamespace, "last-namespace", Other),
    (Action::Retry, "reconnect", Other),
    (Action::Refetch, "read-again", Other),
    (Action::ExternalTool(ExternalTool::Shell), "shell", Verb),
    (Action::ExternalTool(ExternalTool::Attach), "attach", Verb),
    (Action::ExternalTool(ExternalTool::PortForward), "port-forward", Verb),
    (Action::ExternalTool(ExternalTool::Edit), "edit", Verb),
];

impl Action {
    /// Name in the configuration; empty for actions without one, such as a tenth fix.
    pub fn name(self) -> &'static str {
        if let Self::Focus(pane) = self {
            return pane.name();
        }
        self.row().map_or("", |(_, name, _)| *name)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        let mut rows = TABLE.iter();
        rows.find(|(_, known, _)| *known == name)
            .map(|(action, ..)| *action)
            .or_else(|| Pane::from_name(name).map(Self::Focus))
    }

    /// True if the action applies to the selection.
    pub fn is_verb(self) -> bool {
        self.row().is_some_and(|(.., kind)| *kind == Verb)
    }

    fn row(self) -> Option<&'static (Self, &'static str, ActionKind)> {
        TABLE.iter().find(|(action, ..)| *action == self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::app::keymap::BINDINGS;

    #[test]
    fn every_action_has_one_name_and_every_name_one_action() {
        let (mut actions, mut names) = (HashSet::new(), HashSet::new());
        for (action, name, _) in TABLE {
            assert!(actions.insert(*action), "{action:?} twice");
            assert!(names.insert(*name), "{name} twice");
            assert_eq!(Action::from_name(name), Some(*action));
        }
        for pane in Pane::ALL {
            let action = Action::Focus(pane);
            assert!(
                names.insert(action.name()),
                "{pane:?} is named as an action"
            );
            assert_eq!(Action::from_name(pane.name()), Some(action));
            actions.insert(action);
        }
        for binding in BINDINGS {
            assert!(actions.contains(&binding.action), "{:?}", binding.action);
        }
    }
}
