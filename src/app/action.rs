//! What a key, a palette entry or a click can ask for.

use super::{detail::Tab, panes::Pane};

pub use super::{motion::Motion, panes::SortBy};

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

/// Verbs that k9s has on these keys and this product leaves to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elsewhere {
    Shell,
    Attach,
    PortForward,
    Edit,
}
