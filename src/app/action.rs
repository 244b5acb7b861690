//! User actions: what a key, a palette command or a click can request.

use super::{detail::Tab, panes::Pane};

pub use super::{list::Motion, panes::SortBy};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Quit,
    Help,
    Back,
    NextPane,
    PreviousPane,
    Focus(Pane),
    Move(Motion),
    Open,
    /// Opens this view of the selected Pod.
    Detail(Tab),
    NextTab,
    PreviousTab,
    /// The log of the run before.
    PreviousLog,
    NextContainer,
    /// Looks for words in a text.
    Find,
    NextMatch,
    PreviousMatch,
    /// The fix with this number, in a diagnosis.
    Fix(u8),
    /// The list of what is wrong, over all namespaces.
    Faults,
    /// Asks the registry about the image of the Pod.
    ProbeRegistry,
    /// Lets a kubelet pull the image.
    PullTest,
    StartPullTest,
    /// Shows the node of the Pod.
    Node,
    /// Shows the Pod that would read the node's files.
    ProposeNodeFiles,
    ReadNodeFiles,
    /// Writes down all that is known of the Pod.
    Report,
    /// Removes what pull tests have left behind.
    CleanUp,
    /// What to put in order before it fails.
    Hygiene,
    /// All that can be done with what is selected.
    Menu,
    /// Explains what the user looks at.
    ShowGuide,
    NextSection,
    PreviousSection,
    /// Carries out the plan that is shown.
    Apply,
    /// A wizard for what the focused pane holds.
    New,
    Setup,
    Deploy,
    /// Who lists the selected Secret, or which the selected account lists.
    Bind,
    /// Another credential, wherever the selected Secret's is.
    Rotate,
    CopyTo,
    Delete,
    Restart,
    /// Another image for the workload.
    SetImage,
    /// Takes back what was carried out last.
    Undo,
    Export,
    /// Takes or leaves the row of a list in a form.
    Toggle,
    ToggleAll,
    NextOption,
    PreviousOption,
    /// Stops a rollout, or lets it go on.
    PauseRollout,
    RollBack,
    NextField,
    PreviousField,
    Submit,
    Filter,
    Palette,
    Contexts,
    Favourite(u8),
    Sort(SortBy),
    NextSortColumn,
    PreviousSortColumn,
    FaultsOnly,
    Fold,
    /// Holds the Events pane as it is, or lets it go on.
    PauseEvents,
    NextProblem,
    PreviousProblem,
    ToAccount,
    UsedBy,
    Copy,
    CopyNamespace,
    /// The image of the Pod that the keys speak of.
    CopyImage,
    /// What the kubelet said last of it.
    CopyMessage,
    /// The kubectl commands of its best fix.
    CopyCommands,
    /// Shows a Secret's values, after a warning.
    Reveal,
    CopyPassword,
    LastNamespace,
    /// Narrows to the namespace of what is selected.
    JumpToNamespace,
    /// To the place where one was before.
    GoBack,
    GoForward,
    Retry,
    /// Reads the object that is shown once more.
    Refetch,
    ExternalTool(ExternalTool),
}

impl Action {
    /// True if the action changes the location, so that it is added to the jump list.
    pub fn changes_location(self) -> bool {
        matches!(
            self,
            Self::Open
                | Self::Focus(_)
                | Self::Favourite(_)
                | Self::LastNamespace
                | Self::JumpToNamespace
                | Self::NextProblem
                | Self::PreviousProblem
                | Self::ToAccount
                | Self::UsedBy
        )
    }
}

impl Action {
    /// True if the action changes the cluster, a file or the clipboard, or is the first step to it.
    ///
    /// A command that does needs its full name: what only begins like it, or has its letters, may be meant for another.
    pub fn is_write(self) -> bool {
        match self {
            Self::Fix(_)
            | Self::PullTest
            | Self::StartPullTest
            | Self::ProposeNodeFiles
            | Self::ReadNodeFiles
            | Self::Report
            | Self::CleanUp
            | Self::Apply
            | Self::New
            | Self::Setup
            | Self::Deploy
            | Self::Bind
            | Self::Rotate
            | Self::CopyTo
            | Self::Delete
            | Self::Restart
            | Self::SetImage
            | Self::Undo
            | Self::Export
            | Self::Submit
            | Self::PauseRollout
            | Self::RollBack
            | Self::Copy
            | Self::CopyNamespace
            | Self::CopyImage
            | Self::CopyMessage
            | Self::CopyCommands
            | Self::CopyPassword
            | Self::Reveal
            | Self::ExternalTool(_) => true,
            Self::Quit
            | Self::Help
            | Self::Back
            | Self::NextPane
            | Self::PreviousPane
            | Self::Focus(_)
            | Self::Move(_)
            | Self::Open
            | Self::Detail(_)
            | Self::NextTab
            | Self::PreviousTab
            | Self::PreviousLog
            | Self::NextContainer
            | Self::Find
            | Self::NextMatch
            | Self::PreviousMatch
            | Self::Faults
            | Self::ProbeRegistry
            | Self::Node
            | Self::Hygiene
            | Self::Menu
            | Self::ShowGuide
            | Self::NextSection
            | Self::PreviousSection
            | Self::Toggle
            | Self::ToggleAll
            | Self::NextOption
            | Self::PreviousOption
            | Self::NextField
            | Self::PreviousField
            | Self::Filter
            | Self::Palette
            | Self::Contexts
            | Self::Favourite(_)
            | Self::Sort(_)
            | Self::NextSortColumn
            | Self::PreviousSortColumn
            | Self::FaultsOnly
            | Self::Fold
            | Self::PauseEvents
            | Self::NextProblem
            | Self::PreviousProblem
            | Self::ToAccount
            | Self::UsedBy
            | Self::LastNamespace
            | Self::JumpToNamespace
            | Self::GoBack
            | Self::GoForward
            | Self::Retry
            | Self::Refetch => false,
        }
    }
}

/// Verbs that k9s has on these keys and this product leaves to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternalTool {
    Shell,
    Attach,
    PortForward,
    Edit,
}
