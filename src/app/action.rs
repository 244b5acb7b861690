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
    /// Removes what pull tests have left behind.
    CleanUp,
    /// What to put in order before it fails.
    Hygiene,
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
    LastNamespace,
    /// To the place where one was before.
    GoBack,
    GoForth,
    Retry,
    /// Reads the object that is shown once more.
    ReadAgain,
    Elsewhere(Elsewhere),
}

impl Action {
    /// Whether it takes one to another place, from which one may want to come back.
    pub fn leads_away(self) -> bool {
        matches!(
            self,
            Self::Open
                | Self::Focus(_)
                | Self::Favourite(_)
                | Self::LastNamespace
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
}
