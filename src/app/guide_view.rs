//! The guide as it is read: a section of it, and before that what is wrong with the Pod that is looked
//! at.

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

/// What is wrong with a Pod, as far as it is the same for all Pods.
#[derive(Clone, Copy, Debug)]
pub struct FindingSummary {
    pub title: &'static str,
    pub cause: Cause,
    /// Why, where the objects or the registry prove it.
    pub root: Option<RootCause>,
}

impl GuideView {
    /// Turns to another section, which is read from its beginning.
    pub fn open_section(&mut self, section: Section) {
        self.section = section;
        self.about = None;
        self.scroll = Scroll::TOP;
    }
}
