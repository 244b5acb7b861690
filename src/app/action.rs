//! What a key, a palette entry or a click can ask for.

use super::{detail::Tab, panes::Pane};

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
    Settle,
    /// Lets a kubelet pull the image.
    PullTest,
    StartPullTest,
    /// Writes down all that is known of the Pod.
    Report,
    /// Removes what pull tests have left behind.
    CleanUp,
    /// What to put in order before it fails.
    Hygiene,
    /// All that can be done with what is selected.
    Menu,
    /// Explains what the user looks at.
    Learn,
    NextSection,
    PreviousSection,
    /// Carries out the plan that is shown.
    CarryOut,
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
    Hold,
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
    Warp,
    /// To the place where one was before.
    GoBack,
    GoForth,
    Retry,
    /// Reads the object that is shown once more.
    ReadAgain,
    Elsewhere(Elsewhere),
}

impl Action {
    /// Whether it does something with what is selected; the rest moves about or arranges the screen.
    pub fn is_verb(self) -> bool {
        match self {
            Self::Open
            | Self::Detail(_)
            | Self::PreviousLog
            | Self::Fix(_)
            | Self::Settle
            | Self::PullTest
            | Self::Report
            | Self::Learn
            | Self::New
            | Self::Bind
            | Self::Rotate
            | Self::CopyTo
            | Self::Delete
            | Self::Restart
            | Self::SetImage
            | Self::PauseRollout
            | Self::RollBack
            | Self::ToAccount
            | Self::UsedBy
            | Self::Copy
            | Self::CopyNamespace
            | Self::CopyImage
            | Self::CopyMessage
            | Self::CopyCommands
            | Self::Reveal
            | Self::Elsewhere(_) => true,
            Self::Quit
            | Self::Help
            | Self::Back
            | Self::NextPane
            | Self::PreviousPane
            | Self::Focus(_)
            | Self::Move(_)
            | Self::NextTab
            | Self::PreviousTab
            | Self::NextContainer
            | Self::Find
            | Self::NextMatch
            | Self::PreviousMatch
            | Self::Faults
            | Self::StartPullTest
            | Self::CleanUp
            | Self::Hygiene
            | Self::Menu
            | Self::NextSection
            | Self::PreviousSection
            | Self::CarryOut
            | Self::Setup
            | Self::Deploy
            | Self::Undo
            | Self::Export
            | Self::Toggle
            | Self::ToggleAll
            | Self::NextOption
            | Self::PreviousOption
            | Self::NextField
            | Self::PreviousField
            | Self::Submit
            | Self::Filter
            | Self::Palette
            | Self::Contexts
            | Self::Favourite(_)
            | Self::Sort(_)
            | Self::NextSortColumn
            | Self::PreviousSortColumn
            | Self::FaultsOnly
            | Self::Fold
            | Self::Hold
            | Self::NextProblem
            | Self::PreviousProblem
            | Self::CopyPassword
            | Self::LastNamespace
            | Self::Warp
            | Self::GoBack
            | Self::GoForth
            | Self::Retry
            | Self::ReadAgain => false,
        }
    }

    /// Whether it takes one to another place, from which one may want to come back.
    pub fn leads_away(self) -> bool {
        matches!(
            self,
            Self::Open
                | Self::Focus(_)
                | Self::Favourite(_)
                | Self::LastNamespace
                | Self::Warp
                | Self::NextProblem
                | Self::PreviousProblem
                | Self::ToAccount
                | Self::UsedBy
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
}

/// What a pane can be sorted by; not every pane has every column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortBy {
    Name,
    Namespace,
    Status,
    Age,
    Count,
}

/// Verbs that k9s has on these keys and this product leaves to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elsewhere {
    Shell,
    Attach,
    PortForward,
    Edit,
}
