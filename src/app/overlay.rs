//! The stack of overlays above the panes; the topmost gets keys first.

use tui_input::Input;

use super::{
    detail::Details,
    fault_list::FaultList,
    form::Form,
    guide_view::GuideView,
    list::List,
    menu::Menu,
    node_view::{NodeFilesDialog, NodeView},
    panes::Pane,
    plan_dialog::PlanDialog,
    pull_test::PullTestDialog,
    request_id::RequestId,
    reveal::Reveal,
    scroll::Scroll,
};
use crate::domain::{
    diagnostics::Fix, error::UserError, k8s::connection::KubeContext, lint::NamespaceScorecard,
};

#[derive(Debug)]
pub enum Overlay {
    /// The keys.
    Help {
        scroll: Scroll,
    },
    /// An object in full.
    Details(Details),
    Contexts(ContextPicker),
    /// What is wrong, over all namespaces.
    Faults(FaultList),
    /// The filter of a pane while it is typed; `before` is what esc brings back.
    Filter {
        pane: Pane,
        input: Input,
        before: String,
    },
    Palette(CommandPalette),
    /// What to put in order, as it was when it was asked for.
    Hygiene {
        standings: Vec<NamespaceScorecard>,
        scroll: Scroll,
    },
    PullTest(PullTestDialog),
    /// What is known of a Pod's node.
    Node(NodeView),
    /// The Pod that reads a node's files, before it is created.
    NodeFiles(NodeFilesDialog),
    /// The values of a Secret.
    Reveal(Reveal),
    /// All that can be done with what is selected.
    Menu(Menu),
    /// The guide.
    Guide(GuideView),
    /// A plan, before and after it is carried out.
    PlanDialog(PlanDialog),
    Form(Form),
    /// A fix that is made elsewhere: at the registry, on the node, by a build.
    ManualFix {
        /// What is wrong, in one sentence.
        why: String,
        fix: Fix,
        scroll: Scroll,
    },
    Error {
        error: UserError,
        scroll: Scroll,
    },
}

#[derive(Debug)]
pub enum ContextPicker {
    Loading(RequestId),
    Ready {
        entries: Vec<KubeContext>,
        list: List<String>,
    },
}

/// Command mode: the text behind `:` and the chosen suggestion.
#[derive(Debug, Default)]
pub struct CommandPalette {
    pub input: Input,
    /// The suggestion that enter takes.
    pub chosen: usize,
    /// The command that enter did not run, as only a part of its name is typed.
    pub unconfirmed: Option<String>,
    /// The command typed so many commands ago stands in the field; 0: none.
    pub recalled: usize,
}

impl CommandPalette {
    /// Resets choice and history position after the text has changed.
    pub fn on_input(&mut self) {
        self.chosen = 0;
        self.unconfirmed = None;
        self.recalled = 0;
    }
}

impl Overlay {
    /// The text field that receives printable keys, if the overlay has one.
    pub fn field(&mut self) -> Option<&mut Input> {
        match self {
            Self::Filter { input, .. } => Some(input),
            Self::Palette(palette) => Some(&mut palette.input),
            Self::Form(form) => form.focused_mut()?.text_input(),
            Self::Details(details) => {
                let find = details.find.as_mut().filter(|find| find.typing);
                find.map(|find| &mut find.input)
            }
            Self::Help { .. }
            | Self::Menu(_)
            | Self::Contexts(_)
            | Self::Faults(_)
            | Self::Reveal(_)
            | Self::Guide(_)
            | Self::PullTest(_)
            | Self::Node(_)
            | Self::NodeFiles(_)
            | Self::PlanDialog(_)
            | Self::Hygiene { .. }
            | Self::ManualFix { .. }
            | Self::Error { .. } => None,
        }
    }

    /// Scroll position of the overlay, if it is a text.
    pub fn scroll(&mut self) -> Option<&mut Scroll> {
        match self {
            Self::Help { scroll }
            | Self::Error { scroll, .. }
            | Self::Hygiene { scroll, .. }
            | Self::ManualFix { scroll, .. }
            | Self::Details(Details { scroll, .. })
            | Self::Guide(GuideView { scroll, .. })
            | Self::Node(NodeView { scroll, .. })
            | Self::NodeFiles(NodeFilesDialog { scroll, .. })
            | Self::PlanDialog(PlanDialog { scroll, .. }) => Some(scroll),
            Self::Reveal(_)
            | Self::Menu(_)
            | Self::PullTest(_)
            | Self::Contexts(_)
            | Self::Faults(_)
            | Self::Form(_)
            | Self::Filter { .. }
            | Self::Palette(_) => None,
        }
    }
}
