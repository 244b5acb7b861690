//! State of the guide view: the open section and the summary of the Pod's finding.

use super::scroll::Scroll;
use crate::domain::{
    diagnostics::{Cause, RootCause},
    guide::Section,
};

#[derive(Debug)]
pub struct GuideView {
    pub section: Section,
    /// What is explained first.
    pub about: Option<FindingSummary>,
    pub scroll: Scroll,
}

/// The cause and root cause of a finding, without the names of objects.
#[derive(Clone, Copy, Debug)]
pub struct FindingSummary {
    pub title: &'static str,
    pub cause: Cause,
    /// Why, where the objects or the registry prove it.
    pub root: Option<RootCause>,
}

impl GuideView {
    /// Switches to another section, scrolled to the top.
    pub fn open_section(&mut self, section: Section) {
        self.section = section;
        self.about = None;
        self.scroll = Scroll::TOP;
    }
}
