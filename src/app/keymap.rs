//! The table of default key bindings. Dispatch, footer, help and the documents all come from it.
//!
//! Where k9s has a meaning for a key, k9s wins; new verbs sit on keys that it leaves free.

use super::{
    action::{Action, ExternalTool, Motion, SortBy},
    detail::Tab,
    key::Key,
    panes::Pane,
};

/// The context in which a binding is active.
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
    /// On the nodes to choose for a pull test.
    PullTest,
    /// In a pull test that was started.
    StartedPullTest,
    /// On a Pod's node.
    Node,
    /// On the Pod that reads a node's files.
    NodeFiles,
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
            Self::Choice => "Selection lists",
            Self::Faults => "Problems",
            Self::Details => "Details",
            Self::PodDetails => "Details of a Pod",
            Self::SecretDetails => "Details of a Secret",
            Self::WorkloadDetails => "Details of a workload",
            Self::Text => "YAML and logs",
            Self::PullTest => "Pull test",
            Self::StartedPullTest => "Started pull test",
            Self::Node => "Node",
            Self::NodeFiles => "Node files",
            Self::Reveal => "Secret values",
            Self::Guide => "Guide",
            Self::PlanDialog => "Plan",
            Self::AppliedPlan => "Applied plan",
            Self::Form => "Forms",
            Self::MultiSelect => "Lists in forms",
            Self::Select => "Choices in forms",
            Self::Overlay => "Dialogs",
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
    row(&["!"], Panes, Action::NextProblem, "next problem", "Next problem, in any namespace", 1),
    row(&["@"], Panes, Action::PreviousProblem, "previous problem", "Previous problem", 0),
    row(&["W"], Panes, Action::Faults, "problems", "List all problems, grouped by cause", 4),
    row(&["H"], Panes, Action::Hygiene, "", "Hygiene: unused, old and shared credentials", 0),
    row(&["."], Panes, Action::Menu, "actions", "Actions for the selection", 3),
    row(&["."], Details, Action::Menu, "actions", "Actions for the selection", 3),
    row(&["L"], Panes, Action::ShowGuide, "explain", "Explain", 10),
    row(&["L"], Overlay, Action::ShowGuide, "explain", "Explain", 8),
    row(&["right", "tab"], Guide, Action::NextSection, "next section", "Next section", 1),
    row(&["left", "shift-tab"], Guide, Action::PreviousSection, "previous section", "Previous section", 2),
    row(&["enter"], In(Pane::Namespaces), Action::Open, "pods", "Show the Pods of the namespace", 2),
    row(&["enter"], In(Pane::Pods), Action::Open, "details", "Diagnosis, or timeline if the Pod is healthy", 2),
    row(&["D"], Panes, Action::Detail(Tab::Diagnosis), "diagnose", "Diagnose the Pod: cause, evidence, fixes", 3),
    row(&["T"], Panes, Action::Detail(Tab::Timeline), "", "Timeline of the Pod's start", 0),
    row(&["d"], Panes, Action::Detail(Tab::Describe), "", "Describe the selection", 0),
    row(&["y"], Panes, Action::Detail(Tab::Yaml), "", "YAML of the selection (Secret values hidden)", 0),
    row(&["l"], Panes, Action::Detail(Tab::Logs), "", "Logs of the Pod", 0),
    row(&["p"], In(Pane::Pods), Action::PreviousLog, "", "Previous logs", 0),
    row(&["R"], In(Pane::Pods), Action::Detail(Tab::Rollout), "", "Rollout of the Pod's workload", 0),
    row(&["enter"], In(Pane::ServiceAccounts), Action::Open, "secret", "Go to its first pull secret", 2),
    row(&["enter"], In(Pane::Secrets), Action::Open, "account", "Go to the first ServiceAccount that uses it", 2),
    row(&["enter"], In(Pane::Events), Action::Open, "pod", "Go to the event's Pod", 2),
    row(&["J"], In(Pane::Pods), Action::ToAccount, "account", "Go to the Pod's ServiceAccount", 4),
    row(&["u"], In(Pane::Secrets), Action::UsedBy, "used by", "Pods that use the Secret", 4),
    row(&["u"], In(Pane::ServiceAccounts), Action::UsedBy, "used by", "Pods that use the ServiceAccount", 4),
    row(&["p"], In(Pane::Events), Action::PauseEvents, "pause", "Pause or resume the list", 6),
    row(&["z"], In(Pane::Events), Action::Fold, "fold", "Group events by problem, or show each event", 5),
    row(&["z"], In(Pane::Pods), Action::Fold, "fold", "Group Pods by workload; open one to expand it", 5),
    row(&["/"], Panes, Action::Filter, "filter", "Filter: words, a|b, !not, -l label=value, -f fuzzy", 3),
    row(&["ctrl-z"], Panes, Action::FaultsOnly, "failing only", "Show only failing objects; in Events, only pull failures", 6),
    row(&["tab", "right"], Panes, Action::NextPane, "next pane", "Next pane", 7),
    row(&["shift-tab", "left"], Panes, Action::PreviousPane, "previous pane", "Previous pane", 0),
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
    row(&["-"], Panes, Action::LastNamespace, "last namespace", "Previous namespace", 0),
    row(&["["], Panes, Action::GoBack, "", "Back", 0),
    row(&["]"], Panes, Action::GoForward, "", "Forward", 0),
    row(&["N"], Panes, Action::Sort(SortBy::Name), "", "Sort by name; again: reverse", 0),
    row(&["P"], Panes, Action::Sort(SortBy::Namespace), "", "Sort by namespace", 0),
    row(&["S"], Panes, Action::Sort(SortBy::Status), "", "Sort by status, worst first", 0),
    row(&["A"], Panes, Action::Sort(SortBy::Age), "", "Sort by age, youngest first", 0),
    row(&["O"], Panes, Action::Sort(SortBy::Count), "", "Sort by count: restarts, users or occurrences", 0),
    row(&["shift-right"], Panes, Action::NextSortColumn, "", "Sort by the next column", 0),
    row(&["shift-left"], Panes, Action::PreviousSortColumn, "", "Sort by the previous column", 0),
    row(&["c"], Panes, Action::Copy, "", "Copy the name", 0),
    row(&["n"], Panes, Action::CopyNamespace, "", "Copy the namespace", 0),
    row(&["s"], In(Pane::Pods), Action::ExternalTool(ExternalTool::Shell), "", "Shell (copies kubectl exec)", 0),
    row(&["a"], In(Pane::Pods), Action::ExternalTool(ExternalTool::Attach), "", "Attach (copies kubectl attach)", 0),
    row(&["F"], In(Pane::Pods), Action::ExternalTool(ExternalTool::PortForward), "", "Port-forward (copies kubectl port-forward)", 0),
    row(&["e"], Panes, Action::ExternalTool(ExternalTool::Edit), "", "Edit (copies kubectl edit)", 0),
    row(&["e"], Details, Action::ExternalTool(ExternalTool::Edit), "", "Edit (copies kubectl edit)", 0),
    row(&["w"], Panes, Action::JumpToNamespace, "", "Show only the selection's namespace", 0),
    row(&["ctrl-a"], Panes, Action::Palette, "", "All commands", 0),
    row(&["up", "k"], Panes, Action::Move(Motion::Up), "", "Up", 0),
    row(&["down", "j"], Panes, Action::Move(Motion::Down), "", "Down", 0),
    row(&["pageup", "ctrl-b"], Panes, Action::Move(Motion::PageUp), "", "Page up", 0),
    row(&["pagedown", "ctrl-f"], Panes, Action::Move(Motion::PageDown), "", "Page down", 0),
    row(&["home", "g"], Panes, Action::Move(Motion::First), "", "First row", 0),
    row(&["end", "G"], Panes, Action::Move(Motion::Last), "", "Last row", 0),
    row(&["ctrl-r"], Panes, Action::Retry, "", "Reconnect and list again", 0),
    row(&["up", "k"], Overlay, Action::Move(Motion::Up), "", "Up", 0),
    row(&["down", "j"], Overlay, Action::Move(Motion::Down), "", "Down", 0),
    row(&["pageup", "ctrl-b"], Overlay, Action::Move(Motion::PageUp), "", "Page up", 0),
    row(&["pagedown", "ctrl-f", "space"], Overlay, Action::Move(Motion::PageDown), "", "Page down", 0),
    row(&["home", "g"], Overlay, Action::Move(Motion::First), "", "Top", 0),
    row(&["end", "G"], Overlay, Action::Move(Motion::Last), "", "End", 0),
    row(&["enter"], Choice, Action::Open, "choose", "Choose", 1),
    row(&["ctrl-x"], Faults, Action::Fix(1), "fix", "Preview the best fix for all affected workloads", 2),
    row(&["tab", "right"], Details, Action::NextTab, "next view", "Next view", 2),
    row(&["shift-tab", "left"], Details, Action::PreviousTab, "", "Previous view", 0),
    row(&["D"], Details, Action::Detail(Tab::Diagnosis), "", "Diagnosis", 0),
    row(&["T"], Details, Action::Detail(Tab::Timeline), "timeline", "Timeline", 4),
    row(&["d"], Details, Action::Detail(Tab::Describe), "describe", "Describe", 6),
    row(&["y"], Details, Action::Detail(Tab::Yaml), "yaml", "YAML (Secret values hidden)", 6),
    row(&["l"], Details, Action::Detail(Tab::Logs), "logs", "Logs; again: restart from the beginning", 5),
    row(&["p"], Text, Action::PreviousLog, "", "Previous or current logs", 0),
    row(&["o"], Text, Action::NextContainer, "", "Logs of the next container", 0),
    row(&["R"], Details, Action::Detail(Tab::Rollout), "rollout", "Rollout of the workload", 5),
    row(&["/"], Text, Action::Find, "find", "Search in YAML or logs", 1),
    row(&["n"], Text, Action::NextMatch, "next match", "Next match", 3),
    row(&["N"], Text, Action::PreviousMatch, "", "Previous match", 0),
    row(&["z"], Text, Action::Fold, "fold", "Fold the YAML: no managedFields, outline, everything", 4),
    row(&["ctrl-r"], Text, Action::Refetch, "", "Reload the YAML or logs", 0),
    row(&["1", "ctrl-x"], PodDetails, Action::Fix(1), "fix", "Preview fix 1, to apply it", 1),
    row(&["2"], PodDetails, Action::Fix(2), "", "Preview fix 2", 0),
    row(&["3"], PodDetails, Action::Fix(3), "", "Preview fix 3", 0),
    row(&["t"], PodDetails, Action::ProbeRegistry, "test registry", "Test the registry with the kubelet's credential", 3),
    row(&["t"], SecretDetails, Action::ProbeRegistry, "test registries", "Test whether the Secret's entries can pull its images", 1),
    row(&["u"], WorkloadDetails, Action::RollBack, "undo", "Roll back to the last revision with another image", 1),
    row(&["p"], WorkloadDetails, Action::PauseRollout, "pause", "Pause or resume the rollout", 3),
    row(&["r"], WorkloadDetails, Action::Restart, "restart", "Rollout restart", 4),
    row(&["ctrl-x"], WorkloadDetails, Action::Fix(1), "fix", "Preview the best fix for its worst Pod", 2),
    row(&["ctrl-t"], PodDetails, Action::PullTest, "test pull", "Test pull on nodes (the image is never run)", 5),
    row(&["ctrl-t"], In(Pane::Pods), Action::PullTest, "", "Test pull on nodes (the image is never run)", 0),
 row(&["enter"], Context::PullTest, Action::StartPullTest, "pull", "Start the test", 1),
row(&["space"], Context::PullTest, Action::Toggle, "toggle", "Toggle the node", 2),
    row(&["ctrl-a"], Context::PullTest, Action::ToggleAll, "all", "All nodes or none", 3),
    row(&["enter"], Context::StartedPullTest, Action::StartPullTest, "close", "Close; a running test goes on, and its result is shown in the status line", 1),
    row(&["esc"], Context::StartedPullTest, Action::Back, "cancel", "Cancel the test and delete its Pods; when done, close", 2),
    row(&["o"], PodDetails, Action::Node, "node", "The Pod's node: image verification, pull queue, mirrors", 6),
    row(&["o"], In(Pane::Pods), Action::Node, "", "The Pod's node: image verification, pull queue, mirrors", 0),
    row(&["f"], Context::Node, Action::ProposeNodeFiles, "read files", "Preview the Pod that reads the node's mirrors and proxies", 1),
    row(&["ctrl-r"], Context::Node, Action::Refetch, "", "Read the node again", 0),
    row(&["enter"], Context::NodeFiles, Action::ReadNodeFiles, "create", "Create the Pod, read its output and delete it", 1),
    row(&["right"], Context::NodeFiles, Action::NextOption, "image", "Next image", 2),
    row(&["left"], Context::NodeFiles, Action::PreviousOption, "", "Previous image", 0),
    row(&["space"], Context::NodeFiles, Action::Toggle, "namespace", "Other namespace", 3),
    row(&["r"], PodDetails, Action::Restart, "", "Rollout restart of the Pod's workload", 0),
    row(&["ctrl-x"], Panes, Action::Fix(1), "fix", "Preview the best fix, to apply it", 3),
    row(&["+"], Panes, Action::New, "new", "First-time setup; in Secrets and ServiceAccounts: new pull secret", 6),
    row(&["b"], In(Pane::Secrets), Action::Bind, "bind", "Attach the Secret to ServiceAccounts, or detach it", 4),
    row(&["b"], In(Pane::ServiceAccounts), Action::Bind, "bind", "Choose the ServiceAccount's pull secrets", 4),
    row(&["b"], In(Pane::Pods), Action::Bind, "", "Choose the workload's ServiceAccount", 0),
    row(&["R"], In(Pane::Secrets), Action::Rotate, "rotate", "Rotate this credential in every Secret, in all namespaces", 3),
    row(&["x"], In(Pane::Secrets), Action::Reveal, "", "Show user names and passwords for 30 s, after a warning", 0),
    row(&["x"], Details, Action::Reveal, "", "Show Secret values for 30 s, after a warning", 0),
    row(&["enter", "x"], Context::Reveal, Action::Reveal, "show", "Show the values; again: close", 1),
    row(&["c"], Context::Reveal, Action::CopyPassword, "copy password", "Copy the selected entry's password", 3),
    row(&["C"], In(Pane::Secrets), Action::CopyTo, "copy to", "Copy the Secret to other namespaces", 5),
    row(&["t"], In(Pane::Secrets), Action::ProbeRegistry, "test registries", "Test whether the Secret's entries can pull its images", 6),
    row(&["ctrl-d"], In(Pane::Secrets), Action::Delete, "", "Delete the Secret (shows its users first)", 0),
    row(&["ctrl-d"], In(Pane::ServiceAccounts), Action::Delete, "", "Delete the ServiceAccount (shows its users first)", 0),
    row(&["ctrl-d", "ctrl-k"], In(Pane::Pods), Action::Delete, "", "Delete the Pod", 0),
    row(&["t"], In(Pane::Pods), Action::ProbeRegistry, "", "Test the registry with the kubelet's credential", 0),
    row(&["i"], In(Pane::Pods), Action::SetImage, "", "Set the image of the Pod's workload", 0),
    row(&["i"], PodDetails, Action::SetImage, "", "Set the image of the Pod's workload", 0),
    row(&["i"], WorkloadDetails, Action::SetImage, "", "Set the image of the workload", 0),
    row(&["r"], In(Pane::Pods), Action::Restart, "", "Rollout restart of the Pod's workload", 0),
    row(&["enter"], PlanDialog, Action::Apply, "apply", "Apply", 1),
    row(&["y"], PlanDialog, Action::Export, "export", "Export as YAML, without credentials", 4),
    row(&["enter"], AppliedPlan, Action::Apply, "close", "Close", 1),
    row(&["ctrl-x"], AppliedPlan, Action::Fix(1), "", "Preview the next fix, if Pods still fail", 0),
    row(&["u"], AppliedPlan, Action::Undo, "undo", "Undo the last change", 3),
    row(&["y"], AppliedPlan, Action::Export, "export", "Export as YAML, without credentials", 4),
    row(&["space"], MultiSelect, Action::Toggle, "toggle", "Toggle the row; type to filter the list", 1),
    row(&["ctrl-space", "ctrl-a"], MultiSelect, Action::ToggleAll, "all", "All shown rows or none", 2),
    row(&["up"], MultiSelect, Action::Move(Motion::Up), "", "Row up; at the top, previous field", 0),
    row(&["down"], MultiSelect, Action::Move(Motion::Down), "", "Row down; at the end, next field", 0),
    row(&["right", "space"], Select, Action::NextOption, "next option", "Next option", 1),
    row(&["left"], Select, Action::PreviousOption, "", "Previous option", 0),
    row(&["tab", "down"], Form, Action::NextField, "next field", "Next field", 2),
    row(&["shift-tab", "up"], Form, Action::PreviousField, "", "Previous field", 0),
    row(&["enter"], Form, Action::Submit, "next, then preview", "Next field; on the last one, preview", 1),
    row(&["esc"], Form, Action::Back, "back", "Leave the form (press twice to discard input)", 3),
    row(&["!"], Details, Action::NextProblem, "next problem", "Next problem, in any namespace", 2),
    row(&["@"], Details, Action::PreviousProblem, "", "Previous problem", 0),
    row(&["esc", "q"], Overlay, Action::Back, "back", "Back", 2),
    row(&["c"], Overlay, Action::Copy, "", "Copy the text", 0),
    row(&[":"], Everywhere, Action::Palette, "command", "Command: ns, po, sa, sec, ev, ctx, q", 9),
    row(&["?"], Everywhere, Action::Help, "help", "Help", 2),
    row(&["esc"], Panes, Action::Back, "", "Clear the filter", 0),
    row(&["ctrl-c"], Everywhere, Action::Quit, "", "Quit (also :q)", 0),
];

impl Binding {
    /// The footer label, or a default.
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
