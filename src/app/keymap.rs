//! The table of default key bindings. Dispatch, footer, help and the documents all come from it.
//!
//! Where k9s has a meaning for a key, k9s wins; new verbs sit on keys that it leaves free.

use super::{
    action::{Action, ExternalTool, Motion, SortBy},
    detail::Tab,
    key::Key,
    panes::Pane,
};

/// Where a binding is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// On every screen that has no text field.
    Everywhere,
    /// In any of the five panes.
    Panes,
    In(Pane),
    /// In a list or text that lies over the panes.
    Overlay,
    /// In a list to choose from.
    Choice,
    /// In the list of what is wrong.
    Faults,
    /// In the details of an object.
    Details,
    /// In the details of a Pod, beside what holds for all.
    PodDetails,
    /// In the details of a Secret, beside what holds for all.
    SecretDetails,
    /// In the details of a workload, beside what holds for all.
    WorkloadDetails,
    /// In a YAML or a log.
    Text,
    /// In a pull test.
    PullTest,
    /// On the values of a Secret.
    Reveal,
    /// In the guide.
    Guide,
    /// On a plan that is proposed.
    PlanDialog,
    /// On a plan that has been carried out.
    AppliedPlan,
    /// In a form, beside what can be typed.
    Form,
    /// In a list of a form.
    MultiSelect,
    /// In a choice of a form.
    Select,
}

impl Context {
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Panes => "Panes",
            Self::In(pane) => pane.title(),
            Self::Choice => "Lists to choose from",
            Self::Faults => "What is wrong",
            Self::Details => "Details",
            Self::PodDetails => "Details of a Pod",
            Self::SecretDetails => "Details of a Secret",
            Self::WorkloadDetails => "Details of a workload",
            Self::Text => "YAML and logs",
            Self::PullTest => "A pull test",
            Self::Reveal => "The values of a Secret",
            Self::Guide => "The guide",
            Self::PlanDialog => "A proposed change",
            Self::AppliedPlan => "An applied change",
            Self::Form => "Forms",
            Self::MultiSelect => "Lists in forms",
            Self::Select => "Choices in forms",
            Self::Overlay => "Lists and texts above the panes",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Binding {
    pub on: &'static [&'static str],
    pub context: Context,
    pub action: Action,
    /// One or two words for the footer.
    pub label: &'static str,
    pub help: &'static str,
    /// Low numbers stay longest in a footer that gets narrow; 0 is not shown there.
    pub rank: u8,
}

const fn row(
    on: &'static [&'static str],
    context: Context,
    action: Action,
    label: &'static str,
    help: &'static str,
    rank: u8,
) -> Binding {
    Binding {
        on,
        context,
        action,
        label,
        help,
        rank,
    }
}

use Context::{
    AppliedPlan, Choice, Details, Everywhere, Faults, Form, Guide, In, MultiSelect, Overlay, Panes,
    PlanDialog, PodDetails, SecretDetails, Select, Text, WorkloadDetails,
};

#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    row(&["!"], Panes, Action::NextProblem, "next problem", "Go to the next thing that is wrong, in any namespace", 1),
    row(&["@"], Panes, Action::PreviousProblem, "previous problem", "Go to the previous thing that is wrong", 0),
    row(&["W"], Panes, Action::Faults, "what is wrong", "All that is wrong, each cause once", 4),
    row(&["H"], Panes, Action::Hygiene, "", "What to put in order before it fails: unused, old and shared credentials", 0),
    row(&["."], Panes, Action::Menu, "actions", "All that can be done with what is selected, each with its key; what cannot, with the reason", 3),
    row(&["."], Details, Action::Menu, "actions", "All that can be done with it, each with its key; what cannot, with the reason", 3),
    row(&["L"], Panes, Action::ShowGuide, "explain", "Explain what is shown: the cause, the big picture, the guide", 10),
    row(&["L"], Overlay, Action::ShowGuide, "explain", "Explain what is shown: the cause, the big picture, the guide", 8),
    row(&["right", "tab"], Guide, Action::NextSection, "next section", "The next section of the guide", 1),
    row(&["left", "shift-tab"], Guide, Action::PreviousSection, "previous section", "The section before", 2),
    row(&["enter"], In(Pane::Namespaces), Action::Open, "pods", "Show the Pods of the namespace", 2),
    row(&["enter"], In(Pane::Pods), Action::Open, "details", "Show the diagnosis of the Pod, or its timeline when nothing is wrong", 2),
    row(&["D"], Panes, Action::Detail(Tab::Diagnosis), "diagnose", "Diagnose the Pod: cause, evidence, fixes", 3),
    row(&["T"], Panes, Action::Detail(Tab::Timeline), "", "Timeline of the Pod's start, step by step", 0),
    row(&["d"], Panes, Action::Detail(Tab::Describe), "", "Describe what is selected", 0),
    row(&["y"], Panes, Action::Detail(Tab::Yaml), "", "The YAML of what is selected; a Secret's values are hidden", 0),
    row(&["l"], Panes, Action::Detail(Tab::Logs), "", "The log of the Pod", 0),
    row(&["p"], In(Pane::Pods), Action::PreviousLog, "", "The log of the run before", 0),
    row(&["R"], In(Pane::Pods), Action::Detail(Tab::Rollout), "", "The rollout of the Pod's workload", 0),
    row(&["enter"], In(Pane::ServiceAccounts), Action::Open, "secret", "Go to the first pull Secret that the account lists", 2),
    row(&["enter"], In(Pane::Secrets), Action::Open, "account", "Go to the first ServiceAccount that lists the Secret", 2),
    row(&["enter"], In(Pane::Events), Action::Open, "pod", "Go to the Pod that the event is about", 2),
    row(&["J"], In(Pane::Pods), Action::ToAccount, "account", "Go to the ServiceAccount of the Pod", 4),
    row(&["u"], In(Pane::Secrets), Action::UsedBy, "used by", "Show the Pods that list the Secret", 4),
    row(&["u"], In(Pane::ServiceAccounts), Action::UsedBy, "used by", "Show the Pods that run as the account", 4),
    row(&["p"], In(Pane::Events), Action::PauseEvents, "pause", "Hold the list as it is, or let it go on", 6),
    row(&["z"], In(Pane::Events), Action::Fold, "fold", "One line per fault of a workload, or every event by itself", 5),
    row(&["z"], In(Pane::Pods), Action::Fold, "fold", "One row per workload; enter opens one", 5),
    row(&["/"], Panes, Action::Filter, "filter", "Filter: words, !not, -l label=value, -f fuzzy", 3),
    row(&["ctrl-z"], Panes, Action::FaultsOnly, "faults only", "Show only what fails; in Events, only pull failures", 6),
    row(&["tab", "right"], Panes, Action::NextPane, "next pane", "Go to the next pane", 7),
    row(&["shift-tab", "left"], Panes, Action::PreviousPane, "previous pane", "Go to the previous pane", 0),
    row(&["0"], Panes, Action::Favourite(0), "all", "All namespaces", 8),
    row(&["1"], Panes, Action::Favourite(1), "", "Favourite namespace 1", 0),
    row(&["2"], Panes, Action::Favourite(2), "", "Favourite namespace 2", 0),
    row(&["3"], Panes, Action::Favourite(3), "", "Favourite namespace 3", 0),
    row(&["4"], Panes, Action::Favourite(4), "", "Favourite namespace 4", 0),
    row(&["5"], Panes, Action::Favourite(5), "", "Favourite namespace 5", 0),
    row(&["6"], Panes, Action::Favourite(6), "", "Favourite namespace 6", 0),
    row(&["7"], Panes, Action::Favourite(7), "", "Favourite namespace 7", 0),
    row(&["8"], Panes, Action::Favourite(8), "", "Favourite namespace 8", 0),
    row(&["9"], Panes, Action::Favourite(9), "", "Favourite namespace 9", 0),
    row(&["-"], Panes, Action::LastNamespace, "last namespace", "Back to the namespace shown before", 0),
    row(&["["], Panes, Action::GoBack, "", "Back to where you were, as in a browser", 0),
    row(&["]"], Panes, Action::GoForward, "", "Forth again", 0),
    row(&["N"], Panes, Action::Sort(SortBy::Name), "", "Sort by name; again: the other way round", 0),
    row(&["P"], Panes, Action::Sort(SortBy::Namespace), "", "Sort by namespace", 0),
    row(&["S"], Panes, Action::Sort(SortBy::Status), "", "Sort by status, worst first", 0),
    row(&["A"], Panes, Action::Sort(SortBy::Age), "", "Sort by age, youngest first", 0),
    row(&["O"], Panes, Action::Sort(SortBy::Count), "", "Sort by number: restarts, users or occurrences", 0),
    row(&["shift-right"], Panes, Action::NextSortColumn, "", "Sort by the next column", 0),
    row(&["shift-left"], Panes, Action::PreviousSortColumn, "", "Sort by the previous column", 0),
    row(&["c"], Panes, Action::Copy, "", "Copy the name", 0),
    row(&["n"], Panes, Action::CopyNamespace, "", "Copy the namespace", 0),
    row(&["s"], In(Pane::Pods), Action::ExternalTool(ExternalTool::Shell), "", "A shell is k9s's trade: copies the kubectl command", 0),
    row(&["a"], In(Pane::Pods), Action::ExternalTool(ExternalTool::Attach), "", "Attaching is k9s's trade: copies the kubectl command", 0),
    row(&["F"], In(Pane::Pods), Action::ExternalTool(ExternalTool::PortForward), "", "Port-forwarding is k9s's trade: copies the kubectl command", 0),
    row(&["e"], Panes, Action::ExternalTool(ExternalTool::Edit), "", "Editing is kubectl's trade: copies the command", 0),
    row(&["e"], Details, Action::ExternalTool(ExternalTool::Edit), "", "Editing is kubectl's trade: copies the command", 0),
    row(&["w"], Panes, Action::JumpToNamespace, "", "Narrow to the namespace of what is selected; 0 widens again", 0),
    row(&["ctrl-a"], Panes, Action::Palette, "", "All commands, as with :", 0),
    row(&["up", "k"], Panes, Action::Move(Motion::Up), "", "Up", 0),
    row(&["down", "j"], Panes, Action::Move(Motion::Down), "", "Down", 0),
    row(&["pageup", "ctrl-b"], Panes, Action::Move(Motion::PageUp), "", "A page up", 0),
    row(&["pagedown", "ctrl-f"], Panes, Action::Move(Motion::PageDown), "", "A page down", 0),
    row(&["home", "g"], Panes, Action::Move(Motion::First), "", "First row", 0),
    row(&["end", "G"], Panes, Action::Move(Motion::Last), "", "Last row", 0),
    row(&["ctrl-r"], Panes, Action::Retry, "", "Connect again and list everything afresh", 0),
    row(&["up", "k"], Overlay, Action::Move(Motion::Up), "", "Up", 0),
    row(&["down", "j"], Overlay, Action::Move(Motion::Down), "", "Down", 0),
    row(&["pageup", "ctrl-b"], Overlay, Action::Move(Motion::PageUp), "", "A page up", 0),
    row(&["pagedown", "ctrl-f", "space"], Overlay, Action::Move(Motion::PageDown), "", "A page down", 0),
    row(&["home", "g"], Overlay, Action::Move(Motion::First), "", "To the top", 0),
    row(&["end", "G"], Overlay, Action::Move(Motion::Last), "", "To the end", 0),
    row(&["enter"], Choice, Action::Open, "choose", "Choose", 1),
    row(&["ctrl-x"], Faults, Action::Fix(1), "fix", "Show what the best fix would change, for all workloads that suffer from the problem", 2),
    row(&["tab", "right"], Details, Action::NextTab, "next view", "The next view of it", 2),
    row(&["shift-tab", "left"], Details, Action::PreviousTab, "", "The view before", 0),
    row(&["D"], Details, Action::Detail(Tab::Diagnosis), "", "The diagnosis", 0),
    row(&["T"], Details, Action::Detail(Tab::Timeline), "timeline", "The timeline", 4),
    row(&["d"], Details, Action::Detail(Tab::Describe), "describe", "The description", 6),
    row(&["y"], Details, Action::Detail(Tab::Yaml), "yaml", "The YAML; a Secret's values are hidden", 6),
    row(&["l"], Details, Action::Detail(Tab::Logs), "logs", "The log; in an open one: begin again", 5),
    row(&["p"], Text, Action::PreviousLog, "", "The log of the run before, and back", 0),
    row(&["o"], Text, Action::NextContainer, "", "The log of the next container", 0),
    row(&["R"], Details, Action::Detail(Tab::Rollout), "rollout", "The rollout of the workload", 5),
    row(&["/"], Text, Action::Find, "find", "Look for words in the YAML or the log", 1),
    row(&["n"], Text, Action::NextMatch, "next match", "The next line that has the words", 3),
    row(&["N"], Text, Action::PreviousMatch, "", "The line before that has them", 0),
    row(&["z"], Text, Action::Fold, "fold", "Fold the YAML: without managed fields, an outline, everything", 4),
    row(&["ctrl-r"], Text, Action::Refetch, "", "Read the YAML again", 0),
    row(&["1", "ctrl-x"], PodDetails, Action::Fix(1), "fix", "Show what the first fix would change; enter then applies it", 1),
    row(&["2"], PodDetails, Action::Fix(2), "", "The second fix", 0),
    row(&["3"], PodDetails, Action::Fix(3), "", "The third fix", 0),
    row(&["t"], PodDetails, Action::ProbeRegistry, "ask registry", "Ask the registry, with the credential that the kubelet would send", 3),
    row(&["t"], SecretDetails, Action::ProbeRegistry, "ask registries", "Ask the registries whether the Secret's entries let its images be pulled", 1),
    row(&["u"], WorkloadDetails, Action::RollBack, "undo", "Back to the revision before that had another image", 1),
    row(&["p"], WorkloadDetails, Action::PauseRollout, "pause", "Pause the rollout, or let it go on", 3),
    row(&["r"], WorkloadDetails, Action::Restart, "restart", "Restart the workload", 4),
    row(&["ctrl-x"], WorkloadDetails, Action::Fix(1), "fix", "Fix what is wrong with its worst Pod", 2),
    row(&["ctrl-t"], PodDetails, Action::PullTest, "let kubelet pull", "Let the kubelet of a node pull the image, with a Pod that never runs it", 5),
    row(&["ctrl-t"], In(Pane::Pods), Action::PullTest, "", "Let the kubelet of a node pull the image, with a Pod that never runs it", 0),
    row(&["enter"], Context::PullTest, Action::StartPullTest, "pull", "Pull on the chosen nodes; when all have answered, close", 1),
    row(&["space"], Context::PullTest, Action::Toggle, "take", "Take the node, or leave it", 2),
    row(&["ctrl-a"], Context::PullTest, Action::ToggleAll, "all", "All nodes, or none", 3),
    row(&["r"], PodDetails, Action::Restart, "", "Restart the workload of the Pod", 0),
    row(&["ctrl-x"], Panes, Action::Fix(1), "fix", "Show what the best fix would change; enter then applies it", 3),
    row(&["+"], Panes, Action::New, "new", "First-time setup; in Secrets and ServiceAccounts a new pull Secret", 6),
    row(&["b"], In(Pane::Secrets), Action::Bind, "bind", "Attach the Secret to ServiceAccounts, or take it off them", 4),
    row(&["b"], In(Pane::ServiceAccounts), Action::Bind, "bind", "Choose the pull Secrets of the ServiceAccount", 4),
    row(&["b"], In(Pane::Pods), Action::Bind, "", "Choose the ServiceAccount of the Pod's workload", 0),
    row(&["R"], In(Pane::Secrets), Action::Rotate, "rotate", "Give a new token to every Secret that carries this credential, in all namespaces", 3),
    row(&["x"], In(Pane::Secrets), Action::Reveal, "", "Show the user names and passwords in the Secret, after a warning and for 30 s", 0),
    row(&["x"], Details, Action::Reveal, "", "Show the values of a Secret, after a warning and for 30 s", 0),
    row(&["enter", "x"], Context::Reveal, Action::Reveal, "show", "Show the values; when they are shown, close", 1),
    row(&["c"], Context::Reveal, Action::CopyPassword, "copy password", "Copy the password of the selected entry to the clipboard", 3),
    row(&["C"], In(Pane::Secrets), Action::CopyTo, "copy to", "Copy Secret to other namespaces", 5),
    row(&["t"], In(Pane::Secrets), Action::ProbeRegistry, "ask registries", "Ask the registries whether the Secret's entries let its images be pulled", 6),
    row(&["ctrl-d"], In(Pane::Secrets), Action::Delete, "", "Delete the Secret; says first who depends on it", 0),
    row(&["ctrl-d"], In(Pane::ServiceAccounts), Action::Delete, "", "Delete the ServiceAccount; says first who depends on it", 0),
    row(&["ctrl-d", "ctrl-k"], In(Pane::Pods), Action::Delete, "", "Delete the Pod", 0),
    row(&["t"], In(Pane::Pods), Action::ProbeRegistry, "", "Ask the registry about the image, with the credential that the kubelet would send", 0),
    row(&["i"], In(Pane::Pods), Action::SetImage, "", "Set another image for the Pod's workload", 0),
    row(&["i"], PodDetails, Action::SetImage, "", "Set another image for the Pod's workload", 0),
    row(&["i"], WorkloadDetails, Action::SetImage, "", "Set another image for the workload", 0),
    row(&["r"], In(Pane::Pods), Action::Restart, "", "Restart the workload of the Pod", 0),
    row(&["enter"], PlanDialog, Action::Apply, "apply", "Make the changes", 1),
    row(&["y"], PlanDialog, Action::Export, "export", "Export as YAML, without credentials", 4),
    row(&["enter"], AppliedPlan, Action::Apply, "close", "Close the plan", 1),
    row(&["ctrl-x"], AppliedPlan, Action::Fix(1), "", "When Pods still fail after the changes: show what the next fix would change", 0),
    row(&["u"], AppliedPlan, Action::Undo, "undo", "Take back what was carried out last", 3),
    row(&["y"], AppliedPlan, Action::Export, "export", "Export as YAML, without credentials", 4),
    row(&["space"], MultiSelect, Action::Toggle, "take or leave", "Take or leave the row; what is typed filters the list", 1),
    row(&["ctrl-space", "ctrl-a"], MultiSelect, Action::ToggleAll, "all", "Take all rows that are shown, or none", 2),
    row(&["up"], MultiSelect, Action::Move(Motion::Up), "", "The row above; at the top the field before", 0),
    row(&["down"], MultiSelect, Action::Move(Motion::Down), "", "The row below; at the end the next field", 0),
    row(&["right", "space"], Select, Action::NextOption, "next option", "The next option", 1),
    row(&["left"], Select, Action::PreviousOption, "", "The option before", 0),
    row(&["tab", "down"], Form, Action::NextField, "next field", "The next field", 2),
    row(&["shift-tab", "up"], Form, Action::PreviousField, "", "The field before", 0),
    row(&["enter"], Form, Action::Submit, "next, then preview", "The next field; on the last one the plan", 1),
    row(&["esc"], Form, Action::Back, "back", "Leave the form; twice when something was typed", 3),
    row(&["!"], Details, Action::NextProblem, "next problem", "Go to the next thing that is wrong, in any namespace", 2),
    row(&["@"], Details, Action::PreviousProblem, "", "Go to the previous thing that is wrong", 0),
    row(&["esc", "q"], Overlay, Action::Back, "back", "Back", 2),
    row(&["c"], Overlay, Action::Copy, "", "Copy the text", 0),
    row(&[":"], Everywhere, Action::Palette, "command", "Command: ns, po, sa, sec, ev, ctx, q", 9),
    row(&["?"], Everywhere, Action::Help, "help", "These keys", 2),
    row(&["esc"], Panes, Action::Back, "", "Drop the filter", 0),
    row(&["ctrl-c"], Everywhere, Action::Quit, "", "Quit (also :q)", 0),
];

impl Binding {
    /// Its words for the footer, or these where it has none.
    pub fn label_or(&self, otherwise: &'static str) -> &'static str {
        if self.label.is_empty() {
            otherwise
        } else {
            self.label
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.on.iter().filter_map(|name| Key::parse(name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_key_has_a_name_that_reads() {
        for binding in BINDINGS {
            assert_eq!(binding.keys().count(), binding.on.len(), "{:?}", binding.on);
            assert!(!binding.help.is_empty());
            assert!(
                binding.rank == 0 || !binding.label.is_empty(),
                "{:?} has no label for the footer",
                binding.on
            );
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = HashSet::new();
        for binding in BINDINGS {
            for key in binding.keys() {
                assert!(
                    seen.insert((binding.context, key)),
                    "{key} twice in {:?}",
                    binding.context
                );
            }
        }
    }
}
