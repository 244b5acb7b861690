//! What lies above the panes: a stack of layers, of which the top one gets the key first.

use tui_input::Input;

use super::{
    detail::Details, fault_list::FaultList, form::Form, guide_view::Learn, list::List, menu::Menu,
    panes::Pane, plan_dialog::Proposal, pull_test::Trial, request_id::Ticket, reveal::Reveal,
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
    Palette(Palette),
    /// What to put in order, as it was when it was asked for.
    Hygiene {
        standings: Vec<NamespaceScorecard>,
        scroll: Scroll,
    },
    PullTest(Trial),
    /// The values of a Secret.
    Reveal(Reveal),
    /// All that can be done with what is selected.
    Menu(Menu),
    /// The guide.
    Learn(Learn),
    /// A plan, before and after it is carried out.
    Proposal(Proposal),
    Form(Form),
    /// A fix that is made elsewhere: at the registry, on the node, by a build.
    Steps {
        /// What is wrong, in one sentence.
        why: String,
        fix: Fix,
        scroll: Scroll,
    },
    Problem {
        problem: UserError,
        scroll: Scroll,
    },
}

#[derive(Debug)]
pub enum ContextPicker {
    Loading(Ticket),
    Ready {
        entries: Vec<KubeContext>,
        list: List<String>,
    },
}

/// Command mode: what is typed behind `:` and which suggestion is taken.
#[derive(Debug, Default)]
pub struct Palette {
    pub input: Input,
    /// The suggestion that enter takes.
    pub chosen: usize,
    /// The command that enter did not run, as only a part of its name is typed.
    pub held: Option<String>,
    /// The command typed so many commands ago stands in the field; 0: none.
    pub recalled: usize,
}

impl Palette {
    /// Something else was typed: what was chosen or recalled for the line before means nothing to it.
    pub fn typed(&mut self) {
        self.chosen = 0;
        self.held = None;
        self.recalled = 0;
    }
}

impl Overlay {
    /// The text field that takes printable keys, if the layer has one.
    pub fn field(&mut self) -> Option<&mut Input> {
        match self {
            Self::Filter { input, .. } => Some(input),
            Self::Palette(palette) => Some(&mut palette.input),
            Self::Form(form) => form.focused_mut()?.input(),
            Self::Details(details) => {
                let find = details.find.as_mut().filter(|find| find.typing);
                find.map(|find| &mut find.input)
            }
            Self::Help { .. }
            | Self::Menu(_)
            | Self::Contexts(_)
            | Self::Faults(_)
            | Self::Reveal(_)
            | Self::Learn(_)
            | Self::PullTest(_)
            | Self::Proposal(_)
            | Self::Hygiene { .. }
            | Self::Steps { .. }
            | Self::Problem { .. } => None,
        }
    }

    /// Where a layer is scrolled to, if it is a text.
    pub fn scroll(&mut self) -> Option<&mut Scroll> {
        match self {
            Self::Help { scroll }
            | Self::Problem { scroll, .. }
            | Self::Hygiene { scroll, .. }
            | Self::Steps { scroll, .. }
            | Self::Details(Details { scroll, .. })
            | Self::Learn(Learn { scroll, .. })
            | Self::Proposal(Proposal { scroll, .. }) => Some(scroll),
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
